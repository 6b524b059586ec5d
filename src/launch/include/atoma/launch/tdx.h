// What a TD's registers will be, as far as files decide it (docs/MEASURE.md says what they don't).
#pragma once

#include "atoma/crypto/digest.h"
#include "atoma/launch/firmware.h"
#include "atoma/launch/snp.h"

namespace atoma::launch {

// How the hypervisor adds a section: all pages and then all contents, or page by page. Both exist
// among versions of QEMU and KVM, and MRTD tells them apart.
enum class PageOrder : std::uint8_t { kPageByPage, kPagesThenContents };

// MRTD: TDH.MEM.PAGE.ADD for every page of the metadata's sections and TDH.MR.EXTEND for those that
// are measured (TDX module base specification, "Measurement").
// Errors: "launch.tdx.metadata" (the firmware has none).
Result<crypto::Digest384> measure_mrtd(const Firmware& firmware, PageOrder order);

// The Authenticode digest of a PE image (Windows Authenticode Portable Executable Signature
// Format): what firmware measures of an application. Errors: "launch.pe".
Result<crypto::Digest384> authenticode_sha384(ByteView image);

// RTMR1 of a direct boot: the kernel as it was loaded, four events of the firmware around it.
crypto::Digest384 rtmr1_of_direct_boot(const crypto::Digest384& kernel);
// RTMR2 of a direct boot by Linux's EFI stub: the command line as the kernel gets it, and the
// initrd.
crypto::Digest384 rtmr2_of_direct_boot(std::string_view command_line, ByteView initrd);

}  // namespace atoma::launch
