#include "policy_levers.h"

#include <array>
#include <format>
#include <ranges>
#include <span>
#include <type_traits>

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Finding;
using evidence::Outcome;
using evidence::Tee;

// What makes a rule admit anything.
struct Switch {
  bool* accept_any = nullptr;  // null: the policy has no such section
  bool has_values = false;     // a list or bound, which could admit one value more
};

template <typename Rule>
Switch switch_of(Rule& rule) {
  return {&rule.accept_any, !std::is_same_v<Rule, Require>};
}
template <auto Section, auto... Members>
Switch rule(Policy& policy) {
  auto& section = policy.*Section;
  return section ? switch_of((*section.*....*Members)) : Switch{};
}
template <auto Member>
Switch top(Policy& policy) {
  return switch_of(policy.*Member);
}

struct Lever {
  Check check;
  std::string_view section, field;
  Switch (*find)(Policy&);
  bool windows = false;         // the field may have them
  std::string_view about = {};  // what `actual` begins with, where one check has several fields
};

// What SGX and TDX share.
template <auto Section, auto Tcb>
constexpr std::array<Lever, 8> tcb_levers(std::string_view name) {
  using P = IntelTcbPolicy;
  return {{
      {Check::kPolicyTcbStatus, name, "tcb_status", rule<Section, Tcb, &P::status>, true},
      {Check::kPolicyTcbDate, name, "tcb_date_min", rule<Section, Tcb, &P::date_min>, true},
      {Check::kPolicyTcbEvaluation, name, "tcb_evaluation_number_min",
       rule<Section, Tcb, &P::evaluation_number_min>, true},
      {Check::kPolicyAdvisories, name, "advisories",
       rule<Section, Tcb, &P::advisories, &AdvisoryRule::listed>, true},
      {Check::kPolicyCollateralAge, name, "collateral_age_max_days",
       rule<Section, Tcb, &P::collateral_age_max_days>, true},
      {Check::kPolicyPckDynamic, name, "pck.dynamic_platform",
       rule<Section, Tcb, &P::no_dynamic_platform>},
      {Check::kPolicyPckCachedKeys, name, "pck.cached_keys",
       rule<Section, Tcb, &P::no_cached_keys>},
      {Check::kPolicyPckSmt, name, "pck.smt", rule<Section, Tcb, &P::no_smt>},
  }};
}
constexpr auto kTdxTcbLevers = tcb_levers<&Policy::tdx, &TdxPolicy::tcb>("tdx");
constexpr auto kSgxTcbLevers = tcb_levers<&Policy::sgx, &SgxPolicy::tcb>("sgx");

// A finding does not say the product line: the minimum of each counts as this one's.
constexpr std::array<Lever, 3> snp_tcb_levers(Check check) {
  return {{{check, "snp", "tcb_min", rule<&Policy::snp, &SnpPolicy::tcb_min_milan>, true},
           {check, "snp", "tcb_min", rule<&Policy::snp, &SnpPolicy::tcb_min_genoa>, true},
           {check, "snp", "tcb_min", rule<&Policy::snp, &SnpPolicy::tcb_min_turin>, true}}};
}
constexpr auto kReportedTcbLevers = snp_tcb_levers(Check::kPolicySnpReportedTcb);
constexpr auto kCommittedTcbLevers = snp_tcb_levers(Check::kPolicySnpCommittedTcb);
constexpr auto kLaunchTcbLevers = snp_tcb_levers(Check::kPolicySnpLaunchTcb);

