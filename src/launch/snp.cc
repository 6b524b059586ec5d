#include "atoma/launch/snp.h"

#include <format>

#include "atoma/wire/reader.h"

namespace atoma::launch {
namespace {

using crypto::Digest384;
using Page = ByteArray<4096>;

constexpr std::size_t kPageSize = 4096;
// PAGE_INFO: a VMSA has no guest address; this one stands for it.
constexpr std::uint64_t kVmsaAddress = 0xFFFFFFFFF000;
constexpr std::uint32_t kBspReset = 0xFFFFFFF0;

enum class PageType : std::uint8_t {
  kNormal = 1,
  kVmsa = 2,
  kZero = 3,
  kUnmeasured = 4,
  kSecrets = 5,
  kCpuid = 6,
};

// The chain: LD = SHA-384(PAGE_INFO), which holds the LD before it.
class Chain {
 public:
  void add(PageType type, std::uint64_t address, const Digest384& contents) {
    constexpr std::uint16_t kInfoSize = 0x70;
    Bytes info;
    append(info, digest_);
    append(info, contents);
    wire::append_le(info, kInfoSize, 2);
    info.push_back(static_cast<std::uint8_t>(type));
    wire::append_le(info, 0, 5);  // no IMI page, no permissions of lower VMPLs
    wire::append_le(info, address, 8);
    digest_ = crypto::sha384(info);
  }
  void add_data(std::uint64_t address, ByteView data) {
    for (std::size_t at = 0; at < data.size(); at += kPageSize) {
      add(PageType::kNormal, address + at, crypto::sha384(data.subspan(at, kPageSize)));
    }
  }
  void add_empty(PageType type, std::uint64_t address, std::uint64_t size) {
    for (std::uint64_t at = 0; at < size; at += kPageSize) add(type, address + at, {});
  }
  const Digest384& digest() const { return digest_; }

 private:
  Digest384 digest_{};
};

// GUIDs of OVMF's table of hashes (OvmfPkg/AmdSev/BlobVerifierLibSevHashes), in memory order.
constexpr ByteArray<16> kTableGuid{0x06, 0xD6, 0x38, 0x94, 0x22, 0x4F, 0xC9, 0x4C,
                                   0xB4, 0x79, 0xA7, 0x93, 0xD4, 0x11, 0xFD, 0x21};
constexpr ByteArray<16> kKernelGuid{0x37, 0x94, 0xE7, 0x4D, 0xD2, 0xAB, 0x7F, 0x42,
                                    0xB8, 0x35, 0xD5, 0xB1, 0x72, 0xD2, 0x04, 0x5B};
constexpr ByteArray<16> kInitrdGuid{0x31, 0xF7, 0xBA, 0x44, 0x2F, 0x3A, 0xD7, 0x4B,
                                    0x9A, 0xF1, 0x41, 0xE2, 0x91, 0x69, 0x78, 0x1D};
constexpr ByteArray<16> kCommandLineGuid{0xD8, 0x2D, 0xD0, 0x97, 0x20, 0xBD, 0x94, 0x4C,
                                         0xAA, 0x78, 0xE7, 0x71, 0x4D, 0x36, 0xAB, 0x2A};
constexpr std::size_t kHashEntrySize = 16 + 2 + 32;

void append_hash(Bytes& table, const ByteArray<16>& guid, const crypto::Digest256& hash) {
  append(table, guid);
  wire::append_le(table, kHashEntrySize, 2);
  append(table, hash);
}

// QEMU's add_sev_kernel_hashes: command line with its NUL, initrd, kernel; padded to 16 bytes.
Bytes hashes_of(const DirectBoot& boot) {
  constexpr std::size_t kTableSize = 16 + 2 + 3 * kHashEntrySize;
  Bytes table;
  append(table, kTableGuid);
  wire::append_le(table, kTableSize, 2);
  append_hash(table, kCommandLineGuid,
              crypto::sha256({as_bytes(boot.command_line), ByteArray<1>{}}));
  append_hash(table, kInitrdGuid, crypto::sha256(boot.initrd));
  append_hash(table, kKernelGuid, crypto::sha256(boot.kernel));
  table.resize((table.size() + 15) / 16 * 16);
  return table;
}

// Writes registers into a VMSA (AMD APM volume 2, appendix B, table B-4).
class Vmsa {
 public:
  Vmsa(std::uint32_t reset, const SnpLaunch& launch) {
    segment(0x00, 0, 0x93, 0xFFFF, 0);                        // ES
    segment(0x10, 0xF000, 0x9B, 0xFFFF, reset & 0xFFFF0000);  // CS
    segment(0x20, 0, 0x93, 0xFFFF, 0);                        // SS
    segment(0x30, 0, 0x93, 0xFFFF, 0);                        // DS
    segment(0x40, 0, 0x93, 0xFFFF, 0);                        // FS
    segment(0x50, 0, 0x93, 0xFFFF, 0);                        // GS
    segment(0x60, 0, 0, 0xFFFF, 0);                           // GDTR
    segment(0x70, 0, 0x82, 0xFFFF, 0);                        // LDTR
    segment(0x80, 0, 0, 0xFFFF, 0);                           // IDTR
    segment(0x90, 0, 0x8B, 0xFFFF, 0);                        // TR
    put(0xD0, 0x1000, 8);                                     // EFER: SVME
    put(0x148, 0x40, 8);                                      // CR4: MCE
    put(0x158, 0x10, 8);                                      // CR0: ET
    put(0x160, 0x400, 8);                                     // DR7
    put(0x168, 0xFFFF0FF0, 8);                                // DR6
    put(0x170, 0x2, 8);                                       // RFLAGS
    put(0x178, reset & 0xFFFF, 8);                            // RIP
    put(0x268, 0x0007040600070406, 8);                        // G_PAT
    put(0x310, launch.vcpu_signature, 8);                     // RDX
    put(0x3B0, launch.guest_features, 8);                     // SEV_FEATURES
    put(0x3E8, 0x1, 8);                                       // XCR0
    put(0x408, 0x1F80, 4);                                    // MXCSR
    put(0x410, 0x37F, 2);                                     // FCW
  }
  ByteView bytes() const { return page_; }

