#include "atoma/ledger/chain.h"

#include <format>

#include "rules.h"

namespace atoma::ledger {
namespace {

constexpr std::size_t kTextMax = 4096;

std::string map_key(const LabelName& name) { return name.space + '\0' + name.label; }

// As it was admitted: a number, or a name of another registry.
Result<std::string> algorithm_name(const FieldValue& value) {
  if (const auto number = value.item().integer()) {
    switch (*number) {
      case -8:
        return "EdDSA";
      case -7:
        return "ES256";
      default:
        return std::format("COSE {}", *number);
    }
  }
  return value.text(kTextMax);
}

}  // namespace

Status ChainIndex::add(const State& before, const Admission& admission) {
  const Entry& entry = *admission.entry;
  const std::string& type = entry.statement.type;
  const Said said{admission.index, entry.issuer, entry.statement.time};
  if (type == "genesis") return add_genesis(entry);
  if (type == "policy.propose") return add_proposal(said, entry);
  if (type == "policy.vote") return add_vote(said, entry);
  if (type == "policy.activate") return add_activation(before, said, entry);
  if (type == "attestation") return add_attestation(said, entry);
  if (type == "key.register") return add_key(said, entry);
  if (type == "node.register") return add_node(said, entry);
  if (type == "rotation.open") opened_[said.index] = said;
  if (type == "rotation.commit") return add_commit(before, said, entry);
  if (type == "rotation.activate") {
    const std::string label = map_key(entry.statement.label);
    keys_[label] = committed_[label];
    keys_[label].said = said;
  }
  return {};
}

Status ChainIndex::add_genesis(const Entry& entry) {
  ATOMA_TRY(GenesisBody body, read_genesis(entry.statement.body));
  log_keys_ = std::move(body.log_keys);
  for (Issuer& issuer : body.issuers) {
    const KeyId id = key_id(issuer.algorithm, issuer.public_key);
    known_[id] = {.issuer = std::move(issuer), .since = 0, .decision = {}, .attestation = {}};
  }
  return {};
}

Status ChainIndex::add_proposal(const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "policy.propose"));
  Decision made{
      .said = said, .change = {}, .value = {}, .issuer = {}, .votes = {}, .activated = {}};
  ATOMA_TRY(const FieldValue kind, fields.need(1));
  ATOMA_TRY(made.change, kind.text(kTextMax));
  ATOMA_TRY(const FieldValue value, fields.need(2));
  if (made.change == "issuer.add") {
    ATOMA_TRY(Issuer issuer, read_issuer(value));
    const KeyId id = key_id(issuer.algorithm, issuer.public_key);
    made.issuer = {id, std::move(issuer)};
  } else if (value.item().bytes()) {
    ATOMA_TRY(made.value, value.bytes(1, kTextMax));
  }
  decisions_.emplace(said.index, std::move(made));
  return {};
}

Status ChainIndex::add_vote(const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "policy.vote"));
  ATOMA_TRY(const FieldValue proposal, fields.need(1));
  ATOMA_TRY(const std::uint64_t index, proposal.number());
  decisions_[index].votes.push_back(said);
  return {};
}

Status ChainIndex::add_activation(const State& before, const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "policy.activate"));
  ATOMA_TRY(const FieldValue proposal, fields.need(1));
  ATOMA_TRY(const std::uint64_t index, proposal.number());
  Decision& made = decisions_[index];
  made.activated = said;
  if (const Proposal* open = before.proposal(index)) made.needed = open->needed;
  for (const Said& vote : made.votes) {
    const Issuer* voter = before.issuer(vote.by);
    if (voter != nullptr) made.weight += voter->weight;
  }
  if (made.issuer) {
    known_[made.issuer->first] = {
        .issuer = made.issuer->second, .since = said.index, .decision = index, .attestation = {}};
  } else if (!made.value.empty()) {
    // "measurement.add" and "measurement.remove" are of one thing.
    const std::string what = made.change.substr(0, made.change.find('.'));
    in_force_[{what, made.value}] = index;
  }
  return {};
}