constexpr Lever kOtherLevers[] = {
    {Check::kPolicyDebug, "tdx", "debug", rule<&Policy::tdx, &TdxPolicy::no_debug>},
    {Check::kPolicyDebug, "sgx", "debug", rule<&Policy::sgx, &SgxPolicy::no_debug>},
    {Check::kPolicyRevocation, "", "revocation", top<&Policy::revocation_known>},
    {Check::kPolicyReportData, "", "report_data", top<&Policy::report_data_bound>},
    {Check::kNvidiaNonce, "", "report_data", top<&Policy::report_data_bound>},
    {Check::kPolicyMigration, "tdx", "migration", rule<&Policy::tdx, &TdxPolicy::no_migration>},
    {Check::kPolicySeptVe, "tdx", "sept_ve_disable",
     rule<&Policy::tdx, &TdxPolicy::sept_ve_disable>},
    {Check::kPolicyServiceTd, "tdx", "service_td", rule<&Policy::tdx, &TdxPolicy::no_service_td>},
    {Check::kPolicyXfam, "tdx", "xfam_allowed", rule<&Policy::tdx, &TdxPolicy::xfam_allowed>},
    {Check::kPolicyProdId, "sgx", "isv_prod_id", rule<&Policy::sgx, &SgxPolicy::isv_prod_id>},
    {Check::kPolicyIsvSvn, "sgx", "isv_svn_min", rule<&Policy::sgx, &SgxPolicy::isv_svn_min>},
    {Check::kPolicySnpVersion, "snp", "report_versions",
     rule<&Policy::snp, &SnpPolicy::report_versions>, true},
    {Check::kPolicySnpVmpl, "snp", "vmpl", rule<&Policy::snp, &SnpPolicy::vmpl>},
    {Check::kPolicySnpChipId, "snp", "masked_chip_id",
     rule<&Policy::snp, &SnpPolicy::chip_id_proven>},
    {Check::kPolicyDebug, "snp", "debug", rule<&Policy::snp, &SnpPolicy::no_debug>},
    {Check::kPolicyMigration, "snp", "migration", rule<&Policy::snp, &SnpPolicy::no_migration>},
    {Check::kPolicySnpSmt, "snp", "smt", rule<&Policy::snp, &SnpPolicy::no_smt>},
    {Check::kPolicySnpAliasCheck, "snp", "alias_check",
     rule<&Policy::snp, &SnpPolicy::alias_check>},
    {Check::kPolicySnpAbi, "snp", "abi_min", rule<&Policy::snp, &SnpPolicy::abi_min>},
    {Check::kPolicySnpFirmware, "snp", "firmware_min", rule<&Policy::snp, &SnpPolicy::firmware_min>,
     true},
    {Check::kPolicySnpMitigations, "snp", "mitigations_required",
     rule<&Policy::snp, &SnpPolicy::mitigations_required>},
    {Check::kPolicySnpGuestSvn, "snp", "guest_svn_min",
     rule<&Policy::snp, &SnpPolicy::guest_svn_min>},
    {Check::kPolicyNvidiaSampleNonce, "nvidia", "sample_nonce",
     rule<&Policy::nvidia, &NvidiaPolicy::no_sample_nonce>},
    {Check::kPolicyNvidiaFwid, "nvidia", "fwid", rule<&Policy::nvidia, &NvidiaPolicy::fwid_bound>},
    {Check::kNvidiaDriverRim, "nvidia", "rims.driver",
     rule<&Policy::nvidia, &NvidiaPolicy::driver_rim>},
    {Check::kNvidiaVbiosRim, "nvidia", "rims.vbios",
     rule<&Policy::nvidia, &NvidiaPolicy::vbios_rim>},
    {Check::kNvidiaRimSignature, "nvidia", "rims.signature",
     rule<&Policy::nvidia, &NvidiaPolicy::rim_signature>},
    {Check::kNvidiaRimChain, "nvidia", "rims.signature",
     rule<&Policy::nvidia, &NvidiaPolicy::rim_signature>},
    {Check::kNvidiaRimValidity, "nvidia", "rims.validity",
     rule<&Policy::nvidia, &NvidiaPolicy::rim_validity>},
    {Check::kPolicyNvidiaOcsp, "nvidia", "ocsp", rule<&Policy::nvidia, &NvidiaPolicy::ocsp>},
    {Check::kPolicyNvidiaHold, "nvidia", "certificate_hold",
     rule<&Policy::nvidia, &NvidiaPolicy::no_hold>},
    {Check::kPolicyNvidiaDebug, "nvidia", "debug", rule<&Policy::nvidia, &NvidiaPolicy::no_debug>},
    {Check::kPolicyNvidiaMode, "nvidia", "modes", rule<&Policy::nvidia, &NvidiaPolicy::modes>},
    {Check::kNvidiaDeviceCount, "nvidia", "devices", rule<&Policy::nvidia, &NvidiaPolicy::devices>},
    {Check::kPolicyDebug, "nitro", "debug", rule<&Policy::nitro, &NitroPolicy::no_debug>},
    {Check::kNitroTimestamp, "nitro", "document_age_max_s",
     rule<&Policy::nitro, &NitroPolicy::document_age_max_s>},
    {Check::kNitroTimestamp, "nitro", "clock_skew_max_s",
     rule<&Policy::nitro, &NitroPolicy::clock_skew_max_s>},
    {Check::kPolicyNitroOtherPcrs, "nitro", "other_pcrs",
     rule<&Policy::nitro, &NitroPolicy::other_pcrs_zero>},
    {Check::kPolicyNitroUserData, "nitro", "user_data",
     rule<&Policy::nitro, &NitroPolicy::user_data>},
    {Check::kPolicyNitroNonce, "nitro", "nonce", rule<&Policy::nitro, &NitroPolicy::nonce>},
    {Check::kPolicyNitroPublicKey, "nitro", "public_key",
     rule<&Policy::nitro, &NitroPolicy::public_key>},
    {Check::kPolicyCcaPlatformKey, "cca", "platform_keys",
     rule<&Policy::cca, &CcaPolicy::platform_keys>},
    {Check::kPolicyCcaLifecycle, "cca", "lifecycle",
     rule<&Policy::cca, &CcaPolicy::lifecycle_secured>},
    {Check::kPolicyCcaPlatform, "cca", "implementation_id",
     rule<&Policy::cca, &CcaPolicy::implementation_id>, false, "implementation id"},
    {Check::kPolicyCcaPlatform, "cca", "instance_id", rule<&Policy::cca, &CcaPolicy::instance_id>,
     false, "instance id"},
    {Check::kPolicyCcaPlatform, "cca", "platform_config",
     rule<&Policy::cca, &CcaPolicy::platform_config>, false, "configuration"},
    {Check::kPolicyCcaSoftware, "cca", "software_signers",
     rule<&Policy::cca, &CcaPolicy::software_signers>},
    {Check::kPolicyCcaSoftware, "cca", "software_measurements",
     rule<&Policy::cca, &CcaPolicy::software_measurements>},
    {Check::kPolicyCcaPersonalization, "cca", "personalization",
     rule<&Policy::cca, &CcaPolicy::personalization>},
    {Check::kPolicyVtpmNonce, "vtpm", "nonce", rule<&Policy::vtpm, &VtpmPolicy::nonce>},
    {Check::kTpmAkTrusted, "vtpm", "ak", rule<&Policy::vtpm, &VtpmPolicy::ak>},
    {Check::kPolicyVtpmClock, "vtpm", "clock_safe", rule<&Policy::vtpm, &VtpmPolicy::clock_safe>},
    {Check::kPolicyVtpmFirmware, "vtpm", "firmware_versions",
     rule<&Policy::vtpm, &VtpmPolicy::firmware_versions>, true},
    {Check::kAmdValidity, "vtpm", "vcek_not_before",
     rule<&Policy::vtpm, &VtpmPolicy::vcek_not_before>},
    {Check::kIntelTcbInfoPresent, "vtpm", "td_collateral",
     rule<&Policy::vtpm, &VtpmPolicy::td_collateral>},
    {Check::kEventLogPresent, "event_log", "presence",
     rule<&Policy::event_log, &EventLogPolicy::presence>},
    {Check::kEventLogState, "event_log", "boot_state",
     rule<&Policy::event_log, &EventLogPolicy::boot_state>},
    {Check::kPolicySecureBoot, "event_log", "secure_boot",
     rule<&Policy::event_log, &EventLogPolicy::secure_boot>},
    {Check::kPolicyCommandLine, "event_log", "command_line",
     rule<&Policy::event_log, &EventLogPolicy::command_line>},
};

