#include "intel_appraisal.h"

#include <set>

#include "reference_match.h"
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

void check_status(const AuthenticQuote& quote, const IntelTcbPolicy& policy, Time at,
                  Findings& findings) {
  const auto status = quote.tcb_status();
  const auto listed = [&](const auto& list) { return std::ranges::contains(list, status); };
  check_with_windows(
      Check::kPolicyTcbStatus, policy.status.accept_any || listed(policy.status.values),
      policy.status.windows, at, listed, [&] { return joined_statuses(policy.status); },
      [&] { return std::string(evidence::intel::tcb_status_name(status)); }, findings);
}

// Advisories that the rule does not admit, by what its windows say of each.
struct AdvisoryTally {
  std::string refused, tolerated;
  std::set<std::string> expired;  // texts of windows

  void add(const std::string& advisory, const AdvisoryRule& rule, Time at) {
    if (rule.admits(advisory)) return;
    const auto* window = window_for(rule.listed.windows, [&](const auto& list) {
      return std::ranges::contains(list, advisory);
    });
    const bool open = window != nullptr && at <= window->until;
    if (window != nullptr && !open) expired.insert(advisory + " " + until_text(*window));
    std::string& list = open ? tolerated : refused;
    list += (list.empty() ? "" : ", ") + advisory + (open ? " " + until_text(*window) : "");
  }
};

void check_advisories(const AuthenticQuote& quote, const AdvisoryRule& rule, Time at,
                      Findings& findings) {
  AdvisoryTally tally;
  for (const auto* level : quote.launch_tcb().levels) {
    if (level == nullptr) continue;
    for (const auto& advisory : level->advisories) tally.add(advisory, rule, at);
  }
  const bool excused = tally.refused.empty() && !tally.tolerated.empty();
  findings.check_or_excuse(
      Check::kPolicyAdvisories, tally.refused.empty() && !excused, excused,
      [&] {
        const std::string text = rule.listed.accept_any
                                     ? "any (" + rule.listed.accept_any_reason + ")"
                                 : rule.forbid_listed ? "none of the forbidden"
                                                      : "only accepted ones";
        return tally.tolerated.empty() ? text : text + "; tolerated " + tally.tolerated;
      },
      [&] {
        if (excused) return tally.tolerated;
        return tally.refused.empty() ? std::string("as accepted") : tally.refused;
      });
  for (const auto& window : tally.expired) add_expired(window, at, findings);
}

// Both halves of the collateral count: the older issue date and the lower number decide.
void check_collateral(const AuthenticQuote& quote, const IntelTcbPolicy& policy, Time at,
                      Findings& findings) {
  const auto& info = quote.collateral().tcb_info()->value;
  const auto& identity = quote.collateral().qe_identity()->value;
  apply_min(policy.evaluation_number_min,
            std::min(info.evaluation_number, identity.evaluation_number), at,
            Check::kPolicyTcbEvaluation, findings);
  const auto& date_min = policy.date_min;
  check_with_windows(
      Check::kPolicyTcbDate, date_min.accept_any || quote.tcb_date() >= date_min.value,
      date_min.windows, at, [&](Time lower) { return quote.tcb_date() >= lower; },
      [&] {
        return date_min.accept_any ? "any (" + date_min.accept_any_reason + ")"
                                   : "not before " + format_time(date_min.value);
      },
      [&] { return format_time(quote.tcb_date()); }, findings);
  const Time issued = std::min(info.issue_date, identity.issue_date);
  const auto& age_max = policy.collateral_age_max_days;
  const std::int64_t age_days = (at - issued).s / kDay;
  const auto young = [&](std::uint64_t days) {
    return age_days <= static_cast<std::int64_t>(days);
  };
  check_with_windows(
      Check::kPolicyCollateralAge, age_max.accept_any || young(age_max.value), age_max.windows, at,
      young,
      [&] {
        return age_max.accept_any ? "any (" + age_max.accept_any_reason + ")"
                                  : std::format("at most {} days old", age_max.value);
      },
      [&] { return std::format("{} days", age_days); }, findings);
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
  check_status(quote, policy, at, findings);
  check_advisories(quote, policy.advisories, at, findings);
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

}  // namespace

void appraise_tdx(const AuthenticQuote& quote, const TdxPolicy& policy, Time at,
                  References& references, Findings& findings) {
  appraise_tcb(quote, policy.tcb, at, findings);
  appraise_td(quote.quote().td, policy, at, references, findings);
}

void appraise_td(const TdReport& td, const TdxPolicy& policy, Time at, References& references,
                 Findings& findings) {
  check_td_bits(td, policy, findings);
  const ByteView values[] = {td.mrtd,   td.rtmr[0],    td.rtmr[1], td.rtmr[2],      td.rtmr[3],
                             td.mrseam, td.mrconfigid, td.mrowner, td.mrownerconfig};
  static_assert(std::size(values) == std::size(kTdxMeasurements));
  apply_measurements(evidence::Tee::kTdx, policy.measurements, values, at, references, findings);
}

void appraise_sgx(const AuthenticQuote& quote, const SgxPolicy& policy, Time at,
                  References& references, Findings& findings) {
  appraise_tcb(quote, policy.tcb, at, findings);
  const auto& enclave = quote.quote().enclave;
  apply(policy.no_debug, !enclave.debug(), Check::kPolicyDebug, "an enclave without debug",
        enclave.debug() ? "debug" : "no debug", findings);
  const std::uint64_t prod_id = enclave.isv_prod_id;
  findings.check(
      Check::kPolicyProdId,
      policy.isv_prod_id.accept_any || std::ranges::contains(policy.isv_prod_id.values, prod_id),
      "an accepted ISVPRODID", [&] { return std::to_string(prod_id); });
  apply_min(policy.isv_svn_min, enclave.isv_svn, at, Check::kPolicyIsvSvn, findings);
  const ByteView values[] = {enclave.mrenclave, enclave.mrsigner};
  static_assert(std::size(values) == std::size(kSgxMeasurements));
  apply_measurements(evidence::Tee::kSgx, policy.measurements, values, at, references, findings);
}

}  // namespace atoma::appraisal
