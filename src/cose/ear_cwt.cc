#include "atoma/cose/ear_cwt.h"

#include "atoma/cose/ear_batch.h"
#include "atoma/cose/jws.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"
#include "ear_cwt_names.h"
#include "ear_names.h"

namespace atoma::cose {
namespace {

using wire::CborWriter;

// How the claims of one result are written: each of them, or those that say something.
enum class Form : std::uint8_t { kWhole, kTerse };

// What is no hexadecimal becomes empty, which parsing refuses.
void write_hex(CborWriter& out, std::string_view name, std::string_view hex) {
  out.key(name).bytes(wire::hex_decode(hex).value_or(Bytes()));
}

// Claims are numbered in the order of their names' table.
void write_trust(CborWriter& out, const TrustVector& trust, Form form) {
  out.key(kCwtTrustVector).begin_map();
  for (std::size_t i = 0; i < kTrustClaims.size(); ++i) {
    const int value = trust.*kTrustClaims[i].field;
    if (form == Form::kWhole || value != 0) out.key(static_cast<std::int64_t>(i)).value(value);
  }
  out.end_map();
}

void write_submod(CborWriter& out, const EarSubmod& submod) {
  out.key(submod.name).begin_map();
  out.key(kCwtStatus).value(static_cast<std::uint64_t>(submod.status));
  write_trust(out, submod.trust, Form::kWhole);
  out.key(kCwtPolicyId).value(submod.appraisal_policy_id).end_map();
}

void write_finding(CborWriter& out, const EarFinding& finding) {
  out.begin_map();
  out.key("id").value(finding.id).key("severity").value(finding.severity);
  out.key("outcome").value(finding.outcome).key("clause").value(finding.clause);
  out.key("expected").value(finding.expected).key("actual").value(finding.actual);
  out.end_map();
}

void write_digests(CborWriter& out, const std::vector<std::string>& digests) {
  out.begin_array();
  for (const auto& digest : digests) out.bytes(wire::hex_decode(digest).value_or(Bytes()));
  out.end_array();
}

// An array of pairs: the order of measurements is part of what is said.
void write_measurements(CborWriter& out, const AtomaClaims& claims) {
  out.begin_array();
  for (const auto& [name, hex] : claims.measurements) {
    out.begin_array().value(name).bytes(wire::hex_decode(hex).value_or(Bytes())).end_array();
  }
  out.end_array();
}

// Keys in the order in which they are sorted: then nothing is moved.
void write_atoma(CborWriter& out, const AtomaClaims& claims, Form form) {
  const auto says = [whole = form == Form::kWhole](const auto& claim) {
    return whole || !claim.empty();
  };
  out.key("atoma").begin_map();
  if (says(claims.key)) write_hex(out, "key", claims.key);
  out.key("tee").value(claims.tee).key("checks").value(claims.checks);
  if (form == Form::kWhole || claims.sample) out.key("sample").value(claims.sample);
  out.key("verdict").value(verdict_name(claims.verdict));
  if (says(claims.findings)) {
    out.key("findings").begin_array();
    for (const auto& finding : claims.findings) write_finding(out, finding);
    out.end_array();
  }
  if (says(claims.tcb_date)) out.key("tcb_date").value(claims.tcb_date);
  if (says(claims.advisories)) {
    out.key("advisories").begin_array();
    for (const auto& advisory : claims.advisories) out.value(advisory);
    out.end_array();
  }
  if (says(claims.tcb_status)) out.key("tcb_status").value(claims.tcb_status);
  if (!claims.gpu_binding.empty()) out.key("gpu_binding").value(claims.gpu_binding);
  if (says(claims.report_data)) write_hex(out, "report_data", claims.report_data);
  out.key("verified_at").value(claims.verified_at.unix_s);
  if (says(claims.measurements)) {
    out.key("measurements");
    write_measurements(out, claims);
  }
  write_hex(out, "policy_sha256", claims.policy_sha256);
  write_hex(out, "evidence_sha256", claims.evidence_sha256);
  if (says(claims.collateral_sha256)) {
    out.key("collateral_sha256");
    write_digests(out, claims.collateral_sha256);
  }
  if (!claims.reference_values_sha256.empty()) {
    write_hex(out, "reference_values_sha256", claims.reference_values_sha256);
  }
  out.end_map();
}

void write_item(CborWriter& out, const EarItem& item) {
  out.key(std::to_string(item.place)).begin_map();
  out.key(kCwtStatus).value(static_cast<std::uint64_t>(item.status));
  if (item.trust != TrustVector{}) write_trust(out, item.trust, Form::kTerse);
  write_atoma(out, item.atoma, Form::kTerse);
  out.end_map();
}

// What stands before the submodules and after them, in the order of the keys.
template <typename Token>
void write_header(CborWriter& out, const Token& ear) {
  out.key(kCwtIss).value(ear.issuer).key(kCwtExp).value(ear.expires_at.unix_s);
  out.key(kCwtIat).value(ear.issued_at.unix_s).key(kCwtId).bytes(as_bytes(ear.id));
  out.key(kCwtNonce).bytes(wire::base64_decode(ear.nonce).value_or(Bytes()));
  out.key(kCwtProfile).value(kEarProfile);
}

template <typename Token>
void write_verifier(CborWriter& out, const Token& ear) {
  out.key(kCwtVerifierId).begin_map().key(kCwtDeveloper).value(ear.developer);
  out.key(kCwtBuild).value(ear.build).end_map();
}

Result<Sign1> verify_cwt(ByteView token, VerificationKeys& keys, std::size_t size_max) {
  ATOMA_TRY(const auto message, parse_sign1(token, Sign1Tag::kRequired, size_max));
  if (message.type != kEarCwtType) {
    return malformed("cwt.typ", "the token's type must be " + std::string(kEarCwtType));
  }
  PublicKey* key = keys.find(as_text(message.kid));
  if (key == nullptr) {
    return fail(Code::kUnauthenticated, "cwt.kid", "the token names no key of the set");
  }
  if (!verify_sign1(message, *key)) {
    return fail(Code::kUnauthenticated, "cwt.signature", "the signature does not verify");
  }
  return message;
}

}  // namespace

Bytes encode_ear_cwt(const Ear& ear) {
  CborWriter out;
  out.begin_map();
  write_header(out, ear);
  if (ear.not_before) out.key(kCwtNbf).value(ear.not_before->unix_s);
  out.key(kCwtSubmods).begin_map();
  for (const EarSubmod& submod : ear.submods) write_submod(out, submod);
  out.end_map();
  write_verifier(out, ear);
  write_atoma(out, ear.atoma, Form::kWhole);
  return out.end_map().take();
}

Bytes encode_ear_batch_cwt(const EarBatch& batch) {
  CborWriter out;
  out.begin_map();
  write_header(out, batch);
  out.key(kCwtSubmods).begin_map();
  for (const EarItem& item : batch.items) write_item(out, item);
  out.end_map();
  write_verifier(out, batch);
  return out.end_map().take();
}

Bytes sign_ear_cwt(const Ear& ear, const SigningKey& key, std::string_view kid) {
  return sign1(key, {.kid = as_bytes(kid), .type = kEarCwtType}, encode_ear_cwt(ear));
}

Bytes sign_ear_batch_cwt(const EarBatch& batch, const SigningKey& key, std::string_view kid) {
  return sign1(key, {.kid = as_bytes(kid), .type = kEarCwtType}, encode_ear_batch_cwt(batch));
}

Result<Ear> verify_ear_cwt(ByteView token, VerificationKeys& keys) {
  ATOMA_TRY(const auto message, verify_cwt(token, keys, limits::kCborSizeMax));
  return parse_ear_cwt(message.payload);
}

Result<EarBatch> verify_ear_batch_cwt(ByteView token, VerificationKeys& keys) {
  ATOMA_TRY(const auto message, verify_cwt(token, keys, kEarBatchSizeMax));
  return parse_ear_batch_cwt(message.payload);
}

std::string sign_ear_jwt(const Ear& ear, const SigningKey& key, std::string_view kid) {
  return jws_sign(key, kid, kEarType, encode_ear(ear));
}

Result<Ear> verify_ear_jwt(std::string_view token, VerificationKeys& keys) {
  ATOMA_TRY(const auto jws, jws_verify(token, keys, kEarType));
  return parse_ear(jws.payload());
}

}  // namespace atoma::cose
