// What a relying party accepts of SEV-SNP guests, and its appraisal.
#pragma once

#include <string_view>
#include <vector>

#include "atoma/appraisal/reference_values.h"
#include "atoma/appraisal/rule.h"
#include "atoma/evidence/amd/verify.h"
#include "atoma/evidence/finding.h"

namespace atoma::appraisal {

class PolicyReader;

// POLICY.ABI of the guest: the lowest firmware ABI that may run it.
struct AbiVersion {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;

  friend auto operator<=>(const AbiVersion&, const AbiVersion&) = default;
};

struct SnpMeasurement {
  std::string_view name;
  std::size_t size;
};
inline constexpr SnpMeasurement kSnpMeasurements[] = {
    {"measurement", 48},       {"host_data", 32}, {"id_key_digest", 48},
    {"author_key_digest", 48}, {"family_id", 16}, {"image_id", 16}};

struct SnpPolicy {
  // What is admitted beyond versions 3 and 5, and VMPL 0, stays visible as excused.
  AnyOf<std::uint64_t> report_versions, vmpl;
  Require chip_id_proven;  // no VLEK, no masked CHIP_ID
  Require no_debug, no_migration, no_smt;
  Require alias_check;  // PLATFORM_INFO: the firmware looked for memory aliases
  Bound<AbiVersion> abi_min;
  // Of REPORTED, COMMITTED and LAUNCH_TCB, component by component.
  Bound<evidence::amd::TcbVersion> tcb_min_milan, tcb_min_genoa, tcb_min_turin;
  // Of CURRENT and COMMITTED firmware.
  Bound<evidence::amd::FirmwareVersion> firmware_min;
  // Bits that both mitigation vectors must have; reports before version 5 have none.
  Bound<std::uint64_t> mitigations_required;
  Bound<std::uint64_t> guest_svn_min;
  std::vector<MeasurementRule> measurements;  // kSnpMeasurements, in that order

  // Versions 3 and 5, VMPL 0, a proven chip id, no debug, no migration; nothing else is asked.
  static SnpPolicy strict();
};

// The section accept.snp. Errors come out of the reader's finish().
SnpPolicy read_snp_policy(PolicyReader& in);

// Adds policy.* findings. REPORT_DATA, revocation and sample roots are the caller's, for every TEE.
void appraise_snp(const evidence::amd::AuthenticReport& report, const SnpPolicy& policy, Time at,
                  References& references, evidence::Findings& findings);

}  // namespace atoma::appraisal
