// Who may say what: the beginning of a ledger, and the members' proposals and votes.
#include <algorithm>
#include <format>

#include "atoma/merkle/tile.h"
#include "atoma/wire/cbor_writer.h"
#include "rules.h"

namespace atoma::ledger {
namespace {

constexpr std::size_t kMembersMax = 256;
constexpr std::size_t kLogKeysMax = 8;
constexpr std::size_t kVerifierKeyMax = 4096;  // of an ML-DSA key in base64
constexpr std::size_t kKeyMax = 2592;          // ML-DSA-87
constexpr std::uint64_t kWeightMax = 1'000'000;
constexpr std::size_t kProposalsMax = 256;  // open at a time
constexpr std::size_t kDigestMin = 32, kDigestMax = 64;

Result<Thresholds> read_thresholds(const FieldValue& value) {
  ATOMA_TRY(const auto parts, value.array(3));
  if (parts.size() != 3) return value.wrong("[weight to add, weight to remove, delay]");
  Thresholds out;
  ATOMA_TRY(out.add, parts[0].number());
  ATOMA_TRY(out.remove, parts[1].number());
  ATOMA_TRY(out.delay, parts[2].duration());
  if (out.add == 0 || out.remove == 0 || out.remove > out.add) {
    return value.wrong("weights above 0, and no more to remove than to add");
  }
  return out;
}

std::uint64_t weight_of(const std::map<KeyId, Issuer>& issuers) {
  std::uint64_t sum = 0;
  for (const auto& [id, issuer] : issuers) {
    if (issuer.roles.contains(Role::kMember)) sum += issuer.weight;
  }
  return sum;
}

// A change of trust that members vote about. It is decoded when it is proposed and again when it
// is activated.
struct Change {
  bool adds = true;
  Effect effect;
};

enum class Set : std::uint8_t { kPolicies, kMeasurements };

Result<Change> digest_change(const FieldValue& value, Set which, bool adds) {
  ATOMA_TRY(Bytes digest, value.bytes(kDigestMin, kDigestMax));
  return Change{adds, [digest = std::move(digest), which, adds](State& state) {
                  Trust& trust = State::Parts::trust(state);
                  const bool policies = which == Set::kPolicies;
                  auto& good = policies ? trust.policies : trust.measurements;
                  auto& revoked = policies ? trust.revoked_policies : trust.revoked_measurements;
                  if (adds) {
                    good.insert(digest);
                    revoked.erase(digest);
                    (policies ? trust.policies_governed : trust.measurements_governed) = true;
                  } else {
                    good.erase(digest);
                    revoked.insert(digest);
                  }
                }};
}

Result<Change> issuer_added(const FieldValue& value) {
  ATOMA_TRY(Issuer issuer, read_issuer(value));
  return Change{true, [issuer = std::move(issuer)](State& state) {
                  State::Parts::issuers(state)[key_id(issuer.algorithm, issuer.public_key)] =
                      issuer;
                }};
}

Result<Change> issuer_removed(const State& state, const FieldValue& value) {
  ATOMA_TRY(const KeyId id, value.digest());
  const Issuer* issuer = state.issuer(id);
  if (issuer == nullptr) return value.wrong("the key id of an issuer");
  // Without this the last members could vote themselves into a ledger that nobody governs.
  std::uint64_t left = weight_of(State::Parts::issuers(state));
  if (issuer->roles.contains(Role::kMember)) left -= issuer->weight;
  if (left < state.trust().thresholds.add) {
    return fail(Code::kFailedPrecondition, "rule.threshold",
                std::format("without {} the members' weight is {}; adding trust needs {}",
                            issuer->name, left, state.trust().thresholds.add));
  }
  return Change{false, [id](State& s) { State::Parts::issuers(s).erase(id); }};
}

Result<Change> thresholds_changed(const State& state, const FieldValue& value) {
  ATOMA_TRY(const Thresholds next, read_thresholds(value));
  const std::uint64_t weight = weight_of(State::Parts::issuers(state));
  if (next.add > weight) {
    return fail(
        Code::kFailedPrecondition, "rule.threshold",
        std::format("adding trust would need {}; all members together have {}", next.add, weight));
  }
  return Change{true, [next](State& s) { State::Parts::trust(s).thresholds = next; }};
}

Result<Change> read_change(const State& state, std::string_view kind, const FieldValue& value) {
  if (kind == "policy.add") return digest_change(value, Set::kPolicies, true);
  if (kind == "policy.remove") return digest_change(value, Set::kPolicies, false);
  if (kind == "measurement.add") return digest_change(value, Set::kMeasurements, true);
  if (kind == "measurement.remove") return digest_change(value, Set::kMeasurements, false);
  if (kind == "issuer.add") return issuer_added(value);
  if (kind == "issuer.remove") return issuer_removed(state, value);
  if (kind == "thresholds") return thresholds_changed(state, value);
  return malformed("rule.body", std::format("nobody knows the change '{}'", kind));
}

// The change is stored as the map {1: value}, because a document has one item.
Result<Change> stored_change(const State& state, const Proposal& proposal) {
  ATOMA_TRY(Fields fields, Fields::parse(proposal.value, proposal.change));
  ATOMA_TRY(const FieldValue value, fields.need(1));
  ATOMA_TRY_VOID(fields.end());
  return read_change(state, proposal.change, value);
}

// A proposal is about the ledger that its author saw: a vote then is for this ledger alone.
Status check_observed(const State& state, const FieldValue& observed) {
  ATOMA_TRY(const auto parts, observed.array(2));
  if (parts.size() != 2) return observed.wrong("[size, root]");
  ATOMA_TRY(const std::uint64_t size, parts[0].number());
  ATOMA_TRY(const Hash root, parts[1].digest());
  const auto known = size == 0 ? std::nullopt : state.root_at(size);
  if (!known) {
    return fail(
        Code::kFailedPrecondition, "rule.observed",
        std::format("the proposal observed size {}; expected one of the last {} up to {}, or "
                    "one of the last multiples of {}",
                    size, std::min<std::uint64_t>(state.size(), kRootsKept), state.size(),
                    merkle::kTileWidth));
  }
  if (*known != root) {
    return fail(Code::kFailedPrecondition, "rule.observed",
                std::format("this ledger had another root at size {}", size));
  }
  return {};
}

Result<std::pair<std::uint64_t, const Proposal*>> named_proposal(const Candidate& candidate,
                                                                 Fields& fields) {
  ATOMA_TRY(const FieldValue field, fields.need(1));
  ATOMA_TRY(const std::uint64_t index, field.number());
  const Proposal* proposal = candidate.state.proposal(index);
  if (proposal == nullptr) {
    return fail(Code::kNotFound, "rule.proposal",
                std::format("entry {} is no open proposal", index));
  }
  return std::pair(index, proposal);
}

}  // namespace

Result<Issuer> read_issuer(const FieldValue& value) {
  ATOMA_TRY(const auto parts, value.array(5));
  if (parts.size() != 5) return value.wrong("[name, algorithm, public key, weight, [role…]]");
  Issuer out;
  ATOMA_TRY(out.name, parts[0].text(kNameMax));
  ATOMA_TRY(out.public_key, parts[2].bytes(1, kKeyMax));
  const auto algorithm = parts[1].item().integer();
  if (!algorithm) return parts[1].wrong("a COSE algorithm");
  ATOMA_TRY(const auto key, read_public_key(*algorithm, out.public_key));
  out.algorithm = key.algorithm();
  ATOMA_TRY(out.weight, parts[3].number());
  ATOMA_TRY(const auto roles, parts[4].array(8));
  for (const FieldValue& item : roles) {
    ATOMA_TRY(const std::string name, item.text(32));
    const auto role = role_from_name(name);
    if (!role) return item.wrong("member, verifier, registrar, service, sequencer or node");
    out.roles.insert(*role);
  }
  if (out.roles.empty() || out.weight > kWeightMax ||
      out.roles.contains(Role::kMember) != (out.weight > 0)) {
    return value.wrong(std::format("roles, and for members alone a weight of 1 to {}", kWeightMax));
  }
  return out;
}

Bytes encode_issuer(const Issuer& issuer) {
  wire::CborWriter out;
  out.begin_array().value(issuer.name).value(static_cast<std::int64_t>(issuer.algorithm));
  out.bytes(issuer.public_key).value(issuer.weight).begin_array();
  for (const Role role : issuer.roles) out.value(role_name(role));
  return out.end_array().end_array().take();
}

Bytes encode_thresholds(const Thresholds& thresholds) {
  wire::CborWriter out;
  out.begin_array().value(thresholds.add).value(thresholds.remove);
  return out.value(thresholds.delay.s).end_array().take();
}

// {1: origin, 2: [verifier key…], 3: [issuer…], 4: thresholds}
Bytes encode_genesis(const GenesisBody& genesis) {
  wire::CborWriter out;
  out.begin_map().key(1).value(genesis.origin).key(2).begin_array();
  for (const std::string& key : genesis.log_keys) out.value(key);
  out.end_array().key(3).begin_array();
  for (const Issuer& issuer : genesis.issuers) out.raw(encode_issuer(issuer));
  out.end_array().key(4).raw(encode_thresholds(genesis.thresholds));
  return out.end_map().take();
}

Result<GenesisBody> read_genesis(ByteView body) {
  ATOMA_TRY(Fields fields, Fields::parse(body, "genesis"));
  GenesisBody out;
  ATOMA_TRY(const FieldValue origin, fields.need(1));
  ATOMA_TRY(out.origin, origin.text(kNameMax));
  ATOMA_TRY(const FieldValue keys, fields.need(2));
  ATOMA_TRY(const auto log_keys, keys.array(kLogKeysMax));
  if (log_keys.empty()) return keys.wrong("at least one verifier key");
  for (const FieldValue& key : log_keys) {
    ATOMA_TRY(out.log_keys.emplace_back(), key.text(kVerifierKeyMax));
  }
  ATOMA_TRY(const FieldValue people, fields.need(3));
  ATOMA_TRY(const auto list, people.array(kMembersMax));
  for (const FieldValue& item : list) {
    ATOMA_TRY(out.issuers.emplace_back(), read_issuer(item));
  }
  ATOMA_TRY(const FieldValue weights, fields.need(4));
  ATOMA_TRY(out.thresholds, read_thresholds(weights));
  ATOMA_TRY_VOID(fields.end());
  return out;
}

Result<Effect> check_genesis(const Candidate& candidate) {
  ATOMA_TRY(GenesisBody body, read_genesis(candidate.statement().body));
  std::map<KeyId, Issuer> issuers;
  for (Issuer& issuer : body.issuers) {
    const KeyId id = key_id(issuer.algorithm, issuer.public_key);
    if (!issuers.emplace(id, std::move(issuer)).second) {
      return malformed("rule.body", "genesis: each issuer's key once");
    }
  }
  if (weight_of(issuers) < body.thresholds.add) {
    return malformed("rule.body",
                     "genesis: adding trust takes more weight than all members have together");
  }
  return [issuers = std::move(issuers), thresholds = body.thresholds](State& state) mutable {
    State::Parts::issuers(state) = std::move(issuers);
    State::Parts::trust(state).thresholds = thresholds;
  };
}

// {1: change, 2: value, 3: [size, root]}
Result<Effect> check_propose(const Candidate& candidate) {
  const State& state = candidate.state;
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "policy.propose"));
  ATOMA_TRY(const FieldValue kind, fields.need(1));
  ATOMA_TRY(const std::string name, kind.text(32));
  ATOMA_TRY(const FieldValue value, fields.need(2));
  ATOMA_TRY(const FieldValue observed, fields.need(3));
  ATOMA_TRY_VOID(fields.end());
  ATOMA_TRY_VOID(check_observed(state, observed));
  ATOMA_TRY(const Change change, read_change(state, name, value));
  if (State::Parts::proposals(state).size() >= kProposalsMax) {
    return fail(Code::kResourceExhausted, "rule.proposal",
                std::format("{} proposals are open", kProposalsMax));
  }
  const Thresholds& thresholds = state.trust().thresholds;
  wire::CborWriter stored;
  stored.begin_map().key(1).raw(value.item().raw()).end_map();
  Proposal proposal{.leaf = candidate.entry.leaf,
                    .change = name,
                    .value = stored.take(),
                    .time = candidate.statement().time,
                    .needed = change.adds ? thresholds.add : thresholds.remove,
                    .delay = change.adds ? thresholds.delay : Duration{0},
                    .votes = {}};
  return [index = candidate.index, proposal = std::move(proposal)](State& s) mutable {
    State::Parts::proposals(s).emplace(index, std::move(proposal));
  };
}

