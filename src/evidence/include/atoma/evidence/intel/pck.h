// What a PCK certificate says of its platform: the extension 1.2.840.113741.1.13.1 (Intel SGX PCK
// Certificate and CRL Profile).
#pragma once

#include <optional>

#include "atoma/pki/certificate.h"

namespace atoma::evidence::intel {

struct PckInfo {
  ByteArray<16> ppid{};
  ByteArray<16> tcb_components{};  // SVNs 1 to 16: these, never the report's CPUSVN, are compared
  std::uint16_t pce_svn = 0;
  ByteArray<16> cpu_svn{};
  ByteArray<2> pce_id{};
  ByteArray<6> fmspc{};
  std::uint8_t sgx_type = 0;  // 0 standard, 1 scalable, 2 scalable with integrity
  // Platform certificates only.
  std::optional<bool> dynamic_platform, cached_keys, smt_enabled;
};

// Errors: "pck.extension" when the extension is absent, malformed, or has a part twice.
Result<PckInfo> parse_pck_info(const pki::Certificate& leaf);

// The dotted object identifier of the extension, for those who make such certificates.
inline constexpr const char* kPckExtensionOid = "1.2.840.113741.1.13.1";

}  // namespace atoma::evidence::intel