constexpr std::span<const Lever> kLevers[] = {kTdxTcbLevers,      kSgxTcbLevers,
                                              kReportedTcbLevers, kCommittedTcbLevers,
                                              kLaunchTcbLevers,   kOtherLevers};

// A vTPM is vouched for by another TEE's evidence, and logs stand beside some.
bool concerns(std::string_view section, Tee tee) {
  if (section.empty() || section == "event_log" || section == evidence::tee_name(tee)) return true;
  return tee == Tee::kVtpm && (section == "snp" || section == "tdx");
}

std::string advice(const Lever& lever, bool has_values, const Finding& finding) {
  const std::string path = lever.section.empty()
                               ? std::string(lever.field)
                               : std::format("accept.{}.{}", lever.section, lever.field);
  if (finding.outcome == Outcome::kMissing || !has_values) {
    return path + ": {accept_any: \"reason\"}";
  }
  return std::format("{}: admit {}{}, or {{accept_any: \"reason\"}}", path, finding.actual,
                     lever.windows ? ", if need be until a day (`tolerate`)" : "");
}

void add(std::string text, std::vector<std::string>& out) {
  if (!std::ranges::contains(out, text)) out.push_back(std::move(text));
}

// "mrtd = …" names the register.
void pull_measurement(const Finding& finding, std::string_view section,
                      std::vector<MeasurementRule>& rules, std::vector<std::string>& out) {
  for (auto& measurement : rules) {
    if (!finding.actual.starts_with(measurement.name + " = ")) continue;
    measurement.accepted.accept_any = true;
    add(std::format("accept.{}.measurements.{}: add {}", section, measurement.name,
                    finding.actual.substr(measurement.name.size() + 3)),
        out);
  }
}