Status ChainIndex::add_attestation(const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "attestation"));
  ATOMA_TRY(const FieldValue verdict, fields.need(1));
  ATOMA_TRY(const std::string word, verdict.text(kTextMax));
  if (word != "accepted" || !entry.statement.expiry) return {};
  Verdict made{.said = said, .tee = {}, .measurement = {}, .policy = {}, .expiry = {}};
  made.expiry = *entry.statement.expiry;
  ATOMA_TRY(const FieldValue evidence, fields.need(2));
  ATOMA_TRY(made.evidence, evidence.digest());
  ATOMA_TRY(const FieldValue policy, fields.need(3));
  ATOMA_TRY(made.policy, policy.bytes(1, kTextMax));
  ATOMA_TRY(const FieldValue tee, fields.need(7));
  ATOMA_TRY(made.tee, tee.text(kTextMax));
  ATOMA_TRY(const FieldValue measured, fields.need(8));
  if (!measured.item().is_null()) {
    ATOMA_TRY(made.measurement, measured.bytes(1, kTextMax));
  }
  ATOMA_TRY(const FieldValue sample, fields.need(9));
  ATOMA_TRY(made.sample, sample.boolean());
  verdicts_.emplace(said.index, std::move(made));
  return {};
}

Status ChainIndex::add_key(const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "key.register"));
  Key made{.said = said, .type = "key", .algorithm = {}, .raw = {}, .epoch = 1, .signers = {}};
  ATOMA_TRY(const FieldValue algorithm, fields.need(1));
  ATOMA_TRY(made.algorithm, algorithm_name(algorithm));
  ATOMA_TRY(const FieldValue raw, fields.need(2));
  ATOMA_TRY(made.raw, raw.bytes(1, kTextMax));
  ATOMA_TRY(const FieldValue attestation, fields.need(3));
  ATOMA_TRY(made.attestation, attestation.number());
  keys_[map_key(entry.statement.label)] = std::move(made);
  return {};
}

Status ChainIndex::add_node(const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "node.register"));
  Key made{.said = said, .type = "node", .algorithm = {}, .raw = {}, .epoch = 1, .signers = {}};
  Issuer node;
  ATOMA_TRY(const FieldValue name, fields.need(1));
  ATOMA_TRY(node.name, name.text(kTextMax));
  ATOMA_TRY(const FieldValue algorithm, fields.need(2));
  ATOMA_TRY(made.algorithm, algorithm_name(algorithm));
  ATOMA_TRY(const FieldValue raw, fields.need(3));
  ATOMA_TRY(made.raw, raw.bytes(1, kTextMax));
  ATOMA_TRY(const FieldValue attestation, fields.need(4));
  ATOMA_TRY(made.attestation, attestation.number());
  ATOMA_TRY(const auto usable, read_public_key(algorithm.item().integer().value_or(0), made.raw));
  node.algorithm = usable.algorithm();
  node.public_key = made.raw;
  node.roles = {Role::kNode};
  const KeyId id = key_id(node.algorithm, node.public_key);
  known_[id] = {.issuer = std::move(node),
                .since = said.index,
                .decision = {},
                .attestation = made.attestation};
  keys_[map_key(entry.statement.label)] = std::move(made);
  return {};
}

Status ChainIndex::add_commit(const State& before, const Said& said, const Entry& entry) {
  ATOMA_TRY(Fields fields, Fields::parse(entry.statement.body, "rotation.commit"));
  Key made{.said = said, .type = "key", .algorithm = {}, .raw = {}, .signers = {}};
  ATOMA_TRY(const FieldValue rotation, fields.need(1));
  ATOMA_TRY(const std::uint64_t opened, rotation.number());
  made.opened = opened_[opened];
  made.committed = said;
  ATOMA_TRY(const FieldValue algorithm, fields.need(2));
  ATOMA_TRY(made.algorithm, algorithm_name(algorithm));
  ATOMA_TRY(const FieldValue raw, fields.need(3));
  ATOMA_TRY(made.raw, raw.bytes(1, kTextMax));
  ATOMA_TRY(const FieldValue signatures, fields.need(4));
  ATOMA_TRY(const auto list, signatures.array(kTextMax));
  for (const FieldValue& item : list) {
    ATOMA_TRY(const auto pair, item.array(2));
    ATOMA_TRY(made.signers.emplace_back(), pair.at(0).digest());
  }
  if (const LabelState* label = before.label(entry.statement.label); label && label->rotation) {
    made.epoch = label->rotation->epoch;
  }
  committed_[map_key(entry.statement.label)] = std::move(made);
  return {};
}

}  // namespace atoma::ledger
