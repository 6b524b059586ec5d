#include "atoma/appraisal/appraiser.h"

#include <numeric>
#include <set>

#include "appraiser_steps.h"
#include "atoma/wire/reader.h"
#include "intel_appraisal.h"
#include "rules.h"
#include "steps.h"

namespace atoma::appraisal {

using evidence::Authenticity;
using evidence::Check;
using evidence::Detail;
using evidence::Findings;
using evidence::Outcome;
using evidence::RootKind;
using evidence::Tee;

void check_revocation(const Policy& policy, bool known, Findings& findings) {
  apply(policy.revocation_known, known, Check::kPolicyRevocation, "revocation known",
        known ? "known" : "a revocation list is missing", findings);
}

void describe_intel(const evidence::intel::Quote& quote, std::vector<Measurement>& out) {
  if (quote.tee == Tee::kSgx) {
    out = {{"mrenclave", quote.enclave.mrenclave},
           {"mrsigner", quote.enclave.mrsigner},
           {"report_data", quote.enclave.report_data}};
    return;
  }
  const auto& td = quote.td;
  out = {{"mrtd", td.mrtd},
         {"rtmr0", td.rtmr[0]},
         {"rtmr1", td.rtmr[1]},
         {"rtmr2", td.rtmr[2]},
         {"rtmr3", td.rtmr[3]},
         {"mrseam", td.mrseam},
         {"mrconfigid", td.mrconfigid},
         {"mrowner", td.mrowner},
         {"mrownerconfig", td.mrownerconfig}};
  if (!td.mrservicetd.empty()) out.push_back({"mrservicetd", td.mrservicetd});
  out.push_back({"report_data", td.report_data});
}

namespace {

// The union over the levels, in the order found.
void collect_advisories(const evidence::intel::AuthenticQuote& quote,
                        std::vector<std::string_view>& out) {
  for (const auto* level : quote.launch_tcb().levels) {
    if (level == nullptr) continue;
    for (const auto& advisory : level->advisories) {
      if (!std::ranges::contains(out, std::string_view(advisory))) out.push_back(advisory);
    }
  }
}

}  // namespace

void describe_amd(const evidence::amd::ReportFields& report, std::vector<Measurement>& out) {
  out = {{"measurement", report.measurement},     {"report_data", report.report_data},
         {"host_data", report.host_data},         {"chip_id", report.chip_id},
         {"id_key_digest", report.id_key_digest}, {"author_key_digest", report.author_key_digest},
         {"family_id", report.family_id},         {"image_id", report.image_id}};
}

const evidence::amd::Endorsements& no_endorsements() {
  static const auto kEmpty = *evidence::amd::Endorsements::parse({});
  return kEmpty;
}

const evidence::intel::Collateral& no_collateral() {
  static const auto kEmpty = *evidence::intel::Collateral::parse({});
  return *kEmpty;
}

bool check_tee(const Policy& policy, Tee tee, RootKind root, Findings& findings) {
  const bool named = (tee == Tee::kTdx && policy.tdx) || (tee == Tee::kSgx && policy.sgx) ||
                     (tee == Tee::kSnp && policy.snp) || (tee == Tee::kNvidia && policy.nvidia) ||
                     (tee == Tee::kNitro && policy.nitro) || (tee == Tee::kCca && policy.cca) ||
                     (tee == Tee::kVtpm && policy.vtpm);
  if (root == RootKind::kSample) {
    findings.check_or_excuse(Check::kPolicySample, false, policy.sample.has_value(),
                             "a vendor's root", "a software root: worth nothing as proof");
  }
  return findings.check(Check::kPolicyTee, named, "a TEE that the policy has a section for",
                        evidence::tee_name(tee));
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRefused:
      return "refused";
    case Verdict::kUnappraisable:
      return "unappraisable";
    case Verdict::kAccepted:
      return "accepted";
  }
  return "refused";
}

evidence::TrustAnchors anchors_of(const Policy& policy) {
  evidence::TrustAnchors anchors;
  if (policy.sample) anchors.sample_roots = policy.sample->roots;
  return anchors;
}

Tee recognise(ByteView evidence) {
  // SPDM 1.1 and GET_MEASUREMENTS, as one little-endian number; no quote has such a version.
  constexpr std::uint16_t kSpdmRequest = 0xE011;
  if (evidence::nitro::looks_like_document(evidence)) return Tee::kNitro;
  if (evidence::cca::looks_like_token(evidence)) return Tee::kCca;
  wire::Reader in(evidence);
  const std::uint16_t version = in.u16_le();
  const std::uint16_t key_type = in.u16_le();  // zero in an SNP report's 32-bit version
  const std::uint32_t tee_type = in.u32_le();
  if (!in.ok()) return Tee::kUnknown;
  if (version == kSpdmRequest) return Tee::kNvidia;
  if (key_type == 0) return Tee::kSnp;
  return tee_type == 0 ? Tee::kSgx : Tee::kTdx;
}

