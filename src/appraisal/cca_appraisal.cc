#include "appraiser_steps.h"
#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/cca_policy.h"
#include "atoma/base/check.h"
#include "rules.h"
#include "steps.h"
#include "tee_rule.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::cca::TokenFields;

void describe(const TokenFields& token, std::vector<Measurement>& out) {
  const auto& realm = token.realm;
  out = {{"rim", realm.rim},     {"rem0", realm.rem[0]},
         {"rem1", realm.rem[1]}, {"rem2", realm.rem[2]},
         {"rem3", realm.rem[3]}, {"personalization", realm.personalization}};
  const auto& platform = token.platform;
  out.push_back({"implementation_id", platform.implementation_id});
  out.push_back({"instance_id", platform.instance_id});
  out.push_back({"platform_config", platform.config});
  out.push_back({"report_data", realm.challenge});
}

void check_software(const TokenFields& token, const CcaPolicy& policy, Time at,
                    Findings& findings) {
  for (const auto& component : token.platform.components) {
    const std::string name = "component " + std::string(component.type);
    apply(MeasurementRule{name + " signer", policy.software_signers}, component.signer, at,
          Check::kPolicyCcaSoftware, findings);
    apply(MeasurementRule{name, policy.software_measurements}, component.measurement, at,
          Check::kPolicyCcaSoftware, findings);
  }
}

}  // namespace

void appraise_cca(const evidence::cca::AuthenticToken& token, const CcaPolicy& policy, Time at,
                  Findings& findings) {
  const auto& platform = token->platform;
  apply(MeasurementRule{"platform key", policy.platform_keys}, token.platform_key(), at,
        Check::kPolicyCcaPlatformKey, findings);
  apply(policy.lifecycle_secured, platform.secured(), Check::kPolicyCcaLifecycle,
        "a secured platform, lifecycle 0x3000 to 0x30ff",
        std::format("{:#06x}", platform.lifecycle), findings);
  apply(MeasurementRule{"implementation id", policy.implementation_id}, platform.implementation_id,
        at, Check::kPolicyCcaPlatform, findings);
  apply(MeasurementRule{"instance id", policy.instance_id}, platform.instance_id, at,
        Check::kPolicyCcaPlatform, findings);
  apply(MeasurementRule{"configuration", policy.platform_config}, platform.config, at,
        Check::kPolicyCcaPlatform, findings);
  check_software(token.fields(), policy, at, findings);
  const auto& realm = token->realm;
  apply(MeasurementRule{"personalization", policy.personalization}, realm.personalization, at,
        Check::kPolicyCcaPersonalization, findings);
  const ByteView values[] = {realm.rim, realm.rem[0], realm.rem[1], realm.rem[2], realm.rem[3]};
  static_assert(std::size(values) == std::size(kCcaMeasurements));
  ATOMA_CHECK(policy.measurements.size() == std::size(values));
  for (std::size_t i = 0; i < std::size(values); ++i) {
    apply(policy.measurements[i], values[i], at, Check::kPolicyMeasurement, findings);
  }
}

void Appraiser::appraise_cca_token(const Request& request, AttestationResult& result) {
  auto& findings = result.findings_;
  const auto token = evidence::cca::parse_token(request.evidence);
  if (!token) {
    findings.add_error(token.error(), evidence::CheckClass::kParse);
    return judge(result, false);
  }
  result.parsed_ = true;
  result.report_data_ = (*token)->realm.challenge;
  if (findings.detail() != evidence::Detail::kFailures) {
    describe(token->fields(), result.measurements_);
  }
  const auto* keys = request.platform_keys;
  if (keys != nullptr) result.collateral_digest_ = keys->digest();
  const auto verified = evidence::cca::verify(*token, keys, anchors_of(*policy_), findings);
  result.authenticity_ = verified.authenticity;
  result.root_ = verified.root;
  check_report_data(*policy_, request, result.report_data_, findings);
  if (!verified.token) return judge(result, false);
  if (!check_tee(*policy_, evidence::Tee::kCca, verified.root, findings)) {
    return judge(result, false);
  }
  appraise_cca(*verified.token, *policy_->cca, request.at, findings);
  refuse_logs(request, findings);
  judge(result, true);
}

}  // namespace atoma::appraisal
