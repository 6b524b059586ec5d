// What a broker records of secrets: that one was stored, and to whom it was given or not.
#include <format>

#include "atoma/wire/cbor_writer.h"
#include "rules.h"

namespace atoma::ledger {
namespace {

constexpr std::size_t kReasonMax = 64;

}  // namespace

// {1: name, 2: version, 3: rule}
Bytes encode_secret_put(const SecretPutBody& put) {
  wire::CborWriter out;
  out.begin_map().key(1).value(put.name).key(2).value(put.version);
  return out.key(3).bytes(put.rule).end_map().take();
}

Result<SecretPutBody> read_secret_put(ByteView body) {
  ATOMA_TRY(Fields fields, Fields::parse(body, "secret.put"));
  SecretPutBody out;
  ATOMA_TRY(const FieldValue name, fields.need(1));
  ATOMA_TRY(out.name, name.text(kNameMax));
  ATOMA_TRY(const FieldValue version, fields.need(2));
  ATOMA_TRY(out.version, version.number());
  ATOMA_TRY(const FieldValue rule, fields.need(3));
  ATOMA_TRY(out.rule, rule.digest());
  ATOMA_TRY_VOID(fields.end());
  return out;
}

Result<Effect> check_secret_put(const Candidate& candidate) {
  ATOMA_TRY_VOID(read_secret_put(candidate.statement().body));
  return nothing();
}

// {1: name, 2: version, 3: index of the attestation, 4: EAR, 5: key, 6: ciphertext}
Bytes encode_release(const ReleaseBody& release) {
  wire::CborWriter out;
  out.begin_map().key(1).value(release.name).key(2).value(release.version);
  out.key(3).value(release.attestation).key(4).bytes(release.ear).key(5).bytes(release.key);
  return out.key(6).bytes(release.ciphertext).end_map().take();
}

Result<ReleaseBody> read_release(ByteView body) {
  ATOMA_TRY(Fields fields, Fields::parse(body, "release"));
  ReleaseBody out;
  ATOMA_TRY(const FieldValue name, fields.need(1));
  ATOMA_TRY(out.name, name.text(kNameMax));
  ATOMA_TRY(const FieldValue version, fields.need(2));
  ATOMA_TRY(out.version, version.number());
  ATOMA_TRY(const FieldValue attestation, fields.need(3));
  ATOMA_TRY(out.attestation, attestation.number());
  ATOMA_TRY(const FieldValue ear, fields.need(4));
  ATOMA_TRY(out.ear, ear.digest());
  ATOMA_TRY(const FieldValue key, fields.need(5));
  ATOMA_TRY(out.key, key.digest());
  ATOMA_TRY(const FieldValue ciphertext, fields.need(6));
  ATOMA_TRY(out.ciphertext, ciphertext.digest());
  ATOMA_TRY_VOID(fields.end());
  return out;
}

// A secret goes only where an accepted attestation says: this key, by this result.
Result<Effect> check_release(const Candidate& candidate) {
  ATOMA_TRY(const ReleaseBody body, read_release(candidate.statement().body));
  ATOMA_TRY(const Attestation* attestation, attested(candidate, body.attestation, body.key));
  if (attestation->ear != body.ear) {
    return fail(Code::kFailedPrecondition, "rule.attestation",
                std::format("entry {} is about another attestation result", body.attestation));
  }
  return nothing();
}

// {1: name, 2: reason, 3: EAR, 4: key}
Bytes encode_refusal(const RefusalBody& refusal) {
  wire::CborWriter out;
  out.begin_map().key(1).value(refusal.name).key(2).value(refusal.reason);
  return out.key(3).bytes(refusal.ear).key(4).bytes(refusal.key).end_map().take();
}

Result<RefusalBody> read_refusal(ByteView body) {
  ATOMA_TRY(Fields fields, Fields::parse(body, "refusal"));
  RefusalBody out;
  ATOMA_TRY(const FieldValue name, fields.need(1));
  ATOMA_TRY(out.name, name.text(kNameMax));
  ATOMA_TRY(const FieldValue reason, fields.need(2));
  ATOMA_TRY(out.reason, reason.text(kReasonMax));
  ATOMA_TRY(const FieldValue ear, fields.need(3));
  ATOMA_TRY(out.ear, ear.digest());
  ATOMA_TRY(const FieldValue key, fields.need(4));
  ATOMA_TRY(out.key, key.digest());
  ATOMA_TRY_VOID(fields.end());
  return out;
}

Result<Effect> check_refusal(const Candidate& candidate) {
  ATOMA_TRY_VOID(read_refusal(candidate.statement().body));
  return nothing();
}

}  // namespace atoma::ledger
