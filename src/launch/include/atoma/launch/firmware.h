// OVMF builds: what their footer says of confidential launches (OVMF, ResetVector: the GUIDed table
// at the end of the image). Parsing only finds things; snp.h and tdx.h say what they measure.
#pragma once

#include <optional>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::launch {

// OvmfPkg's SEV metadata section types.
enum class SnpSectionType : std::uint32_t {
  kMemory = 1,
  kSecrets = 2,
  kCpuid = 3,
  kSvsmCallingArea = 4,
  kKernelHashes = 0x10,
};

struct SnpSection {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  SnpSectionType type = SnpSectionType::kMemory;
};

// Intel TDVF design guide §11: metadata section types.
enum class TdvfSectionType : std::uint32_t {
  kBootFirmware = 0,
  kConfiguration = 1,
  kTdHob = 2,
  kTemporaryMemory = 3,
  kPermanentMemory = 4,
  kPayload = 5,
  kPayloadParameter = 6,
};

struct TdvfSection {
  ByteView data;  // into the image; empty for memory
  std::uint64_t address = 0;
  std::uint64_t memory_size = 0;
  TdvfSectionType type = TdvfSectionType::kBootFirmware;
  bool extended = false;          // MR.EXTEND: its contents are measured
  bool added_at_runtime = false;  // PAGE.AUG: it is no part of the launch
};

// Where the hashes of kernel, initrd and command line go.
struct HashTable {
  std::uint32_t address = 0;
  std::uint32_t size = 0;
};

// Views point into the image.
struct Firmware {
  ByteView image;                        // ends at 4 GiB
  std::vector<SnpSection> snp_sections;  // empty: no SEV metadata
  std::optional<HashTable> hash_table;
  std::optional<std::uint32_t> ap_reset;   // where APs start under SEV-ES
  std::vector<TdvfSection> tdvf_sections;  // empty: no TDX metadata

  std::uint64_t address() const { return (std::uint64_t{1} << 32) - image.size(); }
};

// Errors: "firmware.size" (not whole pages, more than kFirmwareMax), "firmware.footer",
// "firmware.snp_metadata", "firmware.tdx_metadata".
inline constexpr std::size_t kFirmwareMax = 64 * 1024 * 1024;
Result<Firmware> parse_firmware(ByteView image);

}  // namespace atoma::launch
