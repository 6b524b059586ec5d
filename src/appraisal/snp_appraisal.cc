#include <initializer_list>

#include "atoma/appraisal/snp_policy.h"
#include "atoma/base/check.h"
#include "reference_match.h"
#include "rules.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::amd::AuthenticReport;
using evidence::amd::FirmwareVersion;
using evidence::amd::Product;
using evidence::amd::RawTcb;
using evidence::amd::ReportFields;
using evidence::amd::TcbVersion;

std::string text(FirmwareVersion version) {
  return std::format("{}.{}.{}", version.major, version.minor, version.build);
}

std::string text(AbiVersion version) { return std::format("{}.{}", version.major, version.minor); }

template <typename T, typename Text>
std::string bound_text(const Bound<T>& rule, Text value_text) {
  return rule.accept_any ? "any (" + rule.accept_any_reason + ")"
                         : "at least " + value_text(rule.value);
}

std::string list_text(const AnyOf<std::uint64_t>& rule) {
  if (rule.accept_any) return "any (" + rule.accept_any_reason + ")";
  std::string out = "one of";
  for (const auto value : rule.values) out += " " + std::to_string(value);
  return rule.values.empty() ? "nothing is accepted" : out;
}

// What the policy admits beyond `usual` passes, but as an exception that stays visible.
void check_listed(const AnyOf<std::uint64_t>& rule, std::uint64_t value, Time at,
                  std::initializer_list<std::uint64_t> usual, Check check, Findings& findings) {
  const bool admitted = rule.accept_any || std::ranges::contains(rule.values, value);
  const auto listed = [&](const auto& list) { return std::ranges::contains(list, value); };
  if (!admitted && window_for(rule.windows, listed) != nullptr) {
    check_with_windows(
        check, false, rule.windows, at, listed, [&] { return list_text(rule); },
        [&] { return std::to_string(value); }, findings);
    return;
  }
  findings.check_or_excuse(
      check, admitted && std::ranges::contains(usual, value), admitted,
      [&] { return list_text(rule); }, [&] { return std::to_string(value); });
}

void check_guest(const ReportFields& report, const SnpPolicy& policy, Time at, Findings& findings) {
  const auto& guest = report.policy;
  apply(policy.no_debug, !guest.debug_allowed(), Check::kPolicyDebug, "a guest without debug",
        guest.debug_allowed() ? "debug allowed" : "no debug", findings);
  apply(policy.no_migration, !guest.migration_allowed(), Check::kPolicyMigration,
        "a guest without migration agent",
        guest.migration_allowed() ? "migration allowed" : "no migration", findings);
  apply(policy.no_smt, !guest.smt_allowed(), Check::kPolicySnpSmt, "a guest that forbids SMT",
        guest.smt_allowed() ? "SMT allowed" : "SMT forbidden", findings);
  const AbiVersion abi{guest.abi_major(), guest.abi_minor()};
  findings.check(
      Check::kPolicySnpAbi, policy.abi_min.accept_any || abi >= policy.abi_min.value,
      [&] { return bound_text(policy.abi_min, [](AbiVersion v) { return text(v); }); },
      [&] { return text(abi); });
  apply_min(policy.guest_svn_min, report.guest_svn, at, Check::kPolicySnpGuestSvn, findings);
}

const Bound<TcbVersion>& tcb_min_of(const SnpPolicy& policy, Product product) {
  switch (product) {
    case Product::kMilan:
      return policy.tcb_min_milan;
    case Product::kGenoa:
      return policy.tcb_min_genoa;
    case Product::kTurin:
      return policy.tcb_min_turin;
    case Product::kUnknown:
      break;
  }
  // No authentic report is without a product.
  ATOMA_CHECK(product != Product::kUnknown);
  return policy.tcb_min_milan;
}

void check_tcb(const AuthenticReport& report, const SnpPolicy& policy, Time at,
               Findings& findings) {
  const Product product = report.product();
  const auto& minimum = tcb_min_of(policy, product);
  const auto check_min = [&](const RawTcb& raw, Check check) {
    const TcbVersion tcb = decode_tcb(raw, product);
    check_with_windows(
        check, minimum.accept_any || tcb.at_least(minimum.value), minimum.windows, at,
        [&](const TcbVersion& lower) { return tcb.at_least(lower); },
        [&] { return bound_text(minimum, [](const TcbVersion& v) { return v.to_string(); }); },
        [&] { return tcb.to_string(); }, findings);
  };
  check_min(report->reported_tcb, Check::kPolicySnpReportedTcb);
  check_min(report->committed_tcb, Check::kPolicySnpCommittedTcb);
  check_min(report->launch_tcb, Check::kPolicySnpLaunchTcb);
  const TcbVersion committed = decode_tcb(report->committed_tcb, product);
  const TcbVersion current = decode_tcb(report->current_tcb, product);
  findings.check(
      Check::kPolicySnpCommitted, current.at_least(committed),
      [&] { return "at most CURRENT_TCB, " + current.to_string(); },
      [&] { return "COMMITTED_TCB, " + committed.to_string(); });
}

void check_platform(const ReportFields& report, const SnpPolicy& policy, Time at,
                    Findings& findings) {
  const auto& firmware = policy.firmware_min;
  const FirmwareVersion lower = std::min(report.current_firmware, report.committed_firmware);
  check_with_windows(
      Check::kPolicySnpFirmware, firmware.accept_any || lower >= firmware.value, firmware.windows,
      at, [&](FirmwareVersion bound) { return lower >= bound; },
      [&] { return bound_text(firmware, [](FirmwareVersion v) { return text(v); }); },
      [&] { return text(lower); }, findings);
  const bool aliases = report.alias_check_complete();
  apply(policy.alias_check, aliases, Check::kPolicySnpAliasCheck, "ALIAS_CHECK_COMPLETE set",
        aliases ? "set" : "not set", findings);
  const auto& rule = policy.mitigations_required;
  const std::uint64_t both = report.launch_mitigations & report.current_mitigations;
  findings.check(
      Check::kPolicySnpMitigations, rule.accept_any || (both & rule.value) == rule.value,
      [&] {
        return rule.accept_any ? "any (" + rule.accept_any_reason + ")"
                               : std::format("every bit of {:#x}", rule.value);
      },
      [&] {
        return report.has_mitigations() ? std::format("{:#x} at launch and now", both)
                                        : std::format("version {} has none", report.version);
      });
}

}  // namespace

void appraise_snp(const AuthenticReport& report, const SnpPolicy& policy, Time at,
                  References& references, Findings& findings) {
  check_listed(policy.report_versions, report->version, at, {3, 5}, Check::kPolicySnpVersion,
               findings);
  check_listed(policy.vmpl, report->vmpl, at, {0}, Check::kPolicySnpVmpl, findings);
  const bool proven = report.chip_id_proven();
  apply(policy.chip_id_proven, proven, Check::kPolicySnpChipId, "a CHIP_ID that the VCEK proves",
        proven ? "proven" : "unproven: a VLEK or a masked chip id", findings);
  check_guest(report.fields(), policy, at, findings);
  check_tcb(report, policy, at, findings);
  check_platform(report.fields(), policy, at, findings);
  const ByteView values[] = {report->measurement,       report->host_data, report->id_key_digest,
                             report->author_key_digest, report->family_id, report->image_id};
  static_assert(std::size(values) == std::size(kSnpMeasurements));
  apply_measurements(evidence::Tee::kSnp, policy.measurements, values, at, references, findings);
}

}  // namespace atoma::appraisal