 private:
  void put(std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      page_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  void segment(std::size_t at, std::uint16_t selector, std::uint16_t attributes,
               std::uint32_t limit, std::uint64_t base) {
    put(at, selector, 2);
    put(at + 2, attributes, 2);
    put(at + 4, limit, 4);
    put(at + 8, base, 8);
  }

  Page page_{};
};

// The page that holds the table, where the firmware wants it.
Result<Page> hashes_page(const SnpLaunch& launch, const SnpSection& section) {
  const auto& place = launch.firmware->hash_table;
  const Bytes table = hashes_of(*launch.boot);
  const std::size_t offset = place ? place->address % kPageSize : 0;
  if (!place || place->address - offset != section.address || table.size() > place->size ||
      offset + table.size() > kPageSize) {
    return malformed("launch.snp.hash_table", "the table of hashes is not in its section's page");
  }
  Page page{};
  std::ranges::copy(table, page.begin() + static_cast<std::ptrdiff_t>(offset));
  return page;
}

Status add_section(const SnpLaunch& launch, const SnpSection& section, Chain& chain) {
  switch (section.type) {
    case SnpSectionType::kMemory:
    case SnpSectionType::kSvsmCallingArea:
      chain.add_empty(PageType::kZero, section.address, section.size);
      return {};
    case SnpSectionType::kSecrets:
      chain.add_empty(PageType::kSecrets, section.address, section.size);
      return {};
    case SnpSectionType::kCpuid:
      chain.add_empty(PageType::kCpuid, section.address, section.size);
      return {};
    case SnpSectionType::kKernelHashes:
      break;
  }
  if (!launch.boot) {
    chain.add_empty(PageType::kZero, section.address, section.size);
    return {};
  }
  ATOMA_TRY(const Page page, hashes_page(launch, section));
  chain.add_data(section.address, page);
  return {};
}

bool has_hashes_section(const Firmware& firmware) {
  return std::ranges::contains(firmware.snp_sections, SnpSectionType::kKernelHashes,
                               &SnpSection::type);
}

struct Model {
  std::string_view name;
  std::uint32_t family, model, stepping;
};
// QEMU, target/i386/cpu.c.
constexpr Model kModels[] = {{"EPYC", 23, 1, 2},
                             {"EPYC-Rome", 23, 49, 0},
                             {"EPYC-Milan", 25, 1, 1},
                             {"EPYC-Genoa", 25, 17, 0},
                             {"EPYC-Turin", 26, 0, 0}};

}  // namespace

std::optional<std::uint32_t> vcpu_signature(std::string_view name) {
  const auto version = name.rfind("-v");
  if (version != std::string_view::npos && version + 2 < name.size() &&
      name.find_first_not_of("0123456789", version + 2) == std::string_view::npos) {
    name = name.substr(0, version);
  }
  const auto found = std::ranges::find(kModels, name, &Model::name);
  if (found == std::end(kModels)) return std::nullopt;
  // CPUID 1.EAX: families above 15 go on in the extended field.
  constexpr std::uint32_t kBaseFamily = 15;
  return (found->family - kBaseFamily) << 20 | (found->model >> 4) << 16 | kBaseFamily << 8 |
         (found->model & 0xF) << 4 | found->stepping;
}

Result<Digest384> measure_snp(const SnpLaunch& launch) {
  const Firmware& firmware = *launch.firmware;
  if (firmware.snp_sections.empty()) {
    return malformed("launch.snp.metadata", "the firmware has no SEV metadata");
  }
  if (launch.vcpus == 0 || launch.vcpus > kVcpusMax) {
    return malformed("launch.snp.vcpus",
                     std::format("{}; expected 1 to {}", launch.vcpus, kVcpusMax));
  }
  if (launch.vcpus > 1 && !firmware.ap_reset) {
    return malformed("launch.snp.ap_reset", "the firmware does not say where APs start");
  }
  if (launch.boot && !has_hashes_section(firmware)) {
    return malformed("launch.snp.hash_table", "the firmware measures no kernel");
  }
  Chain chain;
  chain.add_data(firmware.address(), firmware.image);
  for (const auto& section : firmware.snp_sections) {
    ATOMA_TRY_VOID(add_section(launch, section, chain));
  }
  for (std::size_t i = 0; i < launch.vcpus; ++i) {
    const Vmsa vmsa(i == 0 ? kBspReset : *firmware.ap_reset, launch);
    chain.add(PageType::kVmsa, kVmsaAddress, crypto::sha384(vmsa.bytes()));
  }
  return chain.digest();
}

}  // namespace atoma::launch
