#include "atoma/cose/ear.h"

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/cose/ear_batch.h"
#include "atoma/cose/jws.h"
#include "atoma/wire/json_writer.h"
#include "ear_names.h"

namespace atoma::cose {
namespace {

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

// How the claims of one result are written: each of them, or those that say something.
enum class Form : std::uint8_t { kWhole, kTerse };

class ClaimsWriter {
 public:
  ClaimsWriter(wire::JsonWriter& out, Form form) : out_(out), whole_(form == Form::kWhole) {}

  void text(std::string_view name, std::string_view value) {
    if (whole_ || !value.empty()) out_.member(name, value);
  }
  template <typename T>
  bool begin(std::string_view name, const T& values) {
    if (!whole_ && values.empty()) return false;
    out_.key(name);
    return true;
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    if (!begin(name, values)) return;
    out_.begin_array();
    for (const std::string& value : values) out_.value(value);
    out_.end_array();
  }

 private:
  wire::JsonWriter& out_;
  bool whole_;
};

void write_atoma(wire::JsonWriter& out, const AtomaClaims& claims, Form form) {
  ClaimsWriter some(out, form);
  out.key("atoma").begin_object();
  out.member("verdict", verdict_name(claims.verdict)).member("tee", claims.tee);
  some.text("tcb_status", claims.tcb_status);
  some.text("tcb_date", claims.tcb_date);
  out.member("evidence_sha256", claims.evidence_sha256)
      .member("policy_sha256", claims.policy_sha256);
  some.texts("collateral_sha256", claims.collateral_sha256);
  if (!claims.reference_values_sha256.empty()) {
    out.member("reference_values_sha256", claims.reference_values_sha256);
  }
  if (!claims.gpu_binding.empty()) out.member("gpu_binding", claims.gpu_binding);
  some.text("key", claims.key);
  some.text("report_data", claims.report_data);
  if (some.begin("measurements", claims.measurements)) {
    out.begin_object();
    for (const auto& [name, hex] : claims.measurements) out.member(name, hex);
    out.end_object();
  }
  some.texts("advisories", claims.advisories);
  out.member("checks", claims.checks);
  if (some.begin("findings", claims.findings)) {
    out.begin_array();
    for (const EarFinding& finding : claims.findings) write_finding(out, finding);
    out.end_array();
  }
  out.member("verified_at", format_time(claims.verified_at));
  if (form == Form::kWhole || claims.sample) out.member("sample", claims.sample);
  out.end_object();
}

void write_item(wire::JsonWriter& out, const EarItem& item) {
  out.key(std::to_string(item.place)).begin_object();
  out.member("ear.status", ear_status_name(item.status));
  if (item.trust != TrustVector{}) {
    out.key("ear.trustworthiness-vector").begin_object();
    for (const TrustClaim& claim : kTrustClaims) {
      const int value = item.trust.*claim.field;
      if (value != 0) out.member(claim.name, value);
    }
    out.end_object();
  }
  write_atoma(out, item.atoma, Form::kTerse);
  out.end_object();
}

template <typename Token>
void write_header(wire::JsonWriter& out, const Token& ear) {
  out.begin_object()
      .member("eat_profile", kEarProfile)
      .member("iss", ear.issuer)
      .member("jti", ear.id)
      .member("iat", ear.issued_at.unix_s)
      .member("exp", ear.expires_at.unix_s)
      .member("eat_nonce", ear.nonce);
  out.key("ear.verifier-id")
      .begin_object()
      .member("developer", ear.developer)
      .member("build", ear.build)
      .end_object();
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

TrustVector worst_of(const TrustVector& a, const TrustVector& b) {
  TrustVector out = a;
  for (const TrustClaim& claim : kTrustClaims) {
    if (tier_of(b.*claim.field) > tier_of(a.*claim.field)) out.*claim.field = b.*claim.field;
  }
  return out;
}

std::string encode_ear(const Ear& ear) {
  wire::JsonWriter out;
  write_header(out, ear);
  if (ear.not_before) out.member("nbf", ear.not_before->unix_s);
  out.key("submods").begin_object();
  for (const EarSubmod& submod : ear.submods) write_submod(out, submod);
  out.end_object();
  write_atoma(out, ear.atoma, Form::kWhole);
  return out.end_object().take();
}

std::string encode_ear_batch(const EarBatch& batch) {
  wire::JsonWriter out;
  write_header(out, batch);
  out.key("submods").begin_object();
  for (const EarItem& item : batch.items) write_item(out, item);
  out.end_object();
  return out.end_object().take();
}

std::string sign_ear(const Ear& ear, const crypto::EcPrivateKey& key) {
  return jws_sign(key, jwk_thumbprint(key), kEarType, encode_ear(ear));
}

std::string sign_ear_batch(const EarBatch& batch, const SigningKey& key, std::string_view kid) {
  return jws_sign(key, kid, kEarType, encode_ear_batch(batch));
}

Result<EarBatch> verify_ear_batch(std::string_view token, VerificationKeys& keys) {
  ATOMA_TRY(const auto jws, jws_verify(token, keys, kEarType, kEarBatchSizeMax));
  return parse_ear_batch(jws.payload());
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
