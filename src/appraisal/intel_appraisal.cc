#include "intel_appraisal.h"

#include "rules.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::intel::AuthenticQuote;
using evidence::intel::TdReport;

constexpr std::int64_t kDay = 86400;

std::string joined_statuses(const AnyOf<evidence::intel::TcbStatus>& rule) {
  if (rule.accept_any) return "any (" + rule.accept_any_reason + ")";
  std::string out;
  for (const auto status : rule.values) {
    out += (out.empty() ? "" : " or ") + std::string(evidence::intel::tcb_status_name(status));
  }
  return out.empty() ? "nothing is accepted" : out;
}

void check_status(const AuthenticQuote& quote, const IntelTcbPolicy& policy, Findings& findings) {
  const auto status = quote.tcb_status();
  const bool accepted =
      policy.status.accept_any || std::ranges::contains(policy.status.values, status);
  findings.check(
      Check::kPolicyTcbStatus, accepted, [&] { return joined_statuses(policy.status); },
      evidence::intel::tcb_status_name(status));
}

void check_advisories(const AuthenticQuote& quote, const AdvisoryRule& rule, Findings& findings) {
  std::string refused;
  for (const auto* level : quote.launch_tcb().levels) {
    if (level == nullptr) continue;
    for (const auto& advisory : level->advisories) {
      if (!rule.admits(advisory)) refused += (refused.empty() ? "" : ", ") + advisory;
    }
  }
  findings.check(
      Check::kPolicyAdvisories, refused.empty(),
      [&] {
        return rule.listed.accept_any ? "any (" + rule.listed.accept_any_reason + ")"
                                      : std::string(rule.forbid_listed ? "none of the forbidden"
                                                                       : "only accepted ones");
      },
      [&] { return refused.empty() ? std::string("as accepted") : refused; });
}

// Both halves of the collateral count: the older issue date and the lower number decide.
void check_collateral(const AuthenticQuote& quote, const IntelTcbPolicy& policy, Time at,
                      Findings& findings) {
  const auto& info = quote.collateral().tcb_info()->value;
  const auto& identity = quote.collateral().qe_identity()->value;
  apply_min(policy.evaluation_number_min,
            std::min(info.evaluation_number, identity.evaluation_number),
            Check::kPolicyTcbEvaluation, findings);
  const auto& date_min = policy.date_min;
  findings.check(
      Check::kPolicyTcbDate, date_min.accept_any || quote.tcb_date() >= date_min.value,
      [&] {
        return date_min.accept_any ? "any (" + date_min.accept_any_reason + ")"
                                   : "not before " + format_time(date_min.value);
      },
      [&] { return format_time(quote.tcb_date()); });
  const Time issued = std::min(info.issue_date, identity.issue_date);
  const auto& age_max = policy.collateral_age_max_days;
  const std::int64_t age_days = (at - issued).s / kDay;
  findings.check(
      Check::kPolicyCollateralAge,
      age_max.accept_any || age_days <= static_cast<std::int64_t>(age_max.value),
      [&] {
        return age_max.accept_any ? "any (" + age_max.accept_any_reason + ")"
                                  : std::format("at most {} days old", age_max.value);
      },
      [&] { return std::format("{} days", age_days); });
}

void check_pck_flags(const AuthenticQuote& quote, const IntelTcbPolicy& policy,
                     Findings& findings) {
  const auto flag = [&](const Require& rule, std::optional<bool> value, Check check) {
    apply(rule, !value.value_or(false), check, "not set", value.value_or(false) ? "set" : "not set",
          findings);
  };
  flag(policy.no_dynamic_platform, quote.pck().dynamic_platform, Check::kPolicyPckDynamic);
  flag(policy.no_cached_keys, quote.pck().cached_keys, Check::kPolicyPckCachedKeys);
  flag(policy.no_smt, quote.pck().smt_enabled, Check::kPolicyPckSmt);
}

