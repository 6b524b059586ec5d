// Intel SGX and TDX quotes, versions 3 to 5 (DCAP quote generation libraries; layouts in
// docs/EVIDENCE.md). Parsing checks structure alone: nothing here says that a quote is genuine.
//
// A Quote is views into the caller's bytes, which must outlive it. No allocation.
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/evidence/tee.h"

namespace atoma::evidence::intel {

enum class BodyType : std::uint8_t { kSgx = 1, kTd10 = 2, kTd15 = 3, kTd15Ex = 4 };

// SGX report body, 384 bytes: of an application enclave or of the quoting enclave.
struct EnclaveReport {
  ByteView raw;
  ByteView cpu_svn;      // 16
  ByteView misc_select;  // 4, in memory order
  ByteView attributes;   // 16: flags, XFRM
  ByteView mrenclave;    // 32
  ByteView mrsigner;     // 32
  ByteView config_id;    // 64
  std::uint16_t isv_prod_id = 0;
  std::uint16_t isv_svn = 0;
  ByteView report_data;  // 64

  bool debug() const { return (attributes[0] & 0x02) != 0; }
};

// TD report body: 584, 648 or 885 bytes.
struct TdReport {
  ByteView tee_tcb_svn;      // 16: module SVN, module version, …
  ByteView mrseam;           // 48
  ByteView mrsigner_seam;    // 48
  ByteView seam_attributes;  // 8
  std::uint64_t td_attributes = 0;
  std::uint64_t xfam = 0;
  ByteView mrtd, mrconfigid, mrowner, mrownerconfig;  // 48 each
  std::array<ByteView, 4> rtmr;                       // 48 each
  ByteView report_data;                               // 64
  // TD 1.5 and later, else empty.
  ByteView tee_tcb_svn_2;  // 16: what a relaunch would get
  ByteView mrservicetd;    // 48
  // TD 1.5 Ex, else empty.
  ByteView init_service_td_hash, current_service_td_hash;  // 48 each

  static constexpr std::uint64_t kDebug = 1;
  static constexpr std::uint64_t kReservedTud = 0xFE;  // TUD bits that must be zero
  static constexpr std::uint64_t kSeptVeDisable = 1ull << 28;
  static constexpr std::uint64_t kMigratable = 1ull << 29;
};

struct Quote {
  std::uint16_t version = 0;
  Tee tee = Tee::kUnknown;
  BodyType body_type = BodyType::kSgx;
  ByteView signed_range;  // header and body
  EnclaveReport enclave;  // when tee is kSgx
  TdReport td;            // when tee is kTdx
  ByteView report_data;   // 64, of either body

  ByteView signature;  // 64: r ‖ s by the attestation key
  // Everything from the attestation key to the end of the certification data: what vouches for
  // that key, and the unit of caching.
  ByteView key_block;
  ByteView attestation_key;  // 64: x ‖ y
  EnclaveReport qe_report;
  ByteView qe_report_signature;  // 64
  ByteView qe_auth_data;
  std::uint16_t certification_type = 0;  // 5: PEM chain; 1 to 3: a PPID, which needs a look-up
  ByteView certification_data;

  bool has_pck_chain() const { return certification_type == 5; }
};

// Bytes after the signature data are unsigned padding that platforms add; they are bounded by the
// input limit and ignored.
// Errors: "quote.too_large", "quote.truncated", "quote.version", "quote.key_type",
// "quote.tee_type", "quote.vendor_id", "quote.body_type", "quote.body_size", "quote.reserved",
// "quote.certification_type", "quote.sizes" (inner sizes do not add up).
Result<Quote> parse_quote(ByteView bytes);

}  // namespace atoma::evidence::intel
