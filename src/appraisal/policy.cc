#include "atoma/appraisal/policy.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"
#include "atoma/wire/yaml.h"
#include "policy_reader.h"

namespace atoma::appraisal {

// What windows accept are advisories, never all but some.
static bool add_window(AdvisoryRule& to, AdvisoryRule rule, Time until, std::string reason) {
  return add_window(to.listed, std::move(rule.listed), until, std::move(reason)) &&
         !rule.forbid_listed;
}

namespace {

using evidence::intel::TcbStatus;

constexpr std::uint64_t kPolicyVersion = 1;

AnyOf<TcbStatus> read_statuses(PolicyReader& in, std::string_view field) {
  const auto names = in.any_of_text(field);
  AnyOf<TcbStatus> out;
  out.accept_any = names.accept_any;
  out.accept_any_reason = names.accept_any_reason;
  for (const auto& name : names.values) {
    const auto status = evidence::intel::tcb_status_from_name(name);
    if (!status) in.fail(field, "Intel's names, like UpToDate or SWHardeningNeeded");
    out.values.push_back(status.value_or(TcbStatus::kNotSupported));
  }
  return out;
}

// advisories: [accepted ids], or {forbid: [ids]}, or {accept_any: "reason"}.
AdvisoryRule read_advisories(PolicyReader& in, std::string_view field) {
  AdvisoryRule rule;
  if (!in.is_object_with(field, "forbid")) {
    rule.listed = in.any_of_text(field);
    return rule;
  }
  rule.forbid_listed = true;
  in.object(field, [&](PolicyReader& forbid) {
    rule.listed = forbid.any_of_text("forbid");
    if (rule.listed.accept_any) forbid.fail("forbid", "a list of advisory ids");
  });
  return rule;
}

Bound<Time> read_time(PolicyReader& in, std::string_view field) { return in.bound_time(field); }

IntelTcbPolicy read_intel_tcb(PolicyReader& in) {
  IntelTcbPolicy out;
  out.status = in.windowed("tcb_status", read_statuses);
  out.date_min = in.windowed("tcb_date_min", read_time);
  out.evaluation_number_min = in.windowed_u64("tcb_evaluation_number_min");
  out.advisories = in.windowed("advisories", read_advisories);
  out.collateral_age_max_days = in.windowed_u64("collateral_age_max_days");
  in.object("pck", [&](PolicyReader& pck) {
    out.no_dynamic_platform = pck.require("dynamic_platform", "forbid");
    out.no_cached_keys = pck.require("cached_keys", "forbid");
    out.no_smt = pck.require("smt", "forbid");
  });
  return out;
}

template <std::size_t N>
std::vector<MeasurementRule> read_measurements(PolicyReader& in, const std::string_view (&names)[N],
                                               std::size_t size) {
  std::vector<MeasurementRule> out;
  in.object("measurements", [&](PolicyReader& list) {
    for (const auto name : names) {
      out.push_back(list.measurement(name, size));
    }
  });
  return out;
}

TdxPolicy read_tdx(PolicyReader& in) {
  TdxPolicy out;
  out.tcb = read_intel_tcb(in);
  out.no_debug = in.require("debug", "forbid");
  out.no_migration = in.require("migration", "forbid");
  out.sept_ve_disable = in.require("sept_ve_disable", "require");
  out.no_service_td = in.require("service_td", "forbid");
  out.xfam_allowed = in.bound_mask("xfam_allowed");
  out.measurements = read_measurements(in, kTdxMeasurements, 48);
  return out;
}

SgxPolicy read_sgx(PolicyReader& in) {
  SgxPolicy out;
  out.tcb = read_intel_tcb(in);
  out.no_debug = in.require("debug", "forbid");
  out.isv_prod_id = in.any_of_u64("isv_prod_id");
  out.isv_svn_min = in.bound_u64("isv_svn_min");
  out.measurements = read_measurements(in, kSgxMeasurements, 32);
  return out;
}

SamplePolicy read_sample(PolicyReader& in) {
  SamplePolicy out;
  const auto roots = in.any_of_bytes("roots", 32);
  if (roots.accept_any || roots.values.empty()) in.fail("roots", "a list of SHA-256 values");
  for (const auto& root : roots.values) {
    std::ranges::copy(root, out.roots.emplace_back().begin());
  }
  return out;
}

void read_accept(PolicyReader& in, Policy& policy) {
  in.optional_object("tdx", [&](PolicyReader& section) { policy.tdx = read_tdx(section); });
  in.optional_object("sgx", [&](PolicyReader& section) { policy.sgx = read_sgx(section); });
  in.optional_object("snp", [&](PolicyReader& section) { policy.snp = read_snp_policy(section); });
  in.optional_object("nvidia",
                     [&](PolicyReader& section) { policy.nvidia = read_nvidia_policy(section); });
  in.optional_object("nitro",
                     [&](PolicyReader& section) { policy.nitro = read_nitro_policy(section); });
  in.optional_object("cca", [&](PolicyReader& section) { policy.cca = read_cca_policy(section); });
  in.optional_object("vtpm",
                     [&](PolicyReader& section) { policy.vtpm = read_vtpm_policy(section); });
  in.optional_object("event_log", [&](PolicyReader& section) {
    policy.event_log = read_event_log_policy(section);
  });
  in.optional_object("composite", [&](PolicyReader& section) {
    policy.composite = read_composite_policy(section);
  });
  in.optional_object("sample",
                     [&](PolicyReader& section) { policy.sample = read_sample(section); });
  if (!policy.tdx && !policy.sgx && !policy.snp && !policy.nvidia && !policy.nitro && !policy.cca &&
      !policy.vtpm) {
    in.fail("tdx", "at least one of tdx, sgx, snp, nvidia, nitro, cca, vtpm");
  }
}

IntelTcbPolicy strict_tcb() {
  const std::string why = "the strict default sets no bound of its own";
  return {.status = AnyOf<TcbStatus>::one_of({TcbStatus::kUpToDate}),
          .date_min = Bound<Time>::any(why),
          .evaluation_number_min = Bound<std::uint64_t>::any(why),
          .advisories = {false, AnyOf<std::string>::any(why)},
          .collateral_age_max_days = Bound<std::uint64_t>::any("its nextUpdate is the bound"),
          .no_dynamic_platform = Require::any(why),
          .no_cached_keys = Require::any(why),
          .no_smt = Require::any(why)};
}

template <std::size_t N>
std::vector<MeasurementRule> any_measurements(const std::string_view (&names)[N],
                                              const std::string& reason) {
  std::vector<MeasurementRule> out;
  for (const auto name : names) out.push_back({std::string(name), AnyOf<Bytes>::any(reason)});
  return out;
}

}  // namespace

bool AdvisoryRule::admits(std::string_view advisory) const {
  return listed.accept_any || listed.admits(advisory) != forbid_listed;
}

Policy Policy::strict(const std::string& why_no_measurements) {
  Policy policy;
  policy.name = "strict";
  policy.report_data_bound = Require::any("the caller compares report data or has no nonce");
  policy.tdx = TdxPolicy{
      .tcb = strict_tcb(),
      .no_debug = Require::strict(),
      .no_migration = Require::strict(),
      .sept_ve_disable = Require::any("some clouds run TDs without it"),
      .no_service_td = Require::strict(),
      .xfam_allowed = Bound<std::uint64_t>::any("the strict default names no extended features"),
      .measurements = any_measurements(kTdxMeasurements, why_no_measurements)};
  policy.sgx = SgxPolicy{.tcb = strict_tcb(),
                         .no_debug = Require::strict(),
                         .isv_prod_id = AnyOf<std::uint64_t>::any(why_no_measurements),
                         .isv_svn_min = Bound<std::uint64_t>::any(why_no_measurements),
                         .measurements = any_measurements(kSgxMeasurements, why_no_measurements)};
  policy.snp = SnpPolicy::strict();
  policy.nvidia = NvidiaPolicy::strict();
  policy.nitro = NitroPolicy::strict(why_no_measurements);
  policy.cca = CcaPolicy::strict(why_no_measurements);
  policy.vtpm = VtpmPolicy::strict(why_no_measurements);
  policy.event_log = EventLogPolicy::strict();
  policy.composite = CompositePolicy::strict();
  policy.digest = crypto::sha256(as_bytes("strict: " + why_no_measurements));
  return policy;
}

Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > limits::kPolicyMax) {
    return malformed("policy.too_large",
                     std::format("{} bytes; at most {} are read", text.size(), limits::kPolicyMax));
  }
  // JSON is YAML, but the strict reader knows JSON's own escapes and errors better.
  const auto start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string_view::npos && text[start] == '{';
  auto parsed = json ? wire::JsonDocument::parse(text) : wire::parse_yaml(text);
  ATOMA_TRY(const auto document, std::move(parsed));
  const wire::JsonValue* version = document.root().find("atoma_policy");
  if (version == nullptr || version->unsigned_integer() != kPolicyVersion) {
    return malformed("policy.version", "expected the member atoma_policy: 1");
  }
  PolicyReader in(document.root(), "policy");
  Policy policy;
  in.bound_u64("atoma_policy");
  policy.name = in.text("name");
  policy.revocation_known = in.require("revocation", "require");
  policy.report_data_bound = in.require("report_data", "require");
  in.object("accept", [&](PolicyReader& accept) { read_accept(accept, policy); });
  ATOMA_TRY_VOID(in.finish());
  policy.digest = crypto::sha256(as_bytes(text));
  return policy;
}

}  // namespace atoma::appraisal
