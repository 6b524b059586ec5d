#include "atoma/appraisal/replay.h"

#include <algorithm>
#include <format>

#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

using cose::AtomaClaims;
using cose::Ear;
using cose::EarFinding;
using cose::EarSubmod;

constexpr std::string_view kReportDataCheck = "policy.report_data";
constexpr std::string_view kTpmNonceCheck = "policy.vtpm.nonce";
constexpr std::size_t kReportDataSize = 64;

class Comparison {
 public:
  explicit Comparison(std::vector<Difference>& out) : out_(out) {}

  void text(std::string name, std::string_view claimed, std::string_view found) {
    if (claimed != found)
      out_.push_back({std::move(name), std::string(claimed), std::string(found)});
  }

  // Item by item, each as a text.
  template <typename T, typename Text>
  void list(std::string_view name, const std::vector<T>& claimed, const std::vector<T>& found,
            Text as_text) {
    for (std::size_t i = 0; i < std::max(claimed.size(), found.size()); ++i) {
      text(std::format("{}[{}]", name, i), i < claimed.size() ? as_text(claimed[i]) : "",
           i < found.size() ? as_text(found[i]) : "");
    }
  }

 private:
  std::vector<Difference>& out_;
};

std::string text_of(const EarFinding& finding) {
  return std::format("{} {} ({}, {}): expected {}, found {}", finding.id, finding.outcome,
                     finding.severity, finding.clause, finding.expected, finding.actual);
}

std::string text_of(const cose::TrustVector& t) {
  return std::format("{} {} {} {} {} {} {} {}", t.instance_identity, t.configuration, t.executables,
                     t.file_system, t.hardware, t.runtime_opaque, t.storage_opaque, t.sourced_data);
}

std::string text_of(const EarSubmod& submod) {
  return std::format("{} {}: {}, {}", submod.name, cose::ear_status_name(submod.status),
                     text_of(submod.trust), submod.appraisal_policy_id);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

void compare_inputs(const AtomaClaims& claimed, const AtomaClaims& again,
                    std::vector<Difference>& out) {
  Comparison compare(out);
  compare.text("evidence", claimed.evidence_sha256, again.evidence_sha256);
  compare.text("policy", claimed.policy_sha256, again.policy_sha256);
  compare.text("collateral", joined(claimed.collateral_sha256), joined(again.collateral_sha256));
  compare.text("reference_values", claimed.reference_values_sha256, again.reference_values_sha256);
}

void compare_claims(const AtomaClaims& claimed, const AtomaClaims& again,
                    std::vector<Difference>& out) {
  Comparison compare(out);
  compare.text("verdict", cose::verdict_name(claimed.verdict), cose::verdict_name(again.verdict));
  compare.text("tee", claimed.tee, again.tee);
  compare.text("sample", claimed.sample ? "true" : "false", again.sample ? "true" : "false");
  compare.text("tcb_status", claimed.tcb_status, again.tcb_status);
  compare.text("tcb_date", claimed.tcb_date, again.tcb_date);
  compare.text("gpu_binding", claimed.gpu_binding, again.gpu_binding);
  compare.text("key", claimed.key, again.key);
  compare.text("report_data", claimed.report_data, again.report_data);
  compare.text("verified_at", format_time(claimed.verified_at), format_time(again.verified_at));
  compare.text("checks", std::to_string(claimed.checks), std::to_string(again.checks));
  compare.list("measurements", claimed.measurements, again.measurements,
               [](const auto& m) { return m.first + "=" + m.second; });
  compare.list("advisories", claimed.advisories, again.advisories,
               [](const std::string& advisory) { return advisory; });
  compare.list("findings", claimed.findings, again.findings,
               [](const EarFinding& finding) { return text_of(finding); });
}

// What a check expected: as the result says, or what was there, in hexadecimal, where the check
// passed. Nothing for "any (…)" and the words for what is missing.
std::optional<Bytes> expected_of(const AtomaClaims& claimed, std::string_view check,
                                 std::string_view passed) {
  const auto found = std::ranges::find(claimed.findings, check, &EarFinding::id);
  auto out = wire::hex_decode(found != claimed.findings.end() ? found->expected : passed);
  if (!out || out->empty()) return std::nullopt;
  return *std::move(out);
}

}  // namespace

EarContext replay_context(const Ear& claimed) {
  return {.issuer = claimed.issuer,
          .id = claimed.id,
          .nonce = claimed.nonce,
          .key_sha256 = claimed.atoma.key,
          .build = claimed.build,
          .issued_at = claimed.issued_at,
          .lifetime = claimed.expires_at - claimed.issued_at};
}

evidence::Detail replay_detail(const AtomaClaims& claimed) {
  const bool all = std::ranges::contains(claimed.findings, "pass", &EarFinding::outcome);
  return all ? evidence::Detail::kAll : evidence::Detail::kClaims;
}

std::optional<Bytes> replay_report_data(const AtomaClaims& claimed) {
  // Other kinds hold a challenge of another form.
  constexpr std::string_view kCpus[] = {"tdx", "sgx", "snp", "nitro", "cca"};
  if (!std::ranges::contains(kCpus, claimed.tee)) return std::nullopt;
  auto out = expected_of(claimed, kReportDataCheck, claimed.report_data);
  if (!out || out->size() > kReportDataSize) return std::nullopt;
  out->resize(kReportDataSize);
  return *std::move(out);
}

std::optional<Bytes> replay_tpm_nonce(const AtomaClaims& claimed, ByteView quoted) {
  return expected_of(claimed, kTpmNonceCheck, wire::hex_encode(quoted));
}

std::optional<Bytes> replay_challenge(const Ear& claimed) {
  if (claimed.atoma.key.empty()) return std::nullopt;
  auto out = wire::base64_decode(claimed.nonce);
  if (!out) return std::nullopt;
  return *std::move(out);
}

Replay compare(const Ear& claimed, const Ear& again) {
  Replay out;
  compare_inputs(claimed.atoma, again.atoma, out.inputs);
  compare_claims(claimed.atoma, again.atoma, out.claims);
  Comparison(out.claims)
      .list("submods", claimed.submods, again.submods,
            [](const EarSubmod& submod) { return text_of(submod); });
  return out;
}

Replay compare(const cose::EarItem& claimed, const cose::EarItem& again) {
  Replay out;
  compare_inputs(claimed.atoma, again.atoma, out.inputs);
  compare_claims(claimed.atoma, again.atoma, out.claims);
  Comparison claims(out.claims);
  claims.text("status", cose::ear_status_name(claimed.status), cose::ear_status_name(again.status));
  claims.text("trust", text_of(claimed.trust), text_of(again.trust));
  return out;
}

}  // namespace atoma::appraisal
