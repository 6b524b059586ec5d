#include <format>

#include "atoma/appraisal/vtpm_policy.h"
#include "intel_appraisal.h"
#include "rules.h"
#include "steps.h"

namespace atoma::appraisal {

using evidence::Authenticity;
using evidence::Check;
using evidence::CheckClass;
using evidence::Detail;
using evidence::Findings;
using evidence::Outcome;
using evidence::Tee;
using evidence::tpm::AttestationKey;
using evidence::tpm::HclReport;
using evidence::tpm::HclReportType;

namespace {

// What of the evidence was there, parsed.
struct ParsedTpm {
  std::optional<HclReport> hcl;
  std::optional<evidence::tpm::HclClaims> claims;
  std::optional<AttestationKey> named_ak;
  std::optional<evidence::tpm::TpmQuote> quote;
  std::optional<evidence::tpm::TpmSignature> signature;

  AttestationKey& ak() { return claims ? claims->ak : *named_ak; }
};

Status parse_hcl(const TpmEvidence& tpm, ParsedTpm& out) {
  ATOMA_TRY(out.hcl, evidence::tpm::parse_hcl_report(tpm.hcl_report));
  ATOMA_TRY(out.claims, evidence::tpm::parse_hcl_claims(out.hcl->claims));
  return {};
}

Result<ParsedTpm> parse_all(const TpmEvidence& tpm) {
  ParsedTpm out;
  if (tpm.hcl_report.empty()) {
    ATOMA_TRY(out.named_ak, AttestationKey::parse(tpm.ak_public));
  } else {
    ATOMA_TRY_VOID(parse_hcl(tpm, out));
  }
  if (tpm.message.empty()) return out;
  ATOMA_TRY(out.quote, evidence::tpm::parse_tpm_quote(tpm.message));
  ATOMA_TRY(out.signature, evidence::tpm::parse_tpm_signature(tpm.signature));
  return out;
}

void describe(const TpmEvidence& tpm, ParsedTpm& parsed, std::vector<Measurement>& measurements,
              std::vector<Claim>& claims) {
  for (std::size_t i = 0; i < kPcrNames.size(); ++i) {
    if (!tpm.pcrs.values[i].empty()) measurements.push_back({kPcrNames[i], tpm.pcrs.values[i]});
  }
  claims.push_back({"ak_sha256", wire::hex_encode(parsed.ak().fingerprint())});
  if (parsed.claims) {
    claims.push_back({"vm_id", evidence::eventlog::printable(as_bytes(parsed.claims->vm_id))});
    claims.push_back({"user_data", wire::hex_encode(parsed.claims->user_data)});
    if (const auto secure = parsed.claims->secure_boot) {
      claims.push_back({"secure_boot", *secure ? "on" : "off"});
    }
  }
  if (!parsed.quote) return;
  claims.push_back({"nonce", wire::hex_encode(parsed.quote->nonce)});
  claims.push_back({"reset_count", std::to_string(parsed.quote->reset_count)});
  claims.push_back({"restart_count", std::to_string(parsed.quote->restart_count)});
  claims.push_back({"firmware_version", std::format("{:016x}", parsed.quote->firmware_version)});
}

void check_nonce(const VtpmPolicy& policy, const TpmEvidence& tpm, ByteView nonce,
                 Findings& findings) {
  if (!tpm.nonce && !policy.nonce.accept_any) {
    return findings.missing(Check::kPolicyVtpmNonce, "the nonce that the relying party sent");
  }
  findings.check(
      Check::kPolicyVtpmNonce, !tpm.nonce || equal(*tpm.nonce, nonce),
      [&] {
        return tpm.nonce ? wire::hex_encode(*tpm.nonce)
                         : "any (" + policy.nonce.accept_any_reason + ")";
      },
      [&] { return wire::hex_encode(nonce); });
}

// A key that no hardware vouches for is trusted by its fingerprint, or not at all.
bool check_ak(const VtpmPolicy& policy, const AttestationKey& ak, Findings& findings) {
  const auto& fingerprint = ak.fingerprint();
  const bool named = std::ranges::any_of(
      policy.ak.values, [&](const Bytes& value) { return equal(value, fingerprint); });
  return findings.check_or_excuse(
      Check::kTpmAkTrusted, named, policy.ak.accept_any,
      [&] {
        return policy.ak.accept_any ? "any (" + policy.ak.accept_any_reason + ")"
                                    : std::string("an AK that the policy names");
      },
      [&] { return wire::hex_encode(fingerprint); });
}

// Nothing failed but the clock, and of the windows only the leaf's start is at fault.
bool only_leaf_is_early(const evidence::amd::Endorsements& endorsements, const Findings& findings,
                        Time at) {
  if (!endorsements.complete()) return false;
  for (const auto& finding : findings.items()) {
    const bool window = finding.id == evidence::check_info(Check::kAmdValidity).id;
    if (finding.outcome != Outcome::kPass && !window) return false;
  }
  return at < endorsements.leaf()->validity().not_before &&
         endorsements.intermediate()->validity().contains(at) &&
         endorsements.root()->validity().contains(at);
}

evidence::amd::SnpVerification verify_snp(evidence::amd::Verifier& verifier,
                                          const evidence::amd::SnpReport& report,
                                          const evidence::amd::Endorsements& endorsements,
                                          const VtpmPolicy& policy, Time at, Findings& findings) {
  Findings strict(findings.detail());
  auto verified = verifier.verify(report, endorsements, at, strict);
  const bool early = !verified.report && policy.vcek_not_before.accept_any &&
                     only_leaf_is_early(endorsements, strict, at);
  if (!early) {
    findings.add_cached(strict.items(), strict.passed());
    return verified;
  }
  const Time start = endorsements.leaf()->validity().not_before;
  Findings at_start(findings.detail());
  verified = verifier.verify(report, endorsements, start, at_start);
  findings.add_cached(at_start.items(), at_start.passed());
  findings.check_or_excuse(
      Check::kAmdValidity, false, true,
      "any start of the VCEK's certificate (" + policy.vcek_not_before.accept_any_reason + ")",
      "it starts at " + format_time(start));
  return verified;
}

Authenticity worse(Authenticity a, Authenticity b) { return std::min(a, b); }

// The policy lets a TD quote do without collateral: what is missing is excused, not forgotten.
void add_excused(const Findings& from, Findings& to) {
  auto items = from.items();
  for (auto& finding : items) {
    if (finding.outcome != Outcome::kMissing) continue;
    finding.outcome = Outcome::kExcused;
    finding.severity = evidence::Severity::kWarning;
  }
  to.add_cached(items, from.passed());
}

SignedRegisters registers_of(const evidence::tpm::AuthenticTpmQuote& quote) {
  SignedRegisters out{
      .kind = evidence::eventlog::Registers::kPcr, .algorithm = quote.bank(), .values = {}};
  for (std::size_t i = 0; i < evidence::tpm::kPcrs; ++i) out.values.push_back(quote.pcr(i));
  return out;
}

}  // namespace

TpmEvidence tpm_evidence(const evidence::tpm::EvidenceFile& file) {
  TpmEvidence out{.hcl_report = file.hcl_report,
                  .td_quote = file.td_quote,
                  .ak_public = file.ak_public,
                  .message = file.message,
                  .signature = file.signature,
                  .pcrs = {.bank = file.bank, .values = {}},
                  .nonce = {}};
  std::ranges::copy(file.pcrs, out.pcrs.values.begin());
  return out;
}

SignedRegisters registers_of(const evidence::intel::TdReport& td) {
  return {.kind = evidence::eventlog::Registers::kRtmr,
          .algorithm = evidence::HashAlgorithm::kSha384,
          .values = {td.rtmr.begin(), td.rtmr.end()}};
}

void refuse_logs(const Request& request, Findings& findings) {
  if (request.event_logs.empty()) return;
  findings.check(Check::kEventLogRegisters, false, "evidence with registers: TDX or a TPM",
                 "an event log beside evidence that has none");
}

Authenticity Appraiser::appraise_hcl_snp(const HclReport& hcl, const Request& request,
                                         AttestationResult& result) {
  auto& findings = result.findings_;
  const auto report = evidence::amd::parse_report(hcl.hardware_report);
  if (!report) {
    findings.add_error(report.error(), CheckClass::kParse);
    result.parsed_ = false;
    return Authenticity::kNo;
  }
  result.report_data_ = (*report)->report_data;
  if (findings.detail() != Detail::kFailures) describe_amd(report->fields(), result.measurements_);
  const auto& endorsements =
      request.endorsements != nullptr ? *request.endorsements : no_endorsements();
  result.collateral_digest_ = endorsements.digest();
  const auto verified =
      verify_snp(amd_, *report, endorsements, *policy_->vtpm, request.at, findings);
  result.root_ = verified.root;
  const bool bound = check_hcl_binding(hcl, (*report)->report_data, findings);
  if (!verified.report) return bound ? verified.authenticity : Authenticity::kNo;
  if (check_tee(*policy_, Tee::kSnp, verified.root, findings)) {
    check_revocation(*policy_, verified.revocation_known, findings);
    References references{request.reference_sets};
    appraise_snp(*verified.report, *policy_->snp, request.at, references, findings);
    result.stand_on(references);
  }
  return bound ? Authenticity::kYes : Authenticity::kNo;
}

Authenticity Appraiser::appraise_hcl_tdx(const HclReport& hcl, const Request& request,
                                         AttestationResult& result) {
  auto& findings = result.findings_;
  if (request.tpm->td_quote.empty()) {
    findings.missing(Check::kTpmTdQuotePresent,
                     "a TD quote: the TDREPORT proves nothing elsewhere");
    return Authenticity::kUnknown;
  }
  const auto quote = evidence::intel::parse_quote(request.tpm->td_quote);
  if (!quote || quote->tee != Tee::kTdx) {
    if (!quote) findings.add_error(quote.error(), CheckClass::kParse);
    if (quote) findings.check(Check::kTpmTdQuotePresent, false, "a TD quote", "an SGX quote");
    result.parsed_ = quote.has_value();
    return Authenticity::kNo;
  }
  result.report_data_ = quote->report_data;
  const auto& collateral = request.collateral != nullptr ? *request.collateral : no_collateral();
  if (findings.detail() != Detail::kFailures) {
    describe_intel(*quote, result.measurements_);
    result.collateral_digest_ = collateral.digest();
  }
  Findings inner(findings.detail());
  const auto verified = intel_.verify(*quote, collateral, request.at, inner);
  result.root_ = verified.root;
  const bool excused = verified.signed_within && policy_->vtpm->td_collateral.accept_any;
  if (excused) {
    add_excused(inner, findings);
  } else {
    findings.add_cached(inner.items(), inner.passed());
  }
  const bool bound = check_hcl_binding(hcl, quote->report_data, findings);
  if (!verified.quote && !excused) return bound ? verified.authenticity : Authenticity::kNo;
  if (!check_tee(*policy_, Tee::kTdx, verified.root, findings)) {
    return bound ? Authenticity::kYes : Authenticity::kNo;
  }
  References references{request.reference_sets};
  if (verified.quote) {
    result.tcb_status_ = evidence::intel::tcb_status_name(verified.quote->tcb_status());
    check_revocation(*policy_, verified.quote->revocation_known(), findings);
    appraise_tdx(*verified.quote, *policy_->tdx, request.at, references, findings);
    result.stand_on(references);
    return bound ? Authenticity::kYes : Authenticity::kNo;
  }
  const bool current = findings.check(
      Check::kIntelPckValidity, verified.signed_within->contains(request.at),
      [&] {
        return "PCK chain valid from " + format_time(verified.signed_within->not_before) + " to " +
               format_time(verified.signed_within->not_after);
      },
      [&] { return format_time(request.at); });
  findings.check_or_excuse(Check::kPolicyTdCollateral, false, true,
                           "any (" + policy_->vtpm->td_collateral.accept_any_reason + ")",
                           "TCB and revocation of the platform are unknown");
  appraise_td(quote->td, *policy_->tdx, request.at, references, findings);
  result.stand_on(references);
  return bound && current ? Authenticity::kYes : Authenticity::kNo;
}

Authenticity Appraiser::appraise_hcl(const HclReport& hcl, const Request& request,
                                     AttestationResult& result) {
  return hcl.type == HclReportType::kSnp ? appraise_hcl_snp(hcl, request, result)
                                         : appraise_hcl_tdx(hcl, request, result);
}

void Appraiser::appraise_vtpm(const Request& request, AttestationResult& result) {
  auto& findings = result.findings_;
  const TpmEvidence& tpm = *request.tpm;
  result.tee_ = Tee::kVtpm;
  result.evidence_digest_ =
      crypto::sha256({crypto::sha256(tpm.hcl_report), crypto::sha256(tpm.td_quote),
                      crypto::sha256(tpm.ak_public), crypto::sha256(tpm.message)});
  auto parsed = parse_all(tpm);
  if (!parsed) {
    findings.add_error(parsed.error(), CheckClass::kParse);
    return judge(result, false);
  }
  result.parsed_ = true;
  if (!check_tee(*policy_, Tee::kVtpm, evidence::RootKind::kUnknown, findings)) {
    return judge(result, false);
  }
  const VtpmPolicy& policy = *policy_->vtpm;
  if (parsed->hcl) {
    result.authenticity_ = appraise_hcl(*parsed->hcl, request, result);
  } else {
    const bool trusted = check_ak(policy, parsed->ak(), findings);
    result.authenticity_ = trusted ? Authenticity::kYes : Authenticity::kNo;
  }
  if (findings.detail() != Detail::kFailures) {
    describe(tpm, *parsed, result.measurements_, result.claims_);
  }
  if (!parsed->quote) {
    findings.missing(Check::kTpmQuotePresent, "a TPM quote");
    result.authenticity_ = worse(result.authenticity_, Authenticity::kUnknown);
    return judge(result, false);
  }
  const auto authentic =
      verify_tpm_quote(*parsed->quote, *parsed->signature, parsed->ak(), tpm.pcrs, findings);
  check_nonce(policy, tpm, parsed->quote->nonce, findings);
  if (!authentic) {
    result.authenticity_ = Authenticity::kNo;
    return judge(result, false);
  }
  appraise_tpm_quote(*authentic, policy, request.at, findings);
  appraise_logs(request, registers_of(*authentic), result);
  judge(result, result.authenticity_ == Authenticity::kYes);
}

}  // namespace atoma::appraisal
