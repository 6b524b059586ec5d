// An appraisal policy: what a relying party accepts, as data (docs/POLICY.md,
// api/policy.schema.json). Written in YAML or JSON.
//
// Every field must be written down. "Don't check this" is said as {accept_any: "reason"}, and the
// reason is part of the policy's hash.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/appraisal/cca_policy.h"
#include "atoma/appraisal/composite_policy.h"
#include "atoma/appraisal/event_log_policy.h"
#include "atoma/appraisal/nitro_policy.h"
#include "atoma/appraisal/nvidia_policy.h"
#include "atoma/appraisal/rule.h"
#include "atoma/appraisal/snp_policy.h"
#include "atoma/appraisal/vtpm_policy.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/crypto/digest.h"
#include "atoma/evidence/intel/tcb.h"

namespace atoma::appraisal {

// Which advisories a platform may be affected by.
struct AdvisoryRule {
  bool forbid_listed = false;  // false: only the listed are accepted; true: all but the listed
  AnyOf<std::string> listed;

  bool admits(std::string_view advisory) const;
};

// What SGX and TDX share.
struct IntelTcbPolicy {
  AnyOf<evidence::intel::TcbStatus> status;
  Bound<Time> date_min;
  Bound<std::uint64_t> evaluation_number_min;
  AdvisoryRule advisories;
  Bound<std::uint64_t> collateral_age_max_days;
  // Configuration flags of platform PCK certificates that must not be set.
  Require no_dynamic_platform, no_cached_keys, no_smt;
};

struct TdxPolicy {
  IntelTcbPolicy tcb;
  Require no_debug, no_migration, sept_ve_disable, no_service_td;
  Bound<std::uint64_t> xfam_allowed;
  std::vector<MeasurementRule> measurements;  // kTdxMeasurements, in that order
};

struct SgxPolicy {
  IntelTcbPolicy tcb;
  Require no_debug;
  AnyOf<std::uint64_t> isv_prod_id;
  Bound<std::uint64_t> isv_svn_min;
  std::vector<MeasurementRule> measurements;  // kSgxMeasurements, in that order
};

// Software roots whose evidence counts as a sample; never in production.
struct SamplePolicy {
  std::vector<crypto::Digest256> roots;  // SHA-256 of the root certificate's DER
};

inline constexpr std::string_view kTdxMeasurements[] = {
    "mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mrseam", "mrconfigid", "mrowner", "mrownerconfig"};
inline constexpr std::string_view kSgxMeasurements[] = {"mrenclave", "mrsigner"};

struct Policy {
  std::string name;
  Require revocation_known;
  Require report_data_bound;  // the relying party must say what it expects
  // A TEE without a section is not accepted.
  std::optional<TdxPolicy> tdx;
  std::optional<SgxPolicy> sgx;
  std::optional<SnpPolicy> snp;
  std::optional<NvidiaPolicy> nvidia;
  std::optional<NitroPolicy> nitro;
  std::optional<CcaPolicy> cca;
  // Beside the section of the TEE that vouches for it: snp or tdx.
  std::optional<VtpmPolicy> vtpm;
  // Event logs beside evidence; without this section a log is refused.
  std::optional<EventLogPolicy> event_log;
  // Evidence of a CPU and its GPUs together; without this section it is refused.
  std::optional<CompositePolicy> composite;
  std::optional<SamplePolicy> sample;
  crypto::Digest256 digest{};  // SHA-256 of the policy's text as given

  // The strict default: UpToDate platforms with known revocation, nothing of debug, no foreign
  // service TD, SNP version 3 or later at VMPL 0 with a chip id. It names no reference values:
  // `why_no_measurements` says why that is right for this use.
  static Policy strict(const std::string& why_no_measurements);
};

// YAML or JSON. Errors: "policy.too_large", "policy.version", those of PolicyReader ("policy.
// missing_field", "policy.unknown_field", "policy.field", "policy.reason") and of parse_yaml.
Result<Policy> parse_policy(std::string_view text);

}  // namespace atoma::appraisal
