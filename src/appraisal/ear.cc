#include "atoma/appraisal/ear.h"

#include <algorithm>

#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

using cose::EarStatus;
using evidence::Authenticity;
using evidence::CheckClass;
using evidence::Finding;
using evidence::Outcome;

// AR4SI §2.3.1 and §2.3.2.
constexpr std::int8_t kNoClaim = 0;
constexpr std::int8_t kApproved = 2;
constexpr std::int8_t kWarning = 32;
constexpr std::int8_t kContraindicated = 96;
constexpr std::int8_t kNotRecognised = 97;
constexpr std::int8_t kCryptographyFailed = 99;

// ASCII that can be printed, and not too much of it: findings quote hostile input.
std::string clean(std::string_view text) {
  std::string out(text.substr(0, kEarTextMax));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  if (text.size() > kEarTextMax) out += "...";
  return out;
}

// What the findings of some classes come to; kPass without any.
template <std::size_t N>
Outcome worst_of(const evidence::Findings& findings, const CheckClass (&classes)[N]) {
  Outcome worst = Outcome::kPass;
  for (const Finding& finding : findings.items()) {
    if (std::ranges::contains(classes, finding.check_class)) {
      worst = std::min(worst, finding.outcome);
    }
  }
  return worst;
}

std::int8_t claim_of(Outcome worst) {
  switch (worst) {
    case Outcome::kPass:
      return kApproved;
    case Outcome::kExcused:
      return kWarning;
    case Outcome::kMissing:
      return kNoClaim;
    case Outcome::kFail:
      break;
  }
  return kContraindicated;
}

std::int8_t hardware_of(const AttestationResult& result) {
  const auto worst =
      worst_of(result.findings(), {CheckClass::kTcb, CheckClass::kAdvisory, CheckClass::kTee,
                                   CheckClass::kIdentity, CheckClass::kChipId});
  const std::int8_t claim = claim_of(worst);
  if (claim != kApproved) return claim;
  // AMD has no word for a platform's state: there the policy's minimum levels have spoken above.
  const bool current = result.tcb_status().empty() || result.tcb_status() == "UpToDate";
  return result.sample() || !current ? kWarning : kApproved;
}

// An affirmation needs reference values: a register that a policy lets pass says nothing.
std::int8_t executables_of(const AttestationResult& result) {
  const auto worst = worst_of(result.findings(), {CheckClass::kMeasurement});
  if (worst != Outcome::kPass) return claim_of(worst);
  return result.findings().has_compared() || !all_zero(result.reference_digest()) ? kApproved
                                                                                  : kNoClaim;
}

cose::TrustVector vector_of(const AttestationResult& result) {
  cose::TrustVector trust;
  if (result.authenticity() == Authenticity::kUnknown) return trust;
  if (result.authenticity() == Authenticity::kNo) {
    trust.instance_identity = trust.hardware = kCryptographyFailed;
    return trust;
  }
  const auto nonce = worst_of(result.findings(), {CheckClass::kNonce});
  trust.instance_identity = nonce == Outcome::kFail ? kNotRecognised : claim_of(nonce);
  trust.hardware = hardware_of(result);
  trust.executables = executables_of(result);
  trust.configuration = claim_of(worst_of(
      result.findings(), {CheckClass::kDebug, CheckClass::kServiceTd, CheckClass::kAttributes,
                          CheckClass::kReportVersion, CheckClass::kVmpl}));
  return trust;
}

EarStatus status_of(const AttestationResult& result, const cose::TrustVector& trust) {
  switch (result.verdict()) {
    case Verdict::kAccepted:
      // The verdict stands on all checks; the vector may hold no claim at all.
      return std::max(trust.status(), result.sample() ? EarStatus::kWarning : EarStatus::kNone);
    case Verdict::kUnappraisable:
      return EarStatus::kNone;
    case Verdict::kRefused:
      break;
  }
  return EarStatus::kContraindicated;
}

cose::EarVerdict verdict_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return cose::EarVerdict::kAccepted;
    case Verdict::kUnappraisable:
      return cose::EarVerdict::kUnappraisable;
    case Verdict::kRefused:
      break;
  }
  return cose::EarVerdict::kRefused;
}

void add_finding(const Finding& finding, cose::AtomaClaims& out) {
  out.findings.push_back({.id = std::string(finding.id),
                          .severity = std::string(severity_name(finding.severity)),
                          .outcome = std::string(outcome_name(finding.outcome)),
                          .clause = std::string(finding.clause),
                          .expected = clean(finding.expected),
                          .actual = clean(finding.actual)});
}

