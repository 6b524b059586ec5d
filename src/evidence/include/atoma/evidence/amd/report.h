// An SEV-SNP ATTESTATION_REPORT (AMD 56860, table "ATTESTATION_REPORT Structure"), parsed and
// believed by nobody yet: amd::Verifier makes an AuthenticReport of it.
//
//   ATOMA_TRY(const auto report, amd::parse_report(bytes));
//   report->measurement   // a view into `bytes`
#pragma once

#include "atoma/base/result.h"
#include "atoma/evidence/amd/tcb.h"

namespace atoma::evidence::amd {

inline constexpr std::size_t kReportSize = 1184;
// What the signature covers.
inline constexpr std::size_t kReportSignedSize = 0x2A0;

// SIGNING_KEY: which key signed, as the firmware says it.
enum class SigningKey : std::uint8_t { kVcek = 0, kVlek = 1, kNone = 7 };
std::string_view signing_key_name(SigningKey key);

// Guest POLICY.
struct GuestPolicy {
  std::uint64_t raw = 0;

  std::uint8_t abi_minor() const { return static_cast<std::uint8_t>(raw); }
  std::uint8_t abi_major() const { return static_cast<std::uint8_t>(raw >> 8); }
  bool smt_allowed() const { return (raw >> 16 & 1) != 0; }
  bool migration_allowed() const { return (raw >> 18 & 1) != 0; }
  bool debug_allowed() const { return (raw >> 19 & 1) != 0; }
};

// CURRENT and COMMITTED firmware.
struct FirmwareVersion {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  std::uint8_t build = 0;

  friend auto operator<=>(const FirmwareVersion&, const FirmwareVersion&) = default;
};

struct CpuId {
  std::uint8_t family = 0;
  std::uint8_t model = 0;
  std::uint8_t stepping = 0;
};

// Views point into the bytes that were parsed.
struct ReportFields {
  ByteView raw;  // all 1,184 bytes
  std::uint32_t version = 0;
  std::uint32_t guest_svn = 0;
  GuestPolicy policy;
  ByteView family_id, image_id;  // 16 bytes each
  std::uint32_t vmpl = 0;
  RawTcb current_tcb{};
  std::uint64_t platform_info = 0;
  bool author_key_enabled = false;
  bool mask_chip_key = false;
  SigningKey signing_key = SigningKey::kNone;
  ByteView report_data;                       // 64
  ByteView measurement;                       // 48
  ByteView host_data;                         // 32
  ByteView id_key_digest, author_key_digest;  // 48 each
  ByteView report_id, report_id_ma;           // 32 each
  RawTcb reported_tcb{};
  CpuId cpuid;       // version 3 and later; zero before
  ByteView chip_id;  // 64; zero when the platform masks it
  RawTcb committed_tcb{};
  FirmwareVersion current_firmware, committed_firmware;
  RawTcb launch_tcb{};
  std::uint64_t launch_mitigations = 0, current_mitigations = 0;  // version 5
  ByteView signature_r, signature_s;                              // 48 each, little-endian

  bool has_cpuid() const { return version >= 3; }
  bool has_mitigations() const { return version >= 5; }
  bool alias_check_complete() const { return (platform_info >> 5 & 1) != 0; }
};

class SnpReport;
// Versions 2, 3 and 5; nothing is skipped: what a version does not define must be zero. Allocates
// nothing unless it refuses. The result points into `bytes`.
// Errors: "snp.size", "snp.version", "snp.reserved", "snp.policy", "snp.platform_info",
// "snp.signature_algorithm", "snp.signing_key", "snp.signature_padding".
Result<SnpReport> parse_report(ByteView bytes);

// Proof that bytes had the shape of a report; made by parse_report alone.
class SnpReport {
 public:
  const ReportFields& fields() const { return fields_; }
  const ReportFields* operator->() const { return &fields_; }

 private:
  friend Result<SnpReport> parse_report(ByteView bytes);
  explicit SnpReport(const ReportFields& fields) : fields_(fields) {}
  ReportFields fields_;
};

}  // namespace atoma::evidence::amd
