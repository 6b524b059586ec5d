// What services and the sequencer record, and the table of all types.
#include <format>

#include "atoma/wire/cbor_writer.h"
#include "rules.h"

namespace atoma::ledger {

Effect nothing() {
  return [](State&) {};
}

// {1: size of the input, 2: root of the index}
Bytes encode_map_head(const MapHeadBody& head) {
  wire::CborWriter out;
  out.begin_map().key(1).value(head.size).key(2).bytes(head.root).end_map();
  return out.take();
}

Result<MapHeadBody> read_map_head(ByteView body) {
  ATOMA_TRY(Fields fields, Fields::parse(body, "map-head"));
  MapHeadBody out;
  ATOMA_TRY(const FieldValue size, fields.need(1));
  ATOMA_TRY(out.size, size.number());
  ATOMA_TRY(const FieldValue root, fields.need(2));
  ATOMA_TRY(out.root, root.digest());
  ATOMA_TRY_VOID(fields.end());
  return out;
}

// It covers all entries before it.
Result<Effect> check_map_head(const Candidate& candidate) {
  ATOMA_TRY(const MapHeadBody body, read_map_head(candidate.statement().body));
  if (body.size != candidate.index) {
    return fail(
        Code::kFailedPrecondition, "rule.map_head",
        std::format("it covers {} entries and would be entry {}", body.size, candidate.index));
  }
  merkle::PrefixTrie trie = candidate.state.index_now();
  if (trie.root() != body.root) {
    return fail(Code::kFailedPrecondition, "rule.map_head",
                "the root is not that of the entries before it");
  }
  return [index = candidate.index, trie = std::move(trie)](State& state) mutable {
    State::Parts::add_map_head(state, {index, std::move(trie)});
  };
}

// Any map: the type's own members are for whoever reads them.
Result<Effect> check_event(const Candidate&) { return nothing(); }

const Rule* rule_of(std::string_view type) {
  using enum Role;
  static const Rule kRules[] = {
      {"genesis", "genesis", {}, check_genesis},
      {"policy.propose", "policy", {kMember}, check_propose},
      {"policy.vote", "policy", {kMember}, check_vote},
      {"policy.activate", "policy", {}, check_activate},
      {"attestation", "attestation", {kVerifier}, check_attestation},
      {"key.register", "key", {kRegistrar}, check_key_register},
      {"node.register", "node", {kRegistrar}, check_node_register},
      {"node.retire", "node", {kRegistrar, kNode}, check_node_retire},
      {"rotation.open", "key", {kRegistrar}, check_rotation_open},
      {"rotation.join", "key", {kNode}, check_rotation_join},
      {"rotation.commit", "key", {kRegistrar, kNode}, check_rotation_commit},
      {"rotation.activate", "key", {kRegistrar}, check_rotation_activate},
      {"rotation.ack", "key", {kNode}, check_rotation_ack},
      {"rotation.close", "key", {kRegistrar}, check_rotation_close},
      {"rotation.abort", "key", {kRegistrar}, check_rotation_abort},
      {"map-head", "map-head", {kSequencer}, check_map_head},
      {"anchor-receipt", "anchor", {kSequencer, kService}, check_event},
      {"witness-set", "witness-set", {kSequencer}, check_event},
      {"logkey.rotate", "logkey", {kSequencer}, check_event},
      {"deployment", "deployment", {kService}, check_event},
      {"release", "release", {kService}, check_release},
      {"refusal", "release", {kService}, check_refusal},
      {"secret.put", "secret", {kService}, check_secret_put},
  };
  for (const Rule& rule : kRules) {
    if (rule.type == type) return &rule;
  }
  return nullptr;
}

}  // namespace atoma::ledger
