#include "tpm_case.h"

#include "atoma/appraisal/appraiser.h"
#include "atoma/evidence/amd/issuers.h"
#include "atoma/wire/text.h"
#include "case.h"
#include "comparison.h"

namespace atoma::conformance {
namespace {

using appraisal::Policy;
using wire::JsonValue;

struct TpmCase {
  Files files;
  evidence::tpm::EvidenceFile tpm;
  std::optional<Bytes> nonce;
  LoadedCase loaded;
};

ByteView part(const Files& files, std::string_view name) {
  const auto found = files.find(name);
  return found == files.end() ? ByteView() : ByteView(found->second);
}

Status allow(std::string_view item, const LoadedCase& loaded, Policy& policy) {
  const std::string why = "allowed by the case: " + std::string(item);
  if (item == "ak_untrusted") {
    policy.vtpm->ak = appraisal::AnyOf<Bytes>::any(why);
  } else if (item == "td_collateral_missing") {
    policy.vtpm->td_collateral = appraisal::Require::any(why);
  } else {
    return apply_allow(item, loaded, policy);
  }
  return {};
}

Status load_trust(TpmCase& out) {
  std::vector<ByteView> certificates;
  if (const ByteView vcek = part(out.files, "vcek"); !vcek.empty()) {
    certificates = evidence::amd::with_known_issuers({&vcek, 1});
  }
  auto parsed = evidence::amd::Endorsements::parse(certificates);
  if (!parsed) out.loaded.unreadable_collateral = parsed.error();
  if (parsed) out.loaded.endorsements = std::move(*parsed);
  return {};
}

// Evidence in one JSON file, or its parts in files of their own with the PCRs in such a file.
Status load_tpm(TpmCase& out) {
  if (const ByteView whole = part(out.files, "evidence"); !whole.empty()) {
    ATOMA_TRY(out.tpm, evidence::tpm::parse_evidence_file(whole));
    return {};
  }
  if (const ByteView pcrs = part(out.files, "pcrs_from"); !pcrs.empty()) {
    ATOMA_TRY(out.tpm, evidence::tpm::parse_evidence_file(pcrs));
  }
  out.tpm.hcl_report = to_bytes(part(out.files, "hcl_report"));
  out.tpm.message = to_bytes(part(out.files, "tpm_quote_message"));
  out.tpm.signature = to_bytes(part(out.files, "tpm_quote_signature"));
  out.tpm.td_quote = to_bytes(part(out.files, "td_quote"));
  return {};
}

Status load(const std::string& folder, const JsonValue& description, TpmCase& out) {
  const JsonValue* inputs = description.find("inputs");
  const JsonValue* at = description.find("at");
  if (inputs == nullptr || at == nullptr) {
    return malformed("conformance.format", "a case needs inputs and at");
  }
  ATOMA_TRY(out.loaded.at, parse_time(at->text()));
  ATOMA_TRY(out.files, load_files(folder, *inputs));
  if (const JsonValue* nonce = inputs->find("nonce")) {
    ATOMA_TRY(out.nonce, wire::hex_decode(nonce->text()));
  }
  ATOMA_TRY_VOID(load_trust(out));
  auto policy = std::make_shared<Policy>(Policy::strict("the cases name no reference values"));
  if (const JsonValue* allowed = description.find("allow")) {
    for (const auto& item : allowed->items()) {
      ATOMA_TRY_VOID(allow(item.text(), out.loaded, *policy));
    }
  }
  out.loaded.policy = std::move(policy);
  return {};
}

}  // namespace

CaseReport run_tpm_case(const std::string& folder, const JsonValue& description) {
  CaseReport report;
  const JsonValue* expect = description.find("expect");
  TpmCase made;
  const Status loaded = load(folder, description, made);
  if (!loaded || expect == nullptr) {
    report.actual = loaded ? "the case states no expectation" : loaded.error().to_string();
    report.mismatches.push_back(report.actual);
    return report;
  }
  if (const Status parts = load_tpm(made); !parts) {
    made.loaded.unreadable_collateral = parts.error();
  }
  auto tpm = appraisal::tpm_evidence(made.tpm);
  if (made.nonce) tpm.nonce = *made.nonce;
  appraisal::Appraiser appraiser(made.loaded.policy);
  const auto& endorsements = made.loaded.endorsements;
  const auto result =
      appraiser.appraise({.evidence = {},
                          .tee = evidence::Tee::kVtpm,
                          .endorsements = endorsements ? &*endorsements : nullptr,
                          .at = made.loaded.at,
                          .expected_report_data = std::nullopt,
                          .unreadable_collateral = made.loaded.unreadable_collateral,
                          .tpm = &tpm},
                         evidence::Detail::kAll);
  compare(*expect, result, report);
  return report;
}

}  // namespace atoma::conformance
