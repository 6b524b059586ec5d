#include "atoma/evidence/intel/tcb.h"

#include <algorithm>

#include "atoma/base/check.h"

namespace atoma::evidence::intel {
namespace {

constexpr std::pair<TcbStatus, std::string_view> kNames[] = {
    {TcbStatus::kNotSupported, "NotSupported"},
    {TcbStatus::kRevoked, "Revoked"},
    {TcbStatus::kOutOfDateConfigurationNeeded, "OutOfDateConfigurationNeeded"},
    {TcbStatus::kOutOfDate, "OutOfDate"},
    {TcbStatus::kTdRelaunchAdvisedConfigurationNeeded, "TDRelaunchAdvisedConfigurationNeeded"},
    {TcbStatus::kTdRelaunchAdvised, "TDRelaunchAdvised"},
    {TcbStatus::kConfigurationAndSwHardeningNeeded, "ConfigurationAndSWHardeningNeeded"},
    {TcbStatus::kConfigurationNeeded, "ConfigurationNeeded"},
    {TcbStatus::kSwHardeningNeeded, "SWHardeningNeeded"},
    {TcbStatus::kUpToDate, "UpToDate"},
};

bool all_at_least(ByteView have, const TcbComponents& need, std::size_t from) {
  for (std::size_t i = from; i < need.size(); ++i) {
    if (have[i] < need[i]) return false;
  }
  return true;
}

bool needs_configuration(TcbStatus status) {
  return status == TcbStatus::kConfigurationNeeded ||
         status == TcbStatus::kConfigurationAndSwHardeningNeeded ||
         status == TcbStatus::kOutOfDateConfigurationNeeded;
}

// Step 12 for one component (module or QE) against the platform's status.
TcbStatus converge(TcbStatus platform, TcbStatus component) {
  if (platform == TcbStatus::kNotSupported || component == TcbStatus::kNotSupported) {
    return TcbStatus::kNotSupported;
  }
  if (platform == TcbStatus::kRevoked || component == TcbStatus::kRevoked) {
    return TcbStatus::kRevoked;
  }
  const bool component_old =
      component == TcbStatus::kOutOfDate || component == TcbStatus::kOutOfDateConfigurationNeeded;
  if (!component_old) return platform;
  switch (platform) {
    case TcbStatus::kUpToDate:
    case TcbStatus::kSwHardeningNeeded:
      return TcbStatus::kOutOfDate;
    case TcbStatus::kConfigurationNeeded:
    case TcbStatus::kConfigurationAndSwHardeningNeeded:
      return TcbStatus::kOutOfDateConfigurationNeeded;
    default:
      return platform;
  }
}

}  // namespace

std::string_view tcb_status_name(TcbStatus status) {
  for (const auto& [value, name] : kNames) {
    if (value == status) return name;
  }
  return "NotSupported";
}

std::optional<TcbStatus> tcb_status_from_name(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

const TdxModule* find_module(const TcbInfo& info, std::uint8_t version) {
  if (version == 0) return info.module ? &*info.module : nullptr;
  for (const auto& module : info.module_identities) {
    if (module.version == version) return &module;
  }
  return nullptr;
}

const TcbLevel* find_isv_level(const std::vector<TcbLevel>& levels, std::uint16_t isv_svn) {
  for (const auto& level : levels) {
    if (level.isv_svn <= isv_svn) return &level;
  }
  return nullptr;
}

const TcbLevel* find_platform_level(const TcbInfo& info, const PckInfo& pck, ByteView tee_tcb_svn) {
  // Components 0 and 1 describe the TDX module; once it has a version of its own (SVN[1] > 0) they
  // are judged by the module's identity and not here.
  const std::size_t from = !tee_tcb_svn.empty() && tee_tcb_svn[1] > 0 ? 2 : 0;
  for (const auto& level : info.levels) {
    if (!all_at_least(pck.tcb_components, level.sgx_components, 0)) continue;
    if (pck.pce_svn < level.pce_svn) continue;
    if (tee_tcb_svn.empty()) return &level;
    if (level.tdx_components && all_at_least(tee_tcb_svn, *level.tdx_components, from)) {
      return &level;
    }
  }
  return nullptr;
}

TcbEvaluation evaluate_tcb(const TcbInfo& info, const PckInfo& pck, ByteView tee_tcb_svn,
                           const TcbLevel* qe_level) {
  ATOMA_CHECK(tee_tcb_svn.empty() || tee_tcb_svn.size() == 16);
  TcbEvaluation result;
  result.levels[0] = find_platform_level(info, pck, tee_tcb_svn);
  result.levels[2] = qe_level;
  const bool versioned_module = !tee_tcb_svn.empty() && tee_tcb_svn[1] > 0;
  if (versioned_module) {
    const TdxModule* module = find_module(info, tee_tcb_svn[1]);
    result.levels[1] = module == nullptr ? nullptr : find_isv_level(module->levels, tee_tcb_svn[0]);
  }
  const bool complete =
      result.levels[0] && result.levels[2] && (result.levels[1] || !versioned_module);
  if (!complete) return result;
  result.status = result.levels[0]->status;
  result.date = result.levels[0]->date;
  for (const TcbLevel* component : {result.levels[1], result.levels[2]}) {
    if (component == nullptr) continue;
    result.status = converge(result.status, component->status);
    result.date = std::min(result.date, component->date);
  }
  return result;
}

TcbStatus relaunch_status(TcbStatus launch, TcbStatus now) {
  if (now == TcbStatus::kNotSupported || now == TcbStatus::kRevoked) return now;
  const bool launch_old =
      launch == TcbStatus::kOutOfDate || launch == TcbStatus::kOutOfDateConfigurationNeeded;
  const bool now_good = now == TcbStatus::kUpToDate || now == TcbStatus::kSwHardeningNeeded ||
                        now == TcbStatus::kConfigurationNeeded ||
                        now == TcbStatus::kConfigurationAndSwHardeningNeeded;
  if (!launch_old || !now_good) return launch;
  return needs_configuration(launch) || needs_configuration(now)
             ? TcbStatus::kTdRelaunchAdvisedConfigurationNeeded
             : TcbStatus::kTdRelaunchAdvised;
}

}  // namespace atoma::evidence::intel
