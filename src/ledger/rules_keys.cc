// What was attested, and the keys and nodes that are registered because of it.
#include <format>

#include "atoma/ledger/bodies.h"
#include "atoma/wire/cbor_writer.h"
#include "rules.h"

namespace atoma::ledger {
namespace {

constexpr std::size_t kKeyMax = 2592;
constexpr std::size_t kWordMax = 64;
constexpr std::size_t kMeasurementMax = 64;

std::unexpected<Error> no(std::string message) {
  return fail(Code::kFailedPrecondition, "rule.attestation", std::move(message));
}

// [digest, size, media type]
Result<EvidenceRef> read_evidence_ref(const FieldValue& value) {
  ATOMA_TRY(const auto parts, value.array(3));
  if (parts.size() != 3) return value.wrong("[digest, size, media type]");
  EvidenceRef out;
  ATOMA_TRY(out.sha256, parts[0].digest());
  ATOMA_TRY(out.size, parts[1].number());
  ATOMA_TRY(out.media_type, parts[2].text(kMediaTypeMax));
  if (!is_media_type(out.media_type)) return parts[2].wrong("a media type without parameters");
  return out;
}

// Trust may have been withdrawn since the attestation was recorded.
Status still_trusted(const Trust& trust, ByteView measurement, ByteView policy) {
  const Bytes code = to_bytes(measurement), rules = to_bytes(policy);
  if (trust.revoked_measurements.contains(code) || trust.revoked_policies.contains(rules)) {
    return fail(Code::kPermissionDenied, "rule.revoked",
                "the members have revoked the measurement or the policy of this attestation");
  }
  if (trust.measurements_governed && !trust.measurements.contains(code)) {
    return fail(Code::kPermissionDenied, "rule.revoked",
                "the measurement is not among those that the members have added");
  }
  if (trust.policies_governed && !trust.policies.contains(rules)) {
    return fail(Code::kPermissionDenied, "rule.revoked",
                "the policy is not among those that the members have added");
  }
  return {};
}

}  // namespace

Result<const Attestation*> attested(const Candidate& candidate, std::uint64_t index,
                                    const Hash& key_digest) {
  const Attestation* attestation = candidate.state.attestation(index);
  const Time at = candidate.statement().time;
  if (attestation == nullptr) {
    return no(std::format("entry {} is no accepted attestation that is still valid", index));
  }
  if (attestation->expiry < at) {
    return no(std::format("the attestation at {} ended {}, before {}", index,
                          format_time(attestation->expiry), format_time(at)));
  }
  if (attestation->key_digest != key_digest) {
    return no(std::format("the attestation at {} binds another key", index));
  }
  ATOMA_TRY_VOID(
      still_trusted(candidate.state.trust(), attestation->measurement, attestation->policy));
  return attestation;
}

// {1: verdict, 2: evidence, 3: policy, 4: collateral or null, 5: key, 6: EAR, 7: TEE, 8:
// measurement or null, 9: sample, 10: [[digest, size, media type], …] of what it stands on}:
// digests of SHA-256. With an expiry when it was accepted.
Bytes encode_attestation(const AttestationBody& attestation) {
  wire::CborWriter out;
  out.begin_map().key(1).value(attestation.verdict).key(2).bytes(attestation.evidence);
  out.key(3).bytes(attestation.policy).key(4);
  attestation.collateral ? out.bytes(*attestation.collateral) : out.null();
  out.key(5).bytes(attestation.key).key(6).bytes(attestation.ear).key(7).value(attestation.tee);
  out.key(8);
  attestation.measurement ? out.bytes(*attestation.measurement) : out.null();
  out.key(9).value(attestation.sample).key(10).begin_array();
  for (const EvidenceRef& ref : attestation.kept) {
    out.begin_array().bytes(ref.sha256).value(ref.size).value(ref.media_type).end_array();
  }
  return out.end_array().end_map().take();
}

Result<AttestationBody> read_attestation(ByteView body) {
  ATOMA_TRY(Fields fields, Fields::parse(body, "attestation"));
  AttestationBody out;
  ATOMA_TRY(const FieldValue verdict, fields.need(1));
  ATOMA_TRY(out.verdict, verdict.text(kWordMax));
  if (out.verdict != "accepted" && out.verdict != "refused" && out.verdict != "undecided") {
    return verdict.wrong("accepted, refused or undecided");
  }
  ATOMA_TRY(const FieldValue evidence, fields.need(2));
  ATOMA_TRY(out.evidence, evidence.digest());
  ATOMA_TRY(const FieldValue policy, fields.need(3));
  ATOMA_TRY(out.policy, policy.digest());
  ATOMA_TRY(const FieldValue collateral, fields.need(4));
  if (!collateral.item().is_null()) {
    ATOMA_TRY(out.collateral, collateral.digest());
  }
  ATOMA_TRY(const FieldValue key, fields.need(5));
  ATOMA_TRY(out.key, key.digest());
  ATOMA_TRY(const FieldValue ear, fields.need(6));
  ATOMA_TRY(out.ear, ear.digest());
  ATOMA_TRY(const FieldValue tee, fields.need(7));
  ATOMA_TRY(out.tee, tee.text(kWordMax));
  ATOMA_TRY(const FieldValue measured, fields.need(8));
  if (!measured.item().is_null()) {
    ATOMA_TRY(out.measurement, measured.bytes(32, kMeasurementMax));
  }
  ATOMA_TRY(const FieldValue sample, fields.need(9));
  ATOMA_TRY(out.sample, sample.boolean());
  const auto kept = fields.maybe(10);
  if (!kept) {
    return malformed("rule.body",
                     "attestation: field 10 is missing, which names what is kept of the evidence; "
                     "a log from before evidence was kept can't be read");
  }
  ATOMA_TRY(const auto refs, kept->array(kEvidenceRefsMax));
  if (refs.empty()) return kept->wrong("at least one piece of evidence");
  for (const FieldValue& ref : refs) {
    ATOMA_TRY(out.kept.emplace_back(), read_evidence_ref(ref));
  }
  ATOMA_TRY_VOID(fields.end());
  return out;
}

Result<std::vector<EvidenceRef>> read_evidence_refs(const Statement& statement) {
  std::vector<EvidenceRef> out;
  if (statement.type == "attestation") {
    ATOMA_TRY(AttestationBody body, read_attestation(statement.body));
    return std::move(body.kept);
  }
  if (statement.type != "key.register") return out;
  ATOMA_TRY(Fields fields, Fields::parse(statement.body, "key.register"));
  if (const auto wrapped = fields.maybe(6)) {
    ATOMA_TRY(out.emplace_back(), read_evidence_ref(*wrapped));
  }
  return out;
}

Result<Effect> check_attestation(const Candidate& candidate) {
  const Statement& statement = candidate.statement();
  ATOMA_TRY(AttestationBody body, read_attestation(statement.body));
  if (body.verdict != "accepted") return nothing();
  if (!statement.expiry) return no("an accepted attestation has an expiry");
  Attestation made{.key_digest = body.key,
                   .ear = body.ear,
                   .measurement = body.measurement.value_or(Bytes()),
                   .policy = to_bytes(ByteView(body.policy)),
                   .expiry = *statement.expiry};
  ATOMA_TRY_VOID(still_trusted(candidate.state.trust(), made.measurement, made.policy));
  return [index = candidate.index, made = std::move(made)](State& state) mutable {
    State::Parts::add_attestation(state, index, std::move(made));
  };
}

// {1: algorithm (a COSE number, or a name of another registry), 2: raw public key, 3: index of the
// attestation, 4: epoch, 5: commitment to the private part?, 6: [digest, size, media type] of the
// wrapped blob?}. A label's first key has epoch 1; further ones come by rotations alone.
Result<Effect> check_key_register(const Candidate& candidate) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "key.register"));
  ATOMA_TRY(const FieldValue algorithm, fields.need(1));
  if (!algorithm.item().integer()) ATOMA_TRY_VOID(algorithm.text(kWordMax));
  ATOMA_TRY(const FieldValue key, fields.need(2));
  ATOMA_TRY(const Bytes raw, key.bytes(32, kKeyMax));
  ATOMA_TRY(const FieldValue attestation, fields.need(3));
  ATOMA_TRY(const std::uint64_t index, attestation.number());
  ATOMA_TRY(const FieldValue epoch, fields.need(4));
  ATOMA_TRY(const std::uint64_t number, epoch.number());
  if (const auto commitment = fields.maybe(5)) ATOMA_TRY_VOID(commitment->bytes(16, 64));
  if (const auto wrapped = fields.maybe(6)) ATOMA_TRY_VOID(read_evidence_ref(*wrapped));
  ATOMA_TRY_VOID(fields.end());
  if (number != 1 || candidate.label() != nullptr) {
    return fail(Code::kFailedPrecondition, "rule.epoch",
                std::format("a key is registered once, with epoch 1 (this says {}); later epochs "
                            "come by rotation",
                            number));
  }
  ATOMA_TRY_VOID(attested(candidate, index, crypto::sha256(raw)));
  return [name = candidate.statement().label](State& state) {
    State::Parts::label(state, name).epoch = 1;
  };
}