Appraiser::Appraiser(std::shared_ptr<const Policy> policy,
                     std::unique_ptr<crypto::SignatureDecider> decider)
    : policy_(std::move(policy)),
      intel_(anchors_of(*policy_)),
      amd_(anchors_of(*policy_)),
      nitro_(anchors_of(*policy_)),
      nvidia_(anchors_of(*policy_)),
      rims_(anchors_of(*policy_)),
      decider_(decider ? std::move(decider) : std::make_unique<crypto::OneByOneDecider>()) {}

void Appraiser::forget() {
  intel_.forget();
  amd_.forget();
  nvidia_.forget();
  rims_.forget();
  nitro_.forget();
  revocation_.forget();
}

AttestationResult Appraiser::appraise(const Request& request, Detail detail) {
  return appraise(request, detail, nullptr, nullptr);
}

// Each request is appraised as if its signatures were good; then they are decided. An acceptance
// was right where all of them are good. What was refused is appraised again alone, so that a
// refusal names the same checks either way: a presumption may have passed over some.
//
// Of quotes under one unknown key the first establishes it and the others wait for the second
// round, where they find it known: a batch of a new platform's verifies one chain. There is no
// third round, so that forgeries under one key can't cost more than twice their number.
std::vector<AttestationResult> Appraiser::appraise_all(std::span<const Request> requests,
                                                       Detail detail) {
  std::vector<AttestationResult> results;
  results.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) results.push_back(AttestationResult(detail));
  std::vector<std::size_t> open(requests.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  open = appraise_round(requests, detail, open, /*may_wait=*/true, results);
  if (!open.empty()) appraise_round(requests, detail, open, /*may_wait=*/false, results);
  return results;
}

std::vector<std::size_t> Appraiser::appraise_round(std::span<const Request> requests, Detail detail,
                                                   std::span<const std::size_t> open, bool may_wait,
                                                   std::vector<AttestationResult>& results) {
  struct Slice {
    std::size_t request = 0, first = 0, count = 0;  // of queue_
    evidence::intel::Presumed presumed;
  };
  std::vector<Slice> slices;
  std::vector<std::size_t> waiting;
  std::set<std::uint64_t> unknown_keys;
  queue_.clear();
  for (const std::size_t i : open) {
    Slice slice{.request = i, .first = queue_.size(), .presumed = {}};
    results[i] = appraise(requests[i], detail, &queue_, &slice.presumed);
    const auto key = slice.presumed.key_hash();
    if (may_wait && key != 0 && !unknown_keys.insert(key).second) {
      queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(slice.first), queue_.end());
      waiting.push_back(i);
      continue;
    }
    slice.count = queue_.size() - slice.first;
    slices.push_back(std::move(slice));
  }
  decider_->decide(queue_);
  for (auto& slice : slices) {
    const auto jobs = std::span(queue_).subspan(slice.first, slice.count);
    const bool good = std::ranges::all_of(jobs, &crypto::SignatureJob::good);
    if (good) intel_.confirm(std::move(slice.presumed));
    auto& result = results[slice.request];
    if (good && !result.findings_.has(Outcome::kFail)) {
      result.findings_.settle();
    } else {
      result = appraise(requests[slice.request], detail);
    }
  }
  return waiting;
}

AttestationResult Appraiser::appraise(const Request& request, Detail detail,
                                      crypto::SignatureQueue* later,
                                      evidence::intel::Presumed* presumed) {
  AttestationResult result(detail, later);
  result.at_ = request.at;
  result.policy_digest_ = policy_->digest;
  result.tee_ = request.tee == Tee::kUnknown ? recognise(request.evidence) : request.tee;
  if (detail != Detail::kFailures) result.evidence_digest_ = crypto::sha256(request.evidence);
  if (request.unreadable_collateral) {
    result.findings_.add_error(*request.unreadable_collateral, evidence::CheckClass::kCollateral);
  }
  if (request.tpm != nullptr) {
    appraise_vtpm(request, result);
  } else if (result.tee_ == Tee::kSnp) {
    appraise_amd(request, result);
  } else if (result.tee_ == Tee::kNvidia) {
    appraise_nvidia(request, result);
  } else if (result.tee_ == Tee::kNitro) {
    appraise_nitro_document(request, result);
  } else if (result.tee_ == Tee::kCca) {
    appraise_cca_token(request, result);
  } else {
    appraise_intel(request, result, presumed);
  }
  return result;
}

