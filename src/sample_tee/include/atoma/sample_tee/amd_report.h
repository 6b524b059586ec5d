// Writes SEV-SNP attestation reports as the firmware would (AMD 56860), signed by a software VCEK
// or VLEK.
//
//   AmdReportTemplate content{.version = 5, .product = Product::kTurin};
//   const Bytes report = make_amd_report(content, vcek_key);
#pragma once

#include "atoma/crypto/signature.h"
#include "atoma/evidence/amd/report.h"

namespace atoma::sample_tee {

// Every field of the table. The defaults pass a strict policy: VMPL 0, no debug, no migration.
struct AmdReportTemplate {
  std::uint32_t version = 3;  // 2, 3 or 5
  evidence::amd::Product product = evidence::amd::Product::kMilan;
  std::uint32_t guest_svn = 0;
  std::uint64_t policy = 0x3001F;  // bit 17, SMT allowed, ABI 0.31
  ByteArray<16> family_id{}, image_id{};
  std::uint32_t vmpl = 0;
  std::uint32_t signature_algorithm = 1;
  std::uint64_t platform_info = 0x25;  // SMT, ECC, alias check complete
  bool author_key_enabled = false;
  bool mask_chip_key = false;
  evidence::amd::SigningKey signing_key = evidence::amd::SigningKey::kVcek;
  ByteArray<64> report_data{};
  ByteArray<48> measurement{};
  ByteArray<32> host_data{};
  ByteArray<48> id_key_digest{}, author_key_digest{};
  ByteArray<32> report_id{}, report_id_ma{};
  evidence::amd::TcbVersion current_tcb, reported_tcb, committed_tcb, launch_tcb;
  evidence::amd::CpuId cpuid;  // all zero: a typical one of `product`; not written in version 2
  ByteArray<64> chip_id{};
  evidence::amd::FirmwareVersion current_firmware{1, 55, 29}, committed_firmware{1, 55, 29};
  std::uint64_t launch_mitigations = 0, current_mitigations = 0;  // written in version 5
};

// All 1,184 bytes, signature zero.
Bytes encode_amd_report(const AmdReportTemplate& content);
// Signs bytes 0 to 0x29F in place.
void sign_amd_report(Bytes& report, const crypto::EcPrivateKey& key);

inline Bytes make_amd_report(const AmdReportTemplate& content, const crypto::EcPrivateKey& key) {
  Bytes report = encode_amd_report(content);
  sign_amd_report(report, key);
  return report;
}

}  // namespace atoma::sample_tee
