#include "atoma/sample_tee/amd_report.h"

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"

namespace atoma::sample_tee {
namespace {

using evidence::amd::CpuId;
using evidence::amd::FirmwareVersion;
using evidence::amd::kReportSignedSize;
using evidence::amd::kReportSize;
using evidence::amd::Product;
using wire::append_le;

constexpr std::size_t kCoordinate = 48;
constexpr std::size_t kNumberField = 72;

CpuId typical_cpuid(Product product) {
  switch (product) {
    case Product::kGenoa:
      return {0x19, 0x11, 1};
    case Product::kTurin:
      return {0x1A, 0x02, 1};
    case Product::kMilan:
    case Product::kUnknown:
      break;
  }
  return {0x19, 0x01, 1};
}

void append_firmware(Bytes& out, FirmwareVersion firmware) {
  append(out, Bytes{firmware.build, firmware.minor, firmware.major, 0});
}

void append_guest(Bytes& out, const AmdReportTemplate& in) {
  append_le(out, in.version, 4);
  append_le(out, in.guest_svn, 4);
  append_le(out, in.policy, 8);
  append(out, in.family_id);
  append(out, in.image_id);
  append_le(out, in.vmpl, 4);
  append_le(out, in.signature_algorithm, 4);
  append(out, encode_tcb(in.current_tcb, in.product));
  append_le(out, in.platform_info, 8);
  const auto key_info = static_cast<unsigned>(in.signing_key) << 2 | (in.mask_chip_key ? 2u : 0u) |
                        (in.author_key_enabled ? 1u : 0u);
  append_le(out, key_info, 4);
  append_le(out, 0, 4);
  append(out, in.report_data);
  append(out, in.measurement);
  append(out, in.host_data);
  append(out, in.id_key_digest);
  append(out, in.author_key_digest);
  append(out, in.report_id);
  append(out, in.report_id_ma);
}

}  // namespace

Bytes encode_amd_report(const AmdReportTemplate& in) {
  Bytes out;
  out.reserve(kReportSize);
  append_guest(out, in);
  append(out, encode_tcb(in.reported_tcb, in.product));
  if (in.version >= 3) {
    const bool given = (in.cpuid.family | in.cpuid.model | in.cpuid.stepping) != 0;
    const CpuId cpuid = given ? in.cpuid : typical_cpuid(in.product);
    append(out, Bytes{cpuid.family, cpuid.model, cpuid.stepping});
  }
  out.resize(0x1A0);
  append(out, in.chip_id);
  append(out, encode_tcb(in.committed_tcb, in.product));
  append_firmware(out, in.current_firmware);
  append_firmware(out, in.committed_firmware);
  append(out, encode_tcb(in.launch_tcb, in.product));
  if (in.version >= 5) {
    append_le(out, in.launch_mitigations, 8);
    append_le(out, in.current_mitigations, 8);
  }
  out.resize(kReportSize);
  return out;
}

void sign_amd_report(Bytes& report, const crypto::EcPrivateKey& key) {
  ATOMA_CHECK(report.size() == kReportSize && key.curve() == crypto::Curve::kP384);
  const Bytes raw = key.sign(ByteView(report).first(kReportSignedSize));
  const auto field = [&](std::size_t i) {
    return std::span(report).subspan(kReportSignedSize + i * kNumberField, kCoordinate);
  };
  std::ranges::reverse_copy(ByteView(raw).first(kCoordinate), field(0).begin());
  std::ranges::reverse_copy(ByteView(raw).last(kCoordinate), field(1).begin());
}

}  // namespace atoma::sample_tee
