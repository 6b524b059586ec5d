// The rules of each type of entry: whether it may follow on a state, and what it then changes.
// Private to this module.
#pragma once

#include "atoma/ledger/bodies.h"
#include "fields.h"

namespace atoma::ledger {

// A state's parts, to read and, in effects, to change.
struct State::Parts {
  static auto& issuers(auto& state) { return state.issuers_; }
  static auto& trust(auto& state) { return state.trust_; }
  static void add_attestation(State& state, std::uint64_t index, Attestation attestation);
  static auto& proposals(auto& state) { return state.proposals_; }
  static void add_map_head(State& state, MapHead head);
  static LabelState& label(State& state, const LabelName& name);
};

// An entry that an authentic issuer wrote, at the index that it would get.
struct Candidate {
  const State& state;
  const Entry& entry;
  const Issuer& issuer;
  std::uint64_t index;

  const Statement& statement() const { return entry.statement; }
  const LabelState* label() const { return state.label(entry.statement.label); }
};

struct Rule {
  std::string_view type;
  std::string_view family;
  std::set<Role> roles;  // one of which the issuer needs
  Result<Effect> (*check)(const Candidate&);
};

// Null when nobody knows the type.
const Rule* rule_of(std::string_view type);

// Changes nothing but the label's history.
Effect nothing();

// An issuer as a body's array [name, algorithm, public key, weight, [role…]].
Result<Issuer> read_issuer(const FieldValue& value);
// [algorithm, raw]; a key that can't be one is refused. Errors: "rule.key".
Result<cose::PublicKey> read_public_key(std::int64_t algorithm, ByteView raw);

// The attestation at `index`, which binds the key of this digest, is valid at the candidate's time,
// and which nobody has withdrawn since. Errors: "rule.attestation", "rule.revoked".
Result<const Attestation*> attested(const Candidate& candidate, std::uint64_t index,
                                    const Hash& key_digest);

Result<MapHeadBody> read_map_head(ByteView body);

// The types, by file.
Result<Effect> check_genesis(const Candidate&);
Result<Effect> check_propose(const Candidate&);
Result<Effect> check_vote(const Candidate&);
Result<Effect> check_activate(const Candidate&);
Result<Effect> check_attestation(const Candidate&);
Result<Effect> check_key_register(const Candidate&);
Result<Effect> check_node_register(const Candidate&);
Result<Effect> check_node_retire(const Candidate&);
Result<Effect> check_rotation_open(const Candidate&);
Result<Effect> check_rotation_join(const Candidate&);
Result<Effect> check_rotation_commit(const Candidate&);
Result<Effect> check_rotation_activate(const Candidate&);
Result<Effect> check_rotation_ack(const Candidate&);
Result<Effect> check_rotation_close(const Candidate&);
Result<Effect> check_rotation_abort(const Candidate&);
Result<Effect> check_map_head(const Candidate&);
Result<Effect> check_secret_put(const Candidate&);
Result<Effect> check_release(const Candidate&);
Result<Effect> check_refusal(const Candidate&);
Result<Effect> check_event(const Candidate&);

}  // namespace atoma::ledger