// {1: name, 2: COSE algorithm, 3: raw public key, 4: index of the attestation}
Result<Effect> check_node_register(const Candidate& candidate) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "node.register"));
  ATOMA_TRY(const FieldValue name, fields.need(1));
  Issuer node;
  ATOMA_TRY(node.name, name.text(kNameMax));
  ATOMA_TRY(const FieldValue algorithm, fields.need(2));
  const auto number = algorithm.item().integer();
  if (!number) return algorithm.wrong("a COSE algorithm");
  ATOMA_TRY(const FieldValue key, fields.need(3));
  ATOMA_TRY(node.public_key, key.bytes(32, kKeyMax));
  ATOMA_TRY(const FieldValue attestation, fields.need(4));
  ATOMA_TRY(const std::uint64_t index, attestation.number());
  ATOMA_TRY_VOID(fields.end());
  ATOMA_TRY(const auto usable, read_public_key(*number, node.public_key));
  node.algorithm = usable.algorithm();
  node.roles = {Role::kNode};
  const KeyId id = key_id(node.algorithm, node.public_key);
  // Else a node could take a member's key and, with it, his place.
  if (candidate.state.issuer(id) != nullptr) {
    return fail(Code::kAlreadyExists, "rule.key", "the ledger knows this key already");
  }
  ATOMA_TRY_VOID(attested(candidate, index, crypto::sha256(node.public_key)));
  return [id, node = std::move(node)](State& state) mutable {
    State::Parts::issuers(state).emplace(id, std::move(node));
  };
}

// {1: key id}: by a registrar, or by the node itself.
Result<Effect> check_node_retire(const Candidate& candidate) {
  ATOMA_TRY(Fields fields, Fields::parse(candidate.statement().body, "node.retire"));
  ATOMA_TRY(const FieldValue field, fields.need(1));
  ATOMA_TRY(const KeyId id, field.digest());
  ATOMA_TRY_VOID(fields.end());
  const Issuer* node = candidate.state.issuer(id);
  if (node == nullptr || node->roles != std::set{Role::kNode}) {
    return fail(Code::kNotFound, "rule.key", "no node has this key");
  }
  if (!candidate.issuer.roles.contains(Role::kRegistrar) && id != candidate.entry.issuer) {
    return fail(Code::kPermissionDenied, "rule.role", "a node may retire itself alone");
  }
  return [id](State& state) { State::Parts::issuers(state).erase(id); };
}

}  // namespace atoma::ledger
