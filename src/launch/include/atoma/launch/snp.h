// The launch digest of an SEV-SNP guest under QEMU and KVM: what MEASUREMENT will be (AMD 56860,
// "Page Digest Chain": SNP_LAUNCH_UPDATE and SNP_LAUNCH_FINISH).
//
// In the order of QEMU: the firmware's pages, the sections of its SEV metadata, and one VMSA per
// vCPU. Another hypervisor starts vCPUs with other registers and has another digest.
#pragma once

#include <optional>
#include <string_view>

#include "atoma/crypto/digest.h"
#include "atoma/launch/firmware.h"

namespace atoma::launch {

// What is booted without a disk; its hashes go into the firmware's table.
struct DirectBoot {
  ByteView kernel;
  ByteView initrd;
  std::string_view command_line;
};

struct SnpLaunch {
  const Firmware* firmware = nullptr;
  std::size_t vcpus = 1;
  // CPUID 1.EAX of the vCPU model (vcpu_signature).
  std::uint32_t vcpu_signature = 0;
  std::uint64_t guest_features = 1;  // SEV_FEATURES: SNP active
  std::optional<DirectBoot> boot;
};

inline constexpr std::size_t kVcpusMax = 1024;

// QEMU's names: "EPYC-v4", "EPYC-Rome", "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin"; with or without a
// version. Nothing for others.
std::optional<std::uint32_t> vcpu_signature(std::string_view model);

// Errors: "launch.snp.metadata" (the firmware has none), "launch.snp.hash_table" (a direct boot,
// and no place for its hashes, or one that does not fit in its page), "launch.snp.ap_reset"
// (several vCPUs, and no address for them), "launch.snp.vcpus".
Result<crypto::Digest384> measure_snp(const SnpLaunch& launch);

}  // namespace atoma::launch