cose::EarSubmod submod_of(std::string_view name, const AttestationResult& result) {
  const cose::TrustVector trust = vector_of(result);
  return {.name = std::string(name),
          .status = status_of(result, trust),
          .trust = trust,
          .appraisal_policy_id = "urn:sha256:" + wire::hex_encode(result.policy_digest())};
}

// What was decided, about which evidence and by what.
cose::AtomaClaims verdict_of(const AttestationResult& result) {
  cose::AtomaClaims out;
  out.verdict = verdict_of(result.verdict());
  out.tee = evidence::tee_name(result.tee());
  out.tcb_status = result.tcb_status();
  if (result.tcb_date()) out.tcb_date = format_time(*result.tcb_date());
  out.evidence_sha256 = wire::hex_encode(result.evidence_digest());
  out.policy_sha256 = wire::hex_encode(result.policy_digest());
  if (!all_zero(result.collateral_digest())) {
    out.collateral_sha256.push_back(wire::hex_encode(result.collateral_digest()));
  }
  if (!all_zero(result.reference_digest())) {
    out.reference_values_sha256 = wire::hex_encode(result.reference_digest());
  }
  for (const auto advisory : result.advisories()) out.advisories.push_back(clean(advisory));
  out.checks = result.findings().checks_made();
  for (const Finding& finding : result.findings().items()) add_finding(finding, out);
  out.verified_at = result.verified_at();
  out.sample = result.sample();
  return out;
}

// And what the evidence says.
cose::AtomaClaims claims_of(const AttestationResult& result, std::string key_sha256) {
  auto out = verdict_of(result);
  out.key = std::move(key_sha256);
  out.report_data = wire::hex_encode(result.report_data());
  for (const Measurement& m : result.measurements()) {
    out.measurements.emplace_back(m.name, wire::hex_encode(m.value));
  }
  return out;
}

}  // namespace

cose::Ear make_ear(const AttestationResult& result, const EarContext& context) {
  return {.issuer = context.issuer,
          .id = context.id,
          .issued_at = context.issued_at,
          .expires_at = context.issued_at + context.lifetime,
          .not_before = std::nullopt,
          .nonce = context.nonce,
          .developer = std::string(kEarDeveloper),
          .build = context.build,
          .submods = {submod_of(kEarSubmod, result)},
          .atoma = claims_of(result, context.key_sha256)};
}

cose::EarItem make_ear_item(const AttestationResult& result, bool claims) {
  const auto submod = submod_of("", result);
  return {.status = submod.status,
          .trust = submod.trust,
          .atoma = claims ? claims_of(result, "") : verdict_of(result)};
}

cose::Ear make_ear(const CompositeResult& result, const EarContext& context) {
  cose::Ear out = make_ear(result.cpu, context);
  out.submods.push_back(submod_of(kEarGpuSubmod, result.gpus));
  // What binds the parts counts for each of them.
  if (result.verdict == Verdict::kRefused) {
    for (auto& submod : out.submods) submod.status = EarStatus::kContraindicated;
  }
  auto& claims = out.atoma;
  claims.verdict = verdict_of(result.verdict);
  claims.tee += "+" + std::string(evidence::tee_name(result.gpus.tee()));
  claims.evidence_sha256 = wire::hex_encode(result.evidence_digest);
  claims.gpu_binding = result.gpu_binding;
  claims.key = all_zero(result.key_digest) ? "" : wire::hex_encode(result.key_digest);
  claims.sample = result.cpu.sample() || result.gpus.sample();
  if (!all_zero(result.gpus.collateral_digest())) {
    claims.collateral_sha256.push_back(wire::hex_encode(result.gpus.collateral_digest()));
  }
  for (std::size_t i = 0; i < result.gpus.devices().size(); ++i) {
    claims.measurements.emplace_back("gpu" + std::to_string(i) + ".id",
                                     result.gpus.devices()[i].id);
  }
  claims.checks += result.findings.checks_made() + result.gpus.findings().checks_made();
  for (const Finding& finding : result.findings.items()) add_finding(finding, claims);
  for (const Finding& finding : result.gpus.findings().items()) {
    if (finding.outcome != Outcome::kPass) add_finding(finding, claims);
  }
  return out;
}

cose::EarItem make_ear_item(const CompositeResult& result, bool claims) {
  cose::Ear ear = make_ear(result, {});
  ear.atoma.key.clear();
  if (!claims) {
    ear.atoma.report_data.clear();
    ear.atoma.measurements.clear();
  }
  const auto& cpu = ear.submods[0];
  const auto& gpus = ear.submods[1];
  return {.status = std::max(cpu.status, gpus.status),
          .trust = cose::worst_of(cpu.trust, gpus.trust),
          .atoma = std::move(ear.atoma)};
}

}  // namespace atoma::appraisal
