// TCB levels and how a platform's status comes out of them (Intel PCS v4, "TCB info" and "Enclave
// identity"; brief procedure in docs/EVIDENCE.md). Facts only: whether a status is acceptable is
// for a policy.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/time.h"
#include "atoma/evidence/intel/pck.h"
#include "atoma/wire/json.h"

namespace atoma::evidence::intel {

enum class TcbStatus : std::uint8_t {
  kNotSupported = 0,  // no level fits
  kRevoked,
  kOutOfDateConfigurationNeeded,
  kOutOfDate,
  kTdRelaunchAdvisedConfigurationNeeded,
  kTdRelaunchAdvised,
  kConfigurationAndSwHardeningNeeded,
  kConfigurationNeeded,
  kSwHardeningNeeded,
  kUpToDate,
};
std::string_view tcb_status_name(TcbStatus status);  // "UpToDate", …
std::optional<TcbStatus> tcb_status_from_name(std::string_view name);

// 16 bits each: Intel's own synthetic samples use more than 8.
using TcbComponents = std::array<std::uint16_t, 16>;

struct TcbLevel {
  std::uint16_t isv_svn = 0;       // module and QE levels
  TcbComponents sgx_components{};  // platform levels
  std::optional<TcbComponents> tdx_components;
  std::uint16_t pce_svn = 0;
  TcbStatus status = TcbStatus::kNotSupported;
  Time date;
  std::vector<std::string> advisories;
};

struct TdxModule {
  std::uint8_t version = 0;  // of a "TDX_<hex>" identity; 0 for the plain tdxModule
  ByteArray<48> mrsigner{};
  ByteArray<8> attributes{};
  ByteArray<8> attributes_mask{};
  std::vector<TcbLevel> levels;
};

struct TcbInfo {
  bool is_tdx = false;
  std::uint64_t version = 0;
  Time issue_date, next_update;
  ByteArray<6> fmspc{};
  ByteArray<2> pce_id{};
  std::uint32_t evaluation_number = 0;
  std::optional<TdxModule> module;
  std::vector<TdxModule> module_identities;
  std::vector<TcbLevel> levels;  // in the order served, which is the order of the search
};

struct QeIdentity {
  std::string id;  // "QE" or "TD_QE"
  std::uint64_t version = 0;
  Time issue_date, next_update;
  std::uint32_t evaluation_number = 0;
  ByteArray<4> misc_select{}, misc_select_mask{};
  ByteArray<16> attributes{}, attributes_mask{};
  ByteArray<32> mrsigner{};
  std::uint16_t isv_prod_id = 0;
  std::vector<TcbLevel> levels;
};

// Errors: "tcb_info.format" / "qe_identity.format" with the member that is absent or wrong;
// the object alone: who signed it is for the verifier.
Result<TcbInfo> parse_tcb_info(const wire::JsonValue& signed_object);
Result<QeIdentity> parse_qe_identity(const wire::JsonValue& signed_object);

// The result of a search: the status that all parts together have, and the levels it came from.
struct TcbEvaluation {
  TcbStatus status = TcbStatus::kNotSupported;
  Time date;  // the oldest of the levels
  // Platform, module, QE; null where there is none. They point into TcbInfo and QeIdentity.
  std::array<const TcbLevel*, 3> levels{};
};

const TdxModule* find_module(const TcbInfo& info, std::uint8_t version);
const TcbLevel* find_isv_level(const std::vector<TcbLevel>& levels, std::uint16_t isv_svn);
// `tee_tcb_svn` is empty for SGX.
const TcbLevel* find_platform_level(const TcbInfo& info, const PckInfo& pck, ByteView tee_tcb_svn);

// Procedure steps 10 to 12: platform level, module level, convergence with the QE's level.
TcbEvaluation evaluate_tcb(const TcbInfo& info, const PckInfo& pck, ByteView tee_tcb_svn,
                           const TcbLevel* qe_level);
// Step 13: launch status against what a relaunch would have.
TcbStatus relaunch_status(TcbStatus launch, TcbStatus now);

}  // namespace atoma::evidence::intel
