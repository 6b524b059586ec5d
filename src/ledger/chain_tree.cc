// The tree that a ChainIndex tells.
#include <algorithm>
#include <format>
#include <set>

#include "atoma/ledger/chain.h"
#include "atoma/wire/text.h"

namespace atoma::ledger {
namespace {

std::string hex(ByteView bytes) { return wire::hex_encode(bytes); }

// Enough to recognise it.
std::string brief(ByteView bytes) {
  return bytes.size() <= 8 ? hex(bytes) : hex(bytes.first(8)) + "…";
}

TrustNode make(std::string kind, std::string title) {
  return {
      .kind = std::move(kind), .title = std::move(title), .index = {}, .facts = {}, .children = {}};
}

}  // namespace

bool all_good(const TrustNode& node) {
  return node.good && std::ranges::all_of(node.children, all_good);
}

struct ChainIndex::Tree {
  const ChainIndex& index;
  const State& now;

  std::string who(const KeyId& id) const {
    const auto found = index.known_.find(id);
    return found != index.known_.end() ? found->second.issuer.name : brief(id);
  }
  void say(TrustNode& node, const Said& said) const {
    node.index = said.index;
    node.facts.emplace_back("by", who(said.by));
    node.facts.emplace_back("by_key_id", hex(said.by));
    node.facts.emplace_back("time", format_time(said.time));
  }
  TrustNode vote(const Said& said) const;
  TrustNode decision(std::uint64_t proposal) const;
  TrustNode approved(const std::string& what, const Bytes& digest) const;
  TrustNode issuer(const KeyId& id) const;
  TrustNode attestation(std::uint64_t at) const;
  TrustNode node(const KeyId& id) const;
  TrustNode rotation(const Key& key) const;
  TrustNode key(const LabelName& name, const Key& key) const;
};

TrustNode ChainIndex::Tree::vote(const Said& said) const {
  const auto member = index.known_.find(said.by);
  const std::uint64_t weight =
      member != index.known_.end() ? member->second.issuer.weight : std::uint64_t{0};
  TrustNode out = make("vote", std::format("{}, weight {}", who(said.by), weight));
  say(out, said);
  return out;
}

TrustNode ChainIndex::Tree::decision(std::uint64_t proposal) const {
  const Decision& made = index.decisions_.at(proposal);
  TrustNode out =
      make("decision", std::format("{} proposed by {}, votes of weight {} where {} is enough",
                                   made.change, who(made.said.by), made.weight, made.needed));
  say(out, made.said);
  if (made.activated) {
    out.title += std::format(", in force since entry {}, {}", made.activated->index,
                             format_time(made.activated->time));
    out.facts.emplace_back("activated_at", std::to_string(made.activated->index));
  }
  out.facts.emplace_back("change", made.change);
  out.facts.emplace_back("weight", std::to_string(made.weight));
  out.facts.emplace_back("needed", std::to_string(made.needed));
  for (const Said& said : made.votes) out.children.push_back(vote(said));
  return out;
}

// A measurement or a policy, as the members see it now.
TrustNode ChainIndex::Tree::approved(const std::string& what, const Bytes& digest) const {
  const Trust& trust = now.trust();
  const bool policy = what == "policy";
  const auto& good = policy ? trust.policies : trust.measurements;
  const auto& revoked = policy ? trust.revoked_policies : trust.revoked_measurements;
  const bool governed = policy ? trust.policies_governed : trust.measurements_governed;
  TrustNode out = make(what, digest.empty() ? "none" : brief(digest));
  out.facts.emplace_back("digest", hex(digest));
  const auto decided = index.in_force_.find({what, digest});
  if (revoked.contains(digest)) {
    out.good = false;
    out.title += ": REVOKED by the members";
  } else if (good.contains(digest)) {
    out.title += ": approved by the members";
  } else if (governed) {
    out.good = false;
    out.title += ": NOT among those that the members approve";
  } else {
    out.checked = false;
    out.title += ": the members name none, any will do";
  }
  if (decided != index.in_force_.end()) out.children.push_back(decision(decided->second));
  return out;
}

TrustNode ChainIndex::Tree::issuer(const KeyId& id) const {
  TrustNode out = make("issuer", who(id));
  out.facts.emplace_back("key_id", hex(id));
  const auto found = index.known_.find(id);
  if (found == index.known_.end()) {
    out.good = false;
    out.title += ", unknown";
    return out;
  }
  const Known& known = found->second;
  std::string roles;
  for (const Role role : known.issuer.roles) {
    roles += (roles.empty() ? "" : ", ") + std::string(role_name(role));
  }
  out.index = known.since;
  out.title += std::format(" ({}), ", roles);
  out.title +=
      known.since == 0 ? "named in the genesis" : std::format("since entry {}", known.since);
  out.facts.emplace_back("roles", roles);
  if (now.issuer(id) == nullptr) {
    // A node that has gone is no reason to doubt what it did; who was voted out is.
    const bool node = known.issuer.roles == std::set{Role::kNode};
    out.good = node;
    out.title += node ? "; retired since" : "; REMOVED since";
  }
  if (known.decision) out.children.push_back(decision(*known.decision));
  return out;
}

TrustNode ChainIndex::Tree::attestation(std::uint64_t at) const {
  const auto found = index.verdicts_.find(at);
  if (found == index.verdicts_.end()) {
    TrustNode none = make("attestation", std::format("entry {} is none", at));
    none.good = false;
    return none;
  }
  const Verdict& verdict = found->second;
  TrustNode out =
      make("attestation",
           std::format("{} accepted by {}, {}, valid until {}", verdict.tee, who(verdict.said.by),
                       format_time(verdict.said.time), format_time(verdict.expiry)));
  say(out, verdict.said);
  out.facts.emplace_back("verdict", "accepted");
  out.facts.emplace_back("tee", verdict.tee);
  out.facts.emplace_back("evidence_sha256", hex(verdict.evidence));
  out.facts.emplace_back("expiry", format_time(verdict.expiry));
  out.facts.emplace_back("sample", verdict.sample ? "true" : "false");
  if (verdict.sample) {
    out.good = false;
    out.title += "; SAMPLE: proves nothing";
  }
  if (!verdict.measurement.empty()) {
    out.children.push_back(approved("measurement", verdict.measurement));
  }
  out.children.push_back(approved("policy", verdict.policy));
  out.children.push_back(issuer(verdict.said.by));
  return out;
}

TrustNode ChainIndex::Tree::node(const KeyId& id) const {
  TrustNode out = issuer(id);
  out.kind = "node";
  const auto found = index.known_.find(id);
  if (found == index.known_.end()) return out;
  if (found->second.attestation) out.children.push_back(attestation(*found->second.attestation));
  return out;
}

TrustNode ChainIndex::Tree::rotation(const Key& key) const {
  TrustNode out =
      make("rotation", std::format("opened by {} at entry {}, the new key signed by {} nodes at "
                                   "entry {}, active since entry {}",
                                   who(key.opened.by), key.opened.index, key.signers.size(),
                                   key.committed.index, key.said.index));
  say(out, key.committed);
  out.facts.emplace_back("opened_at", std::to_string(key.opened.index));
  out.facts.emplace_back("activated_at", std::to_string(key.said.index));
  for (const KeyId& signer : key.signers) out.children.push_back(node(signer));
  return out;
}

TrustNode ChainIndex::Tree::key(const LabelName& name, const Key& key) const {
  TrustNode out = make(
      key.type, std::format("{} {}, {} {}", name.space, name.label, key.algorithm, brief(key.raw)));
  if (key.type == "key") out.title += std::format(", epoch {}", key.epoch);
  say(out, key.said);
  out.facts.emplace_back("algorithm", key.algorithm);
  out.facts.emplace_back("public_key", wire::base64_encode(key.raw));
  out.facts.emplace_back("epoch", std::to_string(key.epoch));
  if (key.attestation) {
    out.children.push_back(attestation(*key.attestation));
  } else {
    out.children.push_back(rotation(key));
  }
  const bool retired =
      key.type == "node" && std::ranges::none_of(index.known_, [&](const auto& k) {
        return k.second.issuer.public_key == key.raw && now.issuer(k.first) != nullptr;
      });
  if (retired) {
    out.good = false;
    out.title += "; RETIRED";
  }
  TrustNode registrar = issuer(key.said.by);
  registrar.title = "put on the log by " + registrar.title;
  out.children.push_back(std::move(registrar));
  return out;
}

Result<TrustNode> ChainIndex::chain(const LabelName& name, const State& now) const {
  const auto found = keys_.find(name.space + '\0' + name.label);
  if (found == keys_.end()) {
    return fail(Code::kNotFound, "chain.none",
                std::format("{} {} has neither a key nor a node", name.space, name.label));
  }
  const Tree tree{*this, now};
  TrustNode out = tree.key(name, found->second);
  TrustNode genesis = make("genesis", "");
  genesis.index = 0;
  std::set<std::string> names;
  for (const auto& [id, known] : known_) {
    if (known.since != 0 || known.issuer.weight == 0) continue;
    names.insert(std::format("{} {}", known.issuer.name, known.issuer.weight));
  }
  std::string members;
  for (const std::string& each : names) members += (members.empty() ? "" : ", ") + each;
  const Thresholds& needed = now.trust().thresholds;
  const std::string delay =
      needed.delay.s == 0 ? "at once" : std::format("after {} s", needed.delay.s);
  genesis.title = std::format("members {}; now weight {} adds trust {}, weight {} removes it",
                              members, needed.add, delay, needed.remove);
  for (const std::string& key : log_keys_) genesis.facts.emplace_back("log_key", key);
  out.children.push_back(std::move(genesis));
  return out;
}

}  // namespace atoma::ledger
