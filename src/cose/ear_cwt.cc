#include "atoma/cose/ear_cwt.h"

#include "atoma/cose/jws.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"
#include "ear_cwt_names.h"
#include "ear_names.h"

namespace atoma::cose {
namespace {

using wire::CborWriter;

// What is no hexadecimal becomes empty, which parsing refuses.
void write_hex(CborWriter& out, std::string_view name, std::string_view hex) {
  out.key(name).bytes(wire::hex_decode(hex).value_or(Bytes()));
}

void write_submod(CborWriter& out, const EarSubmod& submod) {
  out.key(submod.name).begin_map();
  out.key(kCwtStatus).value(static_cast<std::uint64_t>(submod.status));
  out.key(kCwtTrustVector).begin_map();
  // Claims are numbered in the order of their names' table.
  for (std::size_t i = 0; i < kTrustClaims.size(); ++i) {
    out.key(static_cast<std::int64_t>(i)).value(int{submod.trust.*kTrustClaims[i].field});
  }
  out.end_map();
  out.key(kCwtPolicyId).value(submod.appraisal_policy_id).end_map();
}

void write_finding(CborWriter& out, const EarFinding& finding) {
  out.begin_map();
  out.key("id").value(finding.id).key("severity").value(finding.severity);
  out.key("outcome").value(finding.outcome).key("clause").value(finding.clause);
  out.key("expected").value(finding.expected).key("actual").value(finding.actual);
  out.end_map();
}

void write_atoma(CborWriter& out, const AtomaClaims& claims) {
  out.key("atoma").begin_map();
  out.key("verdict").value(verdict_name(claims.verdict)).key("tee").value(claims.tee);
  out.key("tcb_status").value(claims.tcb_status).key("tcb_date").value(claims.tcb_date);
  write_hex(out, "evidence_sha256", claims.evidence_sha256);
  write_hex(out, "policy_sha256", claims.policy_sha256);
  out.key("collateral_sha256").begin_array();
  for (const auto& digest : claims.collateral_sha256) {
    out.bytes(wire::hex_decode(digest).value_or(Bytes()));
  }
  out.end_array();
  if (!claims.reference_values_sha256.empty()) {
    write_hex(out, "reference_values_sha256", claims.reference_values_sha256);
  }
  if (!claims.gpu_binding.empty()) out.key("gpu_binding").value(claims.gpu_binding);
  write_hex(out, "key", claims.key);
  write_hex(out, "report_data", claims.report_data);
  // An array of pairs: the order of measurements is part of what is said.
  out.key("measurements").begin_array();
  for (const auto& [name, hex] : claims.measurements) {
    out.begin_array().value(name).bytes(wire::hex_decode(hex).value_or(Bytes())).end_array();
  }
  out.end_array().key("advisories").begin_array();
  for (const auto& advisory : claims.advisories) out.value(advisory);
  out.end_array().key("checks").value(claims.checks).key("findings").begin_array();
  for (const auto& finding : claims.findings) write_finding(out, finding);
  out.end_array().key("verified_at").value(claims.verified_at.unix_s);
  out.key("sample").value(claims.sample).end_map();
}

}  // namespace

Bytes encode_ear_cwt(const Ear& ear) {
  CborWriter out;
  out.begin_map();
  out.key(kCwtProfile).value(kEarProfile).key(kCwtIss).value(ear.issuer);
  out.key(kCwtId).bytes(as_bytes(ear.id)).key(kCwtIat).value(ear.issued_at.unix_s);
  if (ear.not_before) out.key(kCwtNbf).value(ear.not_before->unix_s);
  out.key(kCwtExp).value(ear.expires_at.unix_s).key(kCwtNonce).bytes(as_bytes(ear.nonce));
  out.key(kCwtVerifierId).begin_map().key(kCwtDeveloper).value(ear.developer);
  out.key(kCwtBuild).value(ear.build).end_map();
  out.key(kCwtSubmods).begin_map();
  for (const EarSubmod& submod : ear.submods) write_submod(out, submod);
  out.end_map();
  write_atoma(out, ear.atoma);
  return out.end_map().take();
}

Bytes sign_ear_cwt(const Ear& ear, const SigningKey& key, std::string_view kid) {
  return sign1(key, {.kid = as_bytes(kid), .type = kEarCwtType}, encode_ear_cwt(ear));
}

Result<Ear> verify_ear_cwt(ByteView token, VerificationKeys& keys) {
  ATOMA_TRY(const auto message, parse_sign1(token, Sign1Tag::kRequired));
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
  return parse_ear_cwt(message.payload);
}

std::string sign_ear_jwt(const Ear& ear, const SigningKey& key, std::string_view kid) {
  return jws_sign(key, kid, kEarType, encode_ear(ear));
}

Result<Ear> verify_ear_jwt(std::string_view token, VerificationKeys& keys) {
  ATOMA_TRY(const auto jws, jws_verify(token, keys, kEarType));
  return parse_ear(jws.payload());
}

}  // namespace atoma::cose