void appraise_tcb(const AuthenticQuote& quote, const IntelTcbPolicy& policy, Time at,
                  Findings& findings) {
  check_status(quote, policy, findings);
  check_advisories(quote, policy.advisories, findings);
  check_collateral(quote, policy, at, findings);
  check_pck_flags(quote, policy, findings);
}

void check_td_bits(const TdReport& td, const TdxPolicy& policy, Findings& findings) {
  const auto bit = [&](std::uint64_t mask) { return (td.td_attributes & mask) != 0; };
  apply(policy.no_debug, !bit(TdReport::kDebug), Check::kPolicyDebug, "a TD without debug",
        bit(TdReport::kDebug) ? "debug" : "no debug", findings);
  apply(policy.no_migration, !bit(TdReport::kMigratable), Check::kPolicyMigration,
        "a TD that can't migrate", bit(TdReport::kMigratable) ? "migratable" : "not migratable",
        findings);
  apply(policy.sept_ve_disable, bit(TdReport::kSeptVeDisable), Check::kPolicySeptVe,
        "SEPT_VE_DISABLE set", bit(TdReport::kSeptVeDisable) ? "set" : "not set", findings);
  findings.check(Check::kPolicyTdReserved, !bit(TdReport::kReservedTud), "TUD bits 1 to 7 zero",
                 bit(TdReport::kReservedTud) ? "set" : "zero");
  const auto& xfam = policy.xfam_allowed;
  findings.check(
      Check::kPolicyXfam, xfam.accept_any || (td.xfam & ~xfam.value) == 0,
      [&] {
        return xfam.accept_any ? "any (" + xfam.accept_any_reason + ")"
                               : std::format("within {:#x}", xfam.value);
      },
      [&] { return std::format("{:#x}", td.xfam); });
  const bool alone = all_zero(td.mrservicetd) && all_zero(td.current_service_td_hash) &&
                     all_zero(td.init_service_td_hash);
  apply(policy.no_service_td, alone, Check::kPolicyServiceTd, "no service TD (zeros)",
        alone ? "none" : "a service TD is bound", findings);
}

ByteView td_measurement(const TdReport& td, std::size_t index) {
  const ByteView values[] = {td.mrtd,   td.rtmr[0],    td.rtmr[1], td.rtmr[2],      td.rtmr[3],
                             td.mrseam, td.mrconfigid, td.mrowner, td.mrownerconfig};
  return values[index];
}

}  // namespace

void appraise_tdx(const AuthenticQuote& quote, const TdxPolicy& policy, Time at,
                  Findings& findings) {
  appraise_tcb(quote, policy.tcb, at, findings);
  appraise_td(quote.quote().td, policy, findings);
}

void appraise_td(const TdReport& td, const TdxPolicy& policy, Findings& findings) {
  check_td_bits(td, policy, findings);
  for (std::size_t i = 0; i < policy.measurements.size(); ++i) {
    apply(policy.measurements[i], td_measurement(td, i), Check::kPolicyMeasurement, findings);
  }
}

void appraise_sgx(const AuthenticQuote& quote, const SgxPolicy& policy, Time at,
                  Findings& findings) {
  appraise_tcb(quote, policy.tcb, at, findings);
  const auto& enclave = quote.quote().enclave;
  apply(policy.no_debug, !enclave.debug(), Check::kPolicyDebug, "an enclave without debug",
        enclave.debug() ? "debug" : "no debug", findings);
  const std::uint64_t prod_id = enclave.isv_prod_id;
  findings.check(
      Check::kPolicyProdId,
      policy.isv_prod_id.accept_any || std::ranges::contains(policy.isv_prod_id.values, prod_id),
      "an accepted ISVPRODID", [&] { return std::to_string(prod_id); });
  apply_min(policy.isv_svn_min, enclave.isv_svn, Check::kPolicyIsvSvn, findings);
  apply(policy.measurements[0], enclave.mrenclave, Check::kPolicyMeasurement, findings);
  apply(policy.measurements[1], enclave.mrsigner, Check::kPolicyMeasurement, findings);
}

}  // namespace atoma::appraisal
