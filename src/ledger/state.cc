#include "atoma/ledger/state.h"

#include <algorithm>
#include <format>

#include "atoma/base/check.h"
#include "atoma/merkle/tile.h"
#include "atoma/wire/reader.h"
#include "rules.h"

namespace atoma::ledger {
namespace {

// A clock may be ahead of the sequencer's by so much.
constexpr Duration kFutureMax{60};

struct RoleName {
  Role role;
  std::string_view name;
};
constexpr RoleName kRoles[] = {{Role::kMember, "member"},       {Role::kVerifier, "verifier"},
                               {Role::kRegistrar, "registrar"}, {Role::kService, "service"},
                               {Role::kSequencer, "sequencer"}, {Role::kNode, "node"}};

std::string map_key(const LabelName& name) { return name.space + '\0' + name.label; }

}  // namespace

std::string_view role_name(Role role) {
  return std::ranges::find(kRoles, role, &RoleName::role)->name;
}

std::optional<Role> role_from_name(std::string_view name) {
  const auto* found = std::ranges::find(kRoles, name, &RoleName::name);
  if (found == std::end(kRoles)) return std::nullopt;
  return found->role;
}

Result<cose::PublicKey> read_public_key(std::int64_t algorithm, ByteView raw) {
  const auto known = cose::algorithm_from_cose(algorithm);
  auto key = known ? cose::PublicKey::create(*known, raw)
                   : malformed("rule.key", std::format("nobody knows algorithm {}", algorithm));
  if (!key) return malformed("rule.key", key.error().message);
  return key;
}

Hash label_list_leaf(std::uint64_t index) {
  Bytes number;
  wire::append_be(number, index, 8);
  return merkle::leaf_hash(number);
}

Bytes LabelValue::encode() const {
  Bytes out;
  wire::append_be(out, count, 8);
  wire::append_be(out, head.index, 8);
  append(out, head.leaf);
  append(out, list_root);
  return out;
}

Result<LabelValue> LabelValue::decode(ByteView bytes) {
  LabelValue out;
  if (bytes.size() != 16 + out.head.leaf.size() + out.list_root.size()) {
    return malformed("label.value", std::format("{} bytes, expected 80", bytes.size()));
  }
  out.count = wire::load_be(bytes.first(8));
  out.head.index = wire::load_be(bytes.subspan(8, 8));
  std::ranges::copy(bytes.subspan(16, 32), out.head.leaf.begin());
  std::ranges::copy(bytes.subspan(48, 32), out.list_root.begin());
  return out;
}

LabelState& State::Parts::label(State& state, const LabelName& name) {
  return state.labels_[map_key(name)];
}

void State::Parts::add_attestation(State& state, std::uint64_t index, Attestation attestation) {
  state.attestation_expiries_.emplace(attestation.expiry, index);
  state.attestations_.emplace(index, std::move(attestation));
}

void State::Parts::add_map_head(State& state, MapHead head) {
  state.trie_ = head.trie;
  state.changed_.clear();
  state.map_heads_.push_back(std::move(head));
  if (state.map_heads_.size() > kMapHeadsKept) state.map_heads_.pop_front();
}

std::optional<Hash> State::root_at(std::uint64_t size) const {
  if (size > this->size()) return std::nullopt;
  const std::uint64_t behind = this->size() - size;
  if (behind < roots_.size()) return roots_[roots_.size() - 1 - behind];
  const std::uint64_t tiles_behind = this->size() / merkle::kTileWidth - size / merkle::kTileWidth;
  if (size % merkle::kTileWidth != 0 || tiles_behind >= tile_roots_.size()) return std::nullopt;
  return tile_roots_[tile_roots_.size() - 1 - tiles_behind];
}

const LabelState* State::label(const LabelName& name) const {
  const auto found = labels_.find(map_key(name));
  return found == labels_.end() ? nullptr : &found->second;
}

const Issuer* State::issuer(const KeyId& id) const {
  const auto found = issuers_.find(id);
  return found == issuers_.end() ? nullptr : &found->second;
}

const Attestation* State::attestation(std::uint64_t index) const {
  const auto found = attestations_.find(index);
  return found == attestations_.end() ? nullptr : &found->second;
}

const Proposal* State::proposal(std::uint64_t index) const {
  const auto found = proposals_.find(index);
  return found == proposals_.end() ? nullptr : &found->second;
}

merkle::PrefixTrie State::index_now() const {
  return changed_.empty() ? trie_ : trie_.with(changed_);
}

const merkle::PrefixTrie& State::fold_index() {
  trie_ = index_now();
  changed_.clear();
  return trie_;
}

const MapHead* State::map_head(std::uint64_t size) const {
  const auto found =
      std::ranges::find_if(map_heads_.rbegin(), map_heads_.rend(),
                           [size](const MapHead& head) { return head.index < size; });
  return found == map_heads_.rend() ? nullptr : &*found;
}

// The genesis brings its own issuer; any other entry's is known.
Result<const Issuer*> State::known_issuer(const Entry& entry) const {
  const Issuer* issuer = this->issuer(entry.issuer);
  if (issuer == nullptr) {
    return fail(Code::kPermissionDenied, "rule.issuer", "nobody knows the issuer's key");
  }
  return issuer;
}

Status State::check_signature(const Entry& entry, const Issuer& issuer) {
  ATOMA_TRY(auto key,
            read_public_key(static_cast<std::int64_t>(issuer.algorithm), issuer.public_key));
  if (!entry.signed_by(key)) {
    return fail(Code::kPermissionDenied, "rule.signature",
                std::format("{} did not sign this entry", issuer.name));
  }
  return {};
}

Status State::check_label(const Entry& entry) const {
  const LabelState* label = this->label(entry.statement.label);
  const Rule* rule = rule_of(entry.statement.type);
  if (label != nullptr && label->family != rule->family) {
    return fail(Code::kFailedPrecondition, "rule.family",
                std::format("{} {} has entries of another kind: {}", entry.statement.label.space,
                            entry.statement.label.label, label->family));
  }
  const std::optional<EntryRef> head =
      label != nullptr ? std::optional(label->value.head) : std::nullopt;
  if (entry.statement.previous != head) {
    return fail(Code::kAborted, "rule.previous",
                head ? std::format("the label's newest entry is {}, another than this one names",
                                   head->index)
                     : "the label has no entry yet, but this one names a previous one");
  }
  return {};
}

Status State::check_time(const Entry& entry, std::optional<Time> now) const {
  const Time at = entry.statement.time;
  if (at < time_ - kBackdatingMax) {
    return fail(Code::kFailedPrecondition, "rule.stale",
                std::format("dated {}; the newest entry is of {}, and {} s is as far back as goes",
                            format_time(at), format_time(time_), kBackdatingMax.s));
  }
  if (now && at > *now + kFutureMax) {
    return fail(Code::kFailedPrecondition, "rule.future",
                std::format("dated {}, and it is {}", format_time(at), format_time(*now)));
  }
  return {};
}

Result<std::optional<std::uint64_t>> State::find_duplicate(const Entry& entry) const {
  const auto sent = sent_.find({entry.issuer, entry.statement.nonce});
  if (sent == sent_.end()) return std::optional<std::uint64_t>();
  if (sent->second.leaf == entry.leaf) return std::optional(sent->second.index);
  return fail(
      Code::kAlreadyExists, "rule.nonce",
      std::format("entry {} has this issuer's nonce and says something else", sent->second.index));
}

Result<Admission> State::admit(ByteView bytes, std::optional<Time> now) const {
  ATOMA_TRY(Entry entry, parse_entry(bytes));
  return admit_entry(std::move(entry), now, Signature::kUnverified);
}

Result<Admission> State::admit_again(ByteView bytes) const {
  ATOMA_TRY(Entry entry, parse_entry(bytes));
  return admit_entry(std::move(entry), std::nullopt, Signature::kGood);
}

Result<OwnEntry> State::admit_own(const Statement& statement, const cose::SigningKey& key,
                                  std::optional<Time> now) const {
  OwnEntry out{.bytes = sign_entry(statement, key), .admission = {}};
  // What we wrote is read as others will read it.
  ATOMA_TRY(Entry entry, parse_entry(out.bytes));
  ATOMA_TRY(out.admission, admit_entry(std::move(entry), now, Signature::kGood));
  return out;
}

Result<Admission> State::admit_entry(Entry entry, std::optional<Time> now,
                                     Signature signature) const {
  Admission out{.index = size(), .entry = std::make_shared<Entry>(std::move(entry))};
  const Entry& made = *out.entry;
  const Rule* rule = rule_of(made.statement.type);
  if (rule == nullptr) {
    return fail(Code::kInvalidArgument, "rule.type",
                std::format("nobody knows entries of the type '{}'", made.statement.type));
  }
  if ((rule->type == "genesis") != (size() == 0)) {
    return fail(Code::kFailedPrecondition, "rule.genesis", "entry 0 and no other is the genesis");
  }
  if (size() == 0) {
    // Its issuer is one of those that it names.
    State begun;
    ATOMA_TRY(out.effect, rule->check({*this, made, Issuer(), 0}));
    out.effect(begun);
    ATOMA_TRY(const Issuer* founder, begun.known_issuer(made));
    ATOMA_TRY_VOID(check_signature(made, *founder));
    ATOMA_TRY_VOID(check_label(made));
    ATOMA_TRY(out.effect, rule->check({*this, made, Issuer(), 0}));
    return out;
  }
  ATOMA_TRY(const Issuer* issuer, known_issuer(made));
  if (signature != Signature::kGood) ATOMA_TRY_VOID(check_signature(made, *issuer));
  ATOMA_TRY(out.duplicate_of, find_duplicate(made));
  if (out.duplicate_of) return out;
  const bool may = rule->roles.empty() || std::ranges::any_of(rule->roles, [&](Role role) {
                     return issuer->roles.contains(role);
                   });
  if (!may) {
    return fail(Code::kPermissionDenied, "rule.role",
                std::format("{} may not write entries of the type '{}'", issuer->name, rule->type));
  }
  ATOMA_TRY_VOID(check_time(made, now));
  ATOMA_TRY_VOID(check_label(made));
  ATOMA_TRY(out.effect, rule->check({*this, made, *issuer, out.index}));
  return out;
}

void State::apply(Admission&& admission) {
  ATOMA_CHECK(admission.index == size() && !admission.duplicate_of);
  const Entry& entry = *admission.entry;
  const Statement& statement = entry.statement;
  admission.effect(*this);
  LabelState& label = Parts::label(*this, statement.label);
  if (label.value.count == 0) {
    label.name = statement.label;
    label.family = rule_of(statement.type)->family;
  }
  label.list.append(label_list_leaf(admission.index));
  label.value = {label.value.count + 1, {admission.index, entry.leaf}, label.list.root()};
  changed_.push_back({statement.label.key(), label.value.encode()});
  time_ = std::max(time_, statement.time);
  sent_order_.emplace_back(entry.issuer, statement.nonce);
  sent_[sent_order_.back()] = {admission.index, entry.leaf, statement.time};
  tree_.append(entry.leaf);
  roots_.push_back(tree_.root());
  if (roots_.size() > kRootsKept) roots_.pop_front();
  if (size() % merkle::kTileWidth == 0) tile_roots_.push_back(roots_.back());
  if (tile_roots_.size() > kTileRootsKept) tile_roots_.pop_front();
  forget_old();
}

// What can't matter any more: an entry that old would be refused.
void State::forget_old() {
  const Time oldest = time_ - kBackdatingMax;
  while (!attestation_expiries_.empty() && attestation_expiries_.begin()->first < oldest) {
    attestations_.erase(attestation_expiries_.begin()->second);
    attestation_expiries_.erase(attestation_expiries_.begin());
  }
  while (!sent_order_.empty() && sent_.at(sent_order_.front()).time < oldest) {
    sent_.erase(sent_order_.front());
    sent_order_.pop_front();
  }
}

}  // namespace atoma::ledger