void pull_measurements(const Finding& finding, Tee tee, Policy& policy,
                       std::vector<std::string>& out) {
  const auto pull = [&](std::string_view section, auto& of) {
    if (of && concerns(section, tee)) pull_measurement(finding, section, of->measurements, out);
  };
  pull("tdx", policy.tdx);
  pull("sgx", policy.sgx);
  pull("snp", policy.snp);
  pull("nitro", policy.nitro);
  pull("cca", policy.cca);
  pull("vtpm", policy.vtpm);
  if (!policy.nitro || tee != Tee::kNitro) return;
  for (auto& other : policy.nitro->other_pcrs) {
    if (!other || !finding.actual.starts_with(other->name + " = ")) continue;
    other->accepted.accept_any = true;
    add("accept.nitro.other_pcrs." + finding.actual, out);
  }
}

// Values that were left to signed sets, as if nothing were asked of them.
void pull_signed(Tee tee, Policy& policy, std::vector<std::string>& out) {
  const auto pull = [&](std::string_view section, auto& of) {
    if (!of || !concerns(section, tee)) return;
    for (auto& measurement : of->measurements) {
      if (measurement.signed_by.empty()) continue;
      measurement.signed_by.clear();
      measurement.accepted.accept_any = true;
      add(std::format("accept.{}.measurements.{}: list the value, or name the key of a set that "
                      "has it",
                      section, measurement.name),
          out);
    }
  };
  pull("tdx", policy.tdx);
  pull("sgx", policy.sgx);
  pull("snp", policy.snp);
}

// Of a CPU and its GPUs together. What nothing binds, no policy admits.
void pull_composite(const Finding& finding, Policy& policy, std::vector<std::string>& out) {
  if (!policy.composite) return;
  const auto is = [&](Check check) { return finding.id == evidence::check_info(check).id; };
  if (is(Check::kCompositeKey) && !policy.composite->key.accept_any) {
    policy.composite->key.accept_any = true;
    add("accept.composite.key: {accept_any: \"reason\"}", out);
  }
  auto& binding = policy.composite->gpu_binding;
  const bool bound = std::ranges::contains(kGpuBindings, finding.actual);
  if (is(Check::kPolicyGpuBinding) && bound && !binding.accept_any) {
    binding.values.push_back(finding.actual);
    add("accept.composite.gpu_binding: add " + finding.actual, out);
  }
}

// The section that is not there, as strict as the default without a policy.
void add_section(const Finding& finding, Policy& policy, std::vector<std::string>& out) {
  const Policy strict = Policy::strict("a dry run");
  const auto give = [&](std::string_view name, auto Policy::* section) {
    if (policy.*section || name != finding.actual) return;
    policy.*section = strict.*section;
    add(std::format("accept.{}: a section", name), out);
  };
  give("tdx", &Policy::tdx);
  give("sgx", &Policy::sgx);
  give("snp", &Policy::snp);
  give("nvidia", &Policy::nvidia);
  give("nitro", &Policy::nitro);
  give("cca", &Policy::cca);
  give("vtpm", &Policy::vtpm);
}

}  // namespace

std::vector<std::string> pull_levers(const Finding& finding, Tee tee, Policy& policy) {
  const auto is = [&](Check check) { return finding.id == evidence::check_info(check).id; };
  std::vector<std::string> out;
  for (const Lever& lever : kLevers | std::views::join) {
    if (!is(lever.check) || !concerns(lever.section, tee)) continue;
    if (!finding.actual.starts_with(lever.about)) continue;
    const Switch found = lever.find(policy);
    if (found.accept_any == nullptr || *found.accept_any) continue;
    *found.accept_any = true;
    add(advice(lever, found.has_values, finding), out);
  }
  if (is(Check::kPolicyMeasurement)) pull_measurements(finding, tee, policy, out);
  if (is(Check::kPolicyTee)) add_section(finding, policy, out);
  if (is(Check::kPolicyVtpmPcrs) && policy.vtpm) {
    policy.vtpm->pcrs_selected = 0;
    add("accept.vtpm.pcrs_selected: no more than was quoted", out);
  }
  if (is(Check::kPolicyEvents) && policy.event_log) {
    policy.event_log->events.clear();
    add("accept.event_log.events: without " + finding.expected, out);
  }
  if (is(Check::kPolicyEventLog) && !policy.event_log) {
    policy.event_log = EventLogPolicy::strict();
    add("accept.event_log: a section", out);
  }
  if (is(Check::kPolicyComposite) && !policy.composite) {
    policy.composite = CompositePolicy::strict();
    add("accept.composite: a section", out);
  }
  pull_composite(finding, policy, out);
  if (is(Check::kPolicyReferenceValues)) pull_signed(tee, policy, out);
  // The rule itself is among the refusals; its lever is pulled there.
  if (is(Check::kPolicyToleranceExpired)) add("until: a later day, with its reason", out);
  return out;
}

}  // namespace atoma::appraisal
