#include "atoma/cose/ear.h"

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/cose/jws.h"
#include "atoma/wire/json_writer.h"
#include "ear_names.h"

namespace atoma::cose {
namespace {

void write_strings(wire::JsonWriter& out, std::string_view name,
                   const std::vector<std::string>& values) {
  out.key(name).begin_array();
  for (const std::string& value : values) out.value(value);
  out.end_array();
}

void write_submod(wire::JsonWriter& out, const EarSubmod& submod) {
  out.key(submod.name).begin_object();
  out.member("ear.status", ear_status_name(submod.status));
  out.key("ear.trustworthiness-vector").begin_object();
  for (const TrustClaim& claim : kTrustClaims) {
    out.member(claim.name, int{submod.trust.*claim.field});
  }
  out.end_object();
  out.member("ear.appraisal-policy-id", submod.appraisal_policy_id);
  out.end_object();
}

void write_finding(wire::JsonWriter& out, const EarFinding& finding) {
  out.begin_object()
      .member("id", finding.id)
      .member("severity", finding.severity)
      .member("outcome", finding.outcome)
      .member("clause", finding.clause)
      .member("expected", finding.expected)
      .member("actual", finding.actual)
      .end_object();
}

void write_atoma(wire::JsonWriter& out, const AtomaClaims& claims) {
  out.key("atoma").begin_object();
  out.member("verdict", verdict_name(claims.verdict))
      .member("tee", claims.tee)
      .member("tcb_status", claims.tcb_status)
      .member("tcb_date", claims.tcb_date)
      .member("evidence_sha256", claims.evidence_sha256)
      .member("policy_sha256", claims.policy_sha256);
  write_strings(out, "collateral_sha256", claims.collateral_sha256);
  if (!claims.reference_values_sha256.empty()) {
    out.member("reference_values_sha256", claims.reference_values_sha256);
  }
  if (!claims.gpu_binding.empty()) out.member("gpu_binding", claims.gpu_binding);
  out.member("key", claims.key).member("report_data", claims.report_data);
  out.key("measurements").begin_object();
  for (const auto& [name, hex] : claims.measurements) out.member(name, hex);
  out.end_object();
  write_strings(out, "advisories", claims.advisories);
  out.key("findings").begin_array();
  for (const EarFinding& finding : claims.findings) write_finding(out, finding);
  out.end_array();
  out.member("verified_at", format_time(claims.verified_at)).member("sample", claims.sample);
  out.end_object();
}

}  // namespace

std::string_view ear_status_name(EarStatus status) {
  switch (status) {
    case EarStatus::kNone:
      return "none";
    case EarStatus::kAffirming:
      return "affirming";
    case EarStatus::kWarning:
      return "warning";
    case EarStatus::kContraindicated:
      return "contraindicated";
  }
  return "none";
}

std::string_view verdict_name(EarVerdict verdict) {
  switch (verdict) {
    case EarVerdict::kUnappraisable:
      return "unappraisable";
    case EarVerdict::kRefused:
      return "refused";
    case EarVerdict::kAccepted:
      return "accepted";
  }
  return "unappraisable";
}

EarStatus tier_of(std::int8_t claim) {
  if (claim >= -1 && claim <= 1) return EarStatus::kNone;
  if (claim >= -32 && claim <= 31) return EarStatus::kAffirming;
  if (claim >= -96 && claim <= 95) return EarStatus::kWarning;
  return EarStatus::kContraindicated;
}

EarStatus TrustVector::status() const {
  EarStatus worst = EarStatus::kNone;
  for (const TrustClaim& claim : kTrustClaims) {
    worst = std::max(worst, tier_of(this->*claim.field));
  }
  return worst;
}

std::string encode_ear(const Ear& ear) {
  wire::JsonWriter out;
  out.begin_object()
      .member("eat_profile", kEarProfile)
      .member("iss", ear.issuer)
      .member("jti", ear.id)
      .member("iat", ear.issued_at.unix_s);
  if (ear.not_before) out.member("nbf", ear.not_before->unix_s);
  out.member("exp", ear.expires_at.unix_s).member("eat_nonce", ear.nonce);
  out.key("ear.verifier-id")
      .begin_object()
      .member("developer", ear.developer)
      .member("build", ear.build)
      .end_object();
  out.key("submods").begin_object();
  for (const EarSubmod& submod : ear.submods) write_submod(out, submod);
  out.end_object();
  write_atoma(out, ear.atoma);
  return out.end_object().take();
}

std::string sign_ear(const Ear& ear, const crypto::EcPrivateKey& key) {
  return jws_sign(key, jwk_thumbprint(key), kEarType, encode_ear(ear));
}

Result<Ear> verify_ear(std::string_view token, JwkSet& keys) {
  ATOMA_TRY(const auto jws, jws_verify(token, keys, kEarType));
  return parse_ear(jws.payload());
}

Status check_time(const Ear& ear, Time now, Duration skew) {
  ATOMA_CHECK(skew.s >= 0);
  // RFC 7519 §4.1.4: not on or after the expiration time.
  if (now >= ear.expires_at + skew) {
    return fail(Code::kFailedPrecondition, "ear.expired",
                "expired at " + format_time(ear.expires_at) + ", now " + format_time(now));
  }
  const Time start = std::max(ear.issued_at, ear.not_before.value_or(ear.issued_at));
  if (now < start - skew) {
    return fail(Code::kFailedPrecondition, "ear.not_yet_valid",
                "valid from " + format_time(start) + ", now " + format_time(now));
  }
  return {};
}

}  // namespace atoma::cose