// Anything that failed refuses; else anything missing leaves the verdict open.
void Appraiser::judge(AttestationResult& result, bool appraised) const {
  const bool failed = result.findings_.has(Outcome::kFail);
  const bool missing = result.findings_.has(Outcome::kMissing);
  const bool accepted = appraised && !failed && !missing;
  result.verdict_ = accepted             ? Verdict::kAccepted
                    : !failed && missing ? Verdict::kUnappraisable
                                         : Verdict::kRefused;
}

void Appraiser::appraise_intel(const Request& request, AttestationResult& result,
                               evidence::intel::Presumed* presumed) {
  auto& findings = result.findings_;
  const auto quote = evidence::intel::parse_quote(request.evidence);
  if (!quote) {
    findings.add_error(quote.error(), evidence::CheckClass::kParse);
    return judge(result, false);
  }
  result.parsed_ = true;
  result.tee_ = quote->tee;
  result.report_data_ = quote->report_data;
  const auto& collateral = request.collateral != nullptr ? *request.collateral : no_collateral();
  if (findings.detail() != Detail::kFailures) result.collateral_digest_ = collateral.digest();
  if (findings.detail() != Detail::kFailures) describe_intel(*quote, result.measurements_);
  const auto verified = intel_.verify(*quote, collateral, request.at, findings, presumed);
  result.authenticity_ = verified.authenticity;
  result.root_ = verified.root;
  check_report_data(*policy_, request, quote->report_data, findings);
  if (!verified.quote) return judge(result, false);

  const auto& authentic = *verified.quote;
  result.tcb_status_ = evidence::intel::tcb_status_name(authentic.tcb_status());
  if (authentic.launch_tcb().levels[0] != nullptr) result.tcb_date_ = authentic.tcb_date();
  if (findings.detail() != Detail::kFailures) collect_advisories(authentic, result.advisories_);
  if (!check_tee(*policy_, quote->tee, verified.root, findings)) return judge(result, false);
  check_revocation(*policy_, authentic.revocation_known(), findings);
  References references{request.reference_sets};
  if (quote->tee == Tee::kTdx) {
    appraise_tdx(authentic, *policy_->tdx, request.at, references, findings);
    appraise_logs(request, registers_of(quote->td), result);
  } else {
    appraise_sgx(authentic, *policy_->sgx, request.at, references, findings);
    refuse_logs(request, findings);
  }
  result.stand_on(references);
  judge(result, true);
}

void Appraiser::appraise_amd(const Request& request, AttestationResult& result) {
  auto& findings = result.findings_;
  const auto report = evidence::amd::parse_report(request.evidence);
  if (!report) {
    findings.add_error(report.error(), evidence::CheckClass::kParse);
    return judge(result, false);
  }
  result.parsed_ = true;
  result.report_data_ = (*report)->report_data;
  if (findings.detail() != Detail::kFailures) describe_amd(report->fields(), result.measurements_);
  const auto& endorsements =
      request.endorsements != nullptr ? *request.endorsements : no_endorsements();
  result.collateral_digest_ = endorsements.digest();
  const auto verified = amd_.verify(*report, endorsements, request.at, findings);
  result.authenticity_ = verified.authenticity;
  result.root_ = verified.root;
  check_report_data(*policy_, request, result.report_data_, findings);
  if (!verified.report) return judge(result, false);
  if (!check_tee(*policy_, Tee::kSnp, verified.root, findings)) return judge(result, false);
  check_revocation(*policy_, verified.revocation_known, findings);
  References references{request.reference_sets};
  appraise_snp(*verified.report, *policy_->snp, request.at, references, findings);
  result.stand_on(references);
  refuse_logs(request, findings);
  judge(result, true);
}

void Appraiser::appraise_logs(const Request& request, const SignedRegisters& registers,
                              AttestationResult& result) const {
  if (!policy_->event_log) {
    result.findings_.check(Check::kPolicyEventLog, request.event_logs.empty(),
                           "no event log, or a policy with the section event_log",
                           request.event_logs.empty() ? "none" : "an event log");
    return;
  }
  appraise_event_logs(request.event_logs, registers, *policy_->event_log, result.findings_,
                      result.events_);
}

AttestationResult Appraiser::appraise_endorsements(const Request& request, Detail detail) {
  AttestationResult result(detail);
  result.at_ = request.at;
  result.policy_digest_ = policy_->digest;
  result.tee_ = Tee::kSnp;
  result.parsed_ = true;
  const auto& endorsements =
      request.endorsements != nullptr ? *request.endorsements : no_endorsements();
  result.collateral_digest_ = endorsements.digest();
  const auto verified = amd_.verify_endorsements_only(endorsements, request.at, result.findings_);
  result.authenticity_ = verified.authenticity;
  result.root_ = verified.root;
  result.findings_.missing(Check::kEvidencePresent, "a report signed by the endorsed key");
  judge(result, false);
  return result;
}

}  // namespace atoma::appraisal
