#include "appraiser_steps.h"
#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/nitro_policy.h"
#include "atoma/base/check.h"
#include "rules.h"
#include "steps.h"
#include "tee_rule.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::nitro::DocumentFields;

constexpr std::string_view kPcrNames[] = {
    "pcr0",  "pcr1",  "pcr2",  "pcr3",  "pcr4",  "pcr5",  "pcr6",  "pcr7",
    "pcr8",  "pcr9",  "pcr10", "pcr11", "pcr12", "pcr13", "pcr14", "pcr15",
    "pcr16", "pcr17", "pcr18", "pcr19", "pcr20", "pcr21", "pcr22", "pcr23",
    "pcr24", "pcr25", "pcr26", "pcr27", "pcr28", "pcr29", "pcr30", "pcr31"};
static_assert(std::size(kPcrNames) == evidence::nitro::kPcrsMax);

void describe(const DocumentFields& document, std::vector<Measurement>& out) {
  for (std::size_t i = 0; i < std::size(kPcrNames); ++i) {
    if (!document.pcrs[i].empty()) out.push_back({kPcrNames[i], document.pcrs[i]});
  }
  const auto add = [&](std::string_view name, const std::optional<ByteView>& value) {
    if (value) out.push_back({name, *value});
  };
  add("public_key", document.public_key);
  add("user_data", document.user_data);
  add("nonce", document.nonce);
}

// Digests, because the fields may be long.
void check_field(const AnyOf<std::string>& rule, const std::optional<ByteView>& value, Check check,
                 Findings& findings) {
  const std::string actual =
      value ? wire::hex_encode(crypto::sha256(*value)) : std::string(kNitroAbsent);
  findings.check(
      check, rule.admits(actual),
      [&] {
        if (rule.accept_any) return "any (" + rule.accept_any_reason + ")";
        std::string text = "one of";
        for (const auto& v : rule.values) text += " " + v;
        return rule.values.empty() ? std::string("nothing is accepted") : text;
      },
      actual);
}

// A register that nobody extended is zero, and devices leave some out.
void check_other_pcrs(const DocumentFields& document, const NitroPolicy& policy, Time at,
                      Findings& findings) {
  std::string set;
  for (std::size_t i = 0; i < policy.other_pcrs.size(); ++i) {
    if (std::ranges::contains(kNitroPcrs, i)) continue;
    if (const auto& rule = policy.other_pcrs[i]) {
      apply(*rule, document.pcrs[i], at, Check::kPolicyMeasurement, findings);
    } else if (!all_zero(document.pcrs[i])) {
      set += (set.empty() ? "" : " ") + std::string(kPcrNames[i]);
    }
  }
  apply(policy.other_pcrs_zero, set.empty(), Check::kPolicyNitroOtherPcrs,
        "registers that the policy does not name are zero", set.empty() ? "zero" : set, findings);
}

std::optional<Duration> to_duration(const Bound<std::uint64_t>& seconds) {
  if (seconds.accept_any) return std::nullopt;
  return Duration{static_cast<std::int64_t>(seconds.value)};
}

}  // namespace

evidence::nitro::Freshness freshness_of(const NitroPolicy& policy) {
  return {to_duration(policy.document_age_max_s), to_duration(policy.clock_skew_max_s)};
}

ByteView report_data_of(const DocumentFields& document, const NitroPolicy& policy) {
  const auto& field =
      policy.report_data_in == NitroBinding::kNonce ? document.nonce : document.user_data;
  return field.value_or(ByteView());
}

void appraise_nitro(const evidence::nitro::AuthenticDocument& document, const NitroPolicy& policy,
                    Time at, Findings& findings) {
  const auto& fields = document.fields();
  const ByteView pcr0 = fields.pcrs[0];
  const bool debug = all_zero(pcr0);  // so is a register that is not there
  apply(policy.no_debug, !debug, Check::kPolicyDebug, "a PCR0 that is not zero",
        pcr0.empty() ? "no PCR0"
        : debug      ? "PCR0 is zero: debug mode"
                     : "no debug",
        findings);
  ATOMA_CHECK(policy.measurements.size() == std::size(kNitroPcrs));
  for (std::size_t i = 0; i < std::size(kNitroPcrs); ++i) {
    apply(policy.measurements[i], fields.pcrs[kNitroPcrs[i]], at, Check::kPolicyMeasurement,
          findings);
  }
  check_other_pcrs(fields, policy, at, findings);
  check_field(policy.user_data, fields.user_data, Check::kPolicyNitroUserData, findings);
  check_field(policy.nonce, fields.nonce, Check::kPolicyNitroNonce, findings);
  check_field(policy.public_key, fields.public_key, Check::kPolicyNitroPublicKey, findings);
}

void Appraiser::appraise_nitro_document(const Request& request, AttestationResult& result) {
  auto& findings = result.findings_;
  const auto document = evidence::nitro::parse_document(request.evidence);
  if (!document) {
    findings.add_error(document.error(), evidence::CheckClass::kParse);
    return judge(result, false);
  }
  result.parsed_ = true;
  if (findings.detail() != evidence::Detail::kFailures) {
    describe(document->fields(), result.measurements_);
  }
  const NitroPolicy none;  // zero bounds: what no section names is never fresh
  const NitroPolicy& policy = policy_->nitro ? *policy_->nitro : none;
  result.report_data_ = report_data_of(document->fields(), policy);
  const auto verified = nitro_.verify(*document, freshness_of(policy), request.at, findings);
  result.authenticity_ = verified.authenticity;
  result.root_ = verified.root;
  check_padded_report_data(*policy_, request, result.report_data_, findings);
  if (!verified.document) return judge(result, false);
  if (!check_tee(*policy_, evidence::Tee::kNitro, verified.root, findings)) {
    return judge(result, false);
  }
  appraise_nitro(*verified.document, policy, request.at, findings);
  refuse_logs(request, findings);
  judge(result, true);
}

}  // namespace atoma::appraisal
