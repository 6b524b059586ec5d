#include "atoma/evidence/amd/report.h"

#include <format>

#include "atoma/wire/reader.h"

namespace atoma::evidence::amd {
namespace {

using wire::Reader;

// POLICY: bits 0 to 25 are defined and bit 17 is always one (56860, "Guest Policy").
constexpr std::uint64_t kPolicyDefined = (std::uint64_t{1} << 26) - 1;
constexpr std::uint64_t kPolicyAlwaysOne = std::uint64_t{1} << 17;
// PLATFORM_INFO: bits 0 to 5 and 7.
constexpr std::uint64_t kPlatformInfoDefined = 0xBF;
constexpr std::uint32_t kKeyInfoDefined = 0x1F;
constexpr std::uint32_t kEcdsaP384Sha384 = 1;
constexpr std::size_t kNumberSize = 48;
constexpr std::size_t kNumberField = 72;

// Reads the layout; `reserved` says whether everything skipped so far was zero.
struct ReportReader {
  Reader in;
  bool reserved_zero = true;
  ReportFields out{};
  std::uint32_t signature_algorithm = 0;
  std::uint32_t key_info = 0;

  void skip(std::size_t size) { reserved_zero &= all_zero(in.take(size)); }

  FirmwareVersion firmware() {
    const auto build = in.u8();
    const auto minor = in.u8();
    const auto major = in.u8();
    skip(1);
    return {major, minor, build};
  }

  void read_guest() {
    out.version = in.u32_le();
    out.guest_svn = in.u32_le();
    out.policy.raw = in.u64_le();
    out.family_id = in.take(16);
    out.image_id = in.take(16);
    out.vmpl = in.u32_le();
    signature_algorithm = in.u32_le();
    out.current_tcb = in.take_array<8>();
    out.platform_info = in.u64_le();
    key_info = in.u32_le();
    skip(4);
    out.report_data = in.take(64);
    out.measurement = in.take(48);
    out.host_data = in.take(32);
    out.id_key_digest = in.take(48);
    out.author_key_digest = in.take(48);
    out.report_id = in.take(32);
    out.report_id_ma = in.take(32);
  }

  void read_platform() {
    out.reported_tcb = in.take_array<8>();
    if (out.has_cpuid()) {
      out.cpuid.family = in.u8();
      out.cpuid.model = in.u8();
      out.cpuid.stepping = in.u8();
    } else {
      skip(3);
    }
    skip(21);
    out.chip_id = in.take(64);
    out.committed_tcb = in.take_array<8>();
    out.current_firmware = firmware();
    out.committed_firmware = firmware();
    out.launch_tcb = in.take_array<8>();
    if (out.has_mitigations()) {
      out.launch_mitigations = in.u64_le();
      out.current_mitigations = in.u64_le();
    } else {
      skip(16);
    }
    skip(kReportSignedSize - in.position());
  }
};

bool known_version(std::uint32_t version) { return version == 2 || version == 3 || version == 5; }

Status check_words(const ReportReader& read) {
  const std::uint64_t policy = read.out.policy.raw;
  if ((policy & ~kPolicyDefined) != 0 || (policy & kPolicyAlwaysOne) == 0) {
    return malformed("snp.policy",
                     std::format("POLICY {:#x}: bit 17 must be one, bits above 25 zero", policy));
  }
  if ((read.out.platform_info & ~kPlatformInfoDefined) != 0) {
    return malformed("snp.platform_info",
                     std::format("PLATFORM_INFO {:#x} has reserved bits", read.out.platform_info));
  }
  if (read.signature_algorithm != kEcdsaP384Sha384) {
    return malformed(
        "snp.signature_algorithm",
        std::format("expected 1 (ECDSA P-384 with SHA-384), found {}", read.signature_algorithm));
  }
  return {};
}

Status read_key_info(std::uint32_t key_info, ReportFields& out) {
  const std::uint32_t key = key_info >> 2 & 7;
  if (key != 0 && key != 1 && key != 7) {
    return malformed("snp.signing_key", std::format("SIGNING_KEY {} is reserved", key));
  }
  out.author_key_enabled = (key_info & 1) != 0;
  out.mask_chip_key = (key_info & 2) != 0;
  out.signing_key = static_cast<SigningKey>(key);
  return {};
}

// R and S fill 48 of their 72 bytes; the rest of the 512 is zero (56860, "SIGNATURE").
bool read_signature(Reader& in, ReportFields& out) {
  const ByteView r = in.take(kNumberField);
  const ByteView s = in.take(kNumberField);
  out.signature_r = r.first(kNumberSize);
  out.signature_s = s.first(kNumberSize);
  return all_zero(r.subspan(kNumberSize)) && all_zero(s.subspan(kNumberSize)) &&
         all_zero(in.rest());
}

}  // namespace

std::string_view signing_key_name(SigningKey key) {
  switch (key) {
    case SigningKey::kVcek:
      return "VCEK";
    case SigningKey::kVlek:
      return "VLEK";
    case SigningKey::kNone:
      return "none";
  }
  return "none";
}

Result<SnpReport> parse_report(ByteView bytes) {
  if (bytes.size() != kReportSize) {
    return malformed("snp.size",
                     std::format("a report has {} bytes, this one {}", kReportSize, bytes.size()));
  }
  ReportReader read{.in = Reader(bytes)};
  read.read_guest();
  if (!known_version(read.out.version)) {
    return malformed("snp.version",
                     std::format("versions 2, 3 and 5 are known, found {}", read.out.version));
  }
  read.read_platform();
  if (!read.reserved_zero || (read.key_info & ~kKeyInfoDefined) != 0) {
    return malformed("snp.reserved",
                     std::format("a byte that version {} reserves is not zero", read.out.version));
  }
  ATOMA_TRY_VOID(check_words(read));
  ATOMA_TRY_VOID(read_key_info(read.key_info, read.out));
  if (!read_signature(read.in, read.out)) {
    return malformed("snp.signature_padding", "R, S and the rest are not padded with zeros");
  }
  read.out.raw = bytes;
  return SnpReport(read.out);
}

}  // namespace atoma::evidence::amd