// {1: index of the proposal, 2: its leaf hash}
Result<Effect> check_vote(const Candidate& candidate) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "policy.vote"));
  ATOMA_TRY(const auto named, named_proposal(candidate, fields));
  ATOMA_TRY(const FieldValue field, fields.need(2));
  ATOMA_TRY(const Hash leaf, field.digest());
  ATOMA_TRY_VOID(fields.end());
  const auto& [index, proposal] = named;
  if (leaf != proposal->leaf) {
    return fail(Code::kFailedPrecondition, "rule.vote",
                std::format("the vote is for another text than that of proposal {}", index));
  }
  if (proposal->votes.contains(candidate.entry.issuer)) {
    return fail(Code::kAlreadyExists, "rule.vote",
                std::format("{} has voted on proposal {}", candidate.issuer.name, index));
  }
  return [at = index, voter = candidate.entry.issuer](State& state) {
    State::Parts::proposals(state).at(at).votes.insert(voter);
  };
}

// {1: index of the proposal}. Anyone may: the votes decide.
Result<Effect> check_activate(const Candidate& candidate) {
  const State& state = candidate.state;
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "policy.activate"));
  ATOMA_TRY(const auto named, named_proposal(candidate, fields));
  ATOMA_TRY_VOID(fields.end());
  const auto& [index, proposal] = named;
  std::uint64_t weight = 0;
  for (const KeyId& voter : proposal->votes) {
    // Who is no member any more doesn't count.
    const Issuer* issuer = state.issuer(voter);
    if (issuer != nullptr && issuer->roles.contains(Role::kMember)) weight += issuer->weight;
  }
  if (weight < proposal->needed) {
    return fail(Code::kFailedPrecondition, "rule.threshold",
                std::format("proposal {} has votes of weight {}; it needs {}", index, weight,
                            proposal->needed));
  }
  // By the ledger's time, not the activator's word: that of the newest entry.
  if (state.time() < proposal->time + proposal->delay) {
    return fail(
        Code::kFailedPrecondition, "rule.time_lock",
        std::format("proposal {} may be activated from {} on; the ledger is at {}", index,
                    format_time(proposal->time + proposal->delay), format_time(state.time())));
  }
  ATOMA_TRY(Change change, stored_change(state, *proposal));
  return [at = index, effect = std::move(change.effect)](State& s) mutable {
    effect(s);
    State::Parts::proposals(s).erase(at);
  };
}

}  // namespace atoma::ledger
