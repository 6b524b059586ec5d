#include "atoma/evidence/intel/quote.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::intel {
namespace {

using wire::Reader;

constexpr std::size_t kEnclaveReportSize = 384;
constexpr std::uint16_t kEcdsaP256 = 2;
constexpr std::uint32_t kTeeSgx = 0;
constexpr std::uint32_t kTeeTdx = 0x81;
constexpr ByteArray<16> kIntelVendorId{0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9,
                                       0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07};
// Certification data types (SGX ECDSA Quote Library reference).
constexpr std::uint16_t kPpidPlain = 1;
constexpr std::uint16_t kPpidRsa3072 = 3;
constexpr std::uint16_t kPckChain = 5;
// RSA-3072 encrypted PPID, CPUSVN, PCESVN, PCEID.
constexpr std::size_t kPpidRecordMax = 404;
constexpr std::uint16_t kQeReportCertification = 6;

std::size_t body_size(BodyType type) {
  switch (type) {
    case BodyType::kSgx:
      return kEnclaveReportSize;
    case BodyType::kTd10:
      return 584;
    case BodyType::kTd15:
      return 648;
    case BodyType::kTd15Ex:
      return 885;
  }
  return 0;
}

std::unexpected<Error> truncated(const Reader& in, const char* where) {
  return malformed("quote.truncated",
                   std::format("the quote ends inside {} (byte {})", where, in.position()));
}

// ATTRIBUTES of an enclave and the fields around it; false when reserved bytes are set.
bool read_enclave(ByteView raw, EnclaveReport& out) {
  Reader in(raw);
  out.raw = raw;
  out.cpu_svn = in.take(16);
  out.misc_select = in.take(4);
  const ByteView reserved_1 = in.take(12);
  in.take(16);  // ISVEXTPRODID
  out.attributes = in.take(16);
  out.mrenclave = in.take(32);
  const ByteView reserved_2 = in.take(32);
  out.mrsigner = in.take(32);
  const ByteView reserved_3 = in.take(32);
  out.config_id = in.take(64);
  out.isv_prod_id = in.u16_le();
  out.isv_svn = in.u16_le();
  in.u16_le();  // CONFIGSVN
  const ByteView reserved_4 = in.take(42);
  in.take(16);  // ISVFAMILYID
  out.report_data = in.take(64);
  return in.finish() && all_zero(reserved_1) && all_zero(reserved_2) && all_zero(reserved_3) &&
         all_zero(reserved_4);
}

void read_td(Reader& in, BodyType type, TdReport& out) {
  out.tee_tcb_svn = in.take(16);
  out.mrseam = in.take(48);
  out.mrsigner_seam = in.take(48);
  out.seam_attributes = in.take(8);
  out.td_attributes = in.u64_le();
  out.xfam = in.u64_le();
  out.mrtd = in.take(48);
  out.mrconfigid = in.take(48);
  out.mrowner = in.take(48);
  out.mrownerconfig = in.take(48);
  for (auto& rtmr : out.rtmr) rtmr = in.take(48);
  out.report_data = in.take(64);
  if (type == BodyType::kTd10) return;
  out.tee_tcb_svn_2 = in.take(16);
  out.mrservicetd = in.take(48);
  if (type == BodyType::kTd15) return;
  in.take(1 + 32 + 48);  // vmid, tdId, devInfo
  out.init_service_td_hash = in.take(48);
  in.take(8 + 16 + 16 + 12);  // initServTdAttributes, initCpuSvn, initTeeTcbSvn, initTeeFmspc
  out.current_service_td_hash = in.take(48);
  in.take(8);  // curServTdAttributes
}

struct QuoteParser {
  ByteView bytes;
  Quote quote = {};

  Result<Quote> run() {
    Reader in(bytes);
    ATOMA_TRY_VOID(read_header(in));
    ATOMA_TRY_VOID(read_body(in));
    quote.signed_range = bytes.first(in.position());
    const std::uint32_t size = in.u32_le();
    Reader data = in.child(size);
    if (!data.ok()) return truncated(in, "the signature data");
    quote.signature = data.take(64);
    quote.key_block = data.rest();
    if (!data.ok()) return truncated(in, "the signature data");
    ATOMA_TRY_VOID(read_key_block());
    return quote;
  }

  Status read_header(Reader& in) {
    quote.version = in.u16_le();
    const std::uint16_t key_type = in.u16_le();
    const std::uint32_t tee_type = in.u32_le();
    in.u32_le();  // QE SVN and PCE SVN in version 3, reserved later; signed in any case
    const ByteView vendor = in.take(16);
    in.take(20);  // user data
    if (!in.ok()) return truncated(in, "the header");
    if (quote.version < 3 || quote.version > 5) {
      return malformed("quote.version",
                       std::format("expected version 3, 4 or 5, found {}", quote.version));
    }
    if (key_type != kEcdsaP256) {
      return malformed(
          "quote.key_type",
          std::format("expected attestation key type 2 (ECDSA P-256), found {}", key_type));
    }
    const bool tdx = tee_type == kTeeTdx && quote.version >= 4;
    if (tee_type != kTeeSgx && !tdx) {
      return malformed("quote.tee_type", std::format("TEE type {:#x} does not exist in version {}",
                                                     tee_type, quote.version));
    }
    if (!equal(vendor, kIntelVendorId)) {
      return malformed("quote.vendor_id",
                       "expected Intel's QE vendor id, found " + wire::hex_encode(vendor));
    }
    quote.tee = tdx ? Tee::kTdx : Tee::kSgx;
    return {};
  }

  Status read_body(Reader& in) {
    quote.body_type = quote.tee == Tee::kSgx ? BodyType::kSgx : BodyType::kTd10;
    if (quote.version == 5) ATOMA_TRY_VOID(read_body_descriptor(in));
    Reader body = in.child(body_size(quote.body_type));
    if (!body.ok()) return truncated(in, "the report body");
    if (quote.tee == Tee::kTdx) {
      read_td(body, quote.body_type, quote.td);
      quote.report_data = quote.td.report_data;
      return {};
    }
    if (!read_enclave(body.rest(), quote.enclave)) return reserved("the report body");
    quote.report_data = quote.enclave.report_data;
    return {};
  }

  Status read_body_descriptor(Reader& in) {
    const std::uint16_t type = in.u16_le();
    const std::uint32_t size = in.u32_le();
    if (!in.ok()) return truncated(in, "the body descriptor");
    const bool known = type >= 1 && type <= 4;
    if (!known || (type == 1) != (quote.tee == Tee::kSgx)) {
      return malformed("quote.body_type", std::format("body type {} does not go with TEE {}", type,
                                                      tee_name(quote.tee)));
    }
    quote.body_type = static_cast<BodyType>(type);
    if (size != body_size(quote.body_type)) {
      return malformed("quote.body_size", std::format("body type {} is {} bytes, found {}", type,
                                                      body_size(quote.body_type), size));
    }
    return {};
  }

  static std::unexpected<Error> reserved(const char* where) {
    return malformed("quote.reserved", std::format("reserved bytes of {} are set", where));
  }

  static std::unexpected<Error> sizes(const char* where) {
    return malformed("quote.sizes", std::format("the sizes inside {} do not add up", where));
  }

  Status read_key_block() {
    Reader in(quote.key_block);
    quote.attestation_key = in.take(64);
    Reader certification = in;
    if (quote.version >= 4) {
      const std::uint16_t type = in.u16_le();
      const std::uint32_t size = in.u32_le();
      certification = in.child(size);
      if (!in.finish()) return sizes("the signature data");
      if (type != kQeReportCertification) return bad_type(type, "6 (QE report certification)");
    }
    const ByteView report = certification.take(kEnclaveReportSize);
    quote.qe_report_signature = certification.take(64);
    quote.qe_auth_data = certification.take(certification.u16_le());
    quote.certification_type = certification.u16_le();
    quote.certification_data = certification.take(certification.u32_le());
    if (!certification.finish()) return sizes("the QE certification data");
    if (!read_enclave(report, quote.qe_report)) return reserved("the QE report");
    return check_certification_type();
  }

  static std::unexpected<Error> bad_type(std::uint16_t type, const char* expected) {
    return malformed("quote.certification_type",
                     std::format("expected {}, found {}", expected, type));
  }

  // The type is covered by no signature, so it is never trusted to mean anything else than its
  // data does: a PEM chain for 5, and for 1 to 3 a PPID record, which is far smaller than a chain.
  Status check_certification_type() {
    const std::uint16_t type = quote.certification_type;
    if (type >= kPpidPlain && type <= kPpidRsa3072) {
      const bool small = quote.certification_data.size() <= kPpidRecordMax;
      return small ? Status() : sizes("the PPID certification data");
    }
    return type == kPckChain ? Status() : bad_type(type, "5 (PCK chain) or 1 to 3 (PPID)");
  }
};

}  // namespace

Result<Quote> parse_quote(ByteView bytes) {
  if (bytes.size() > limits::kEvidenceMax) {
    return malformed("quote.too_large", std::format("{} bytes; at most {} are read", bytes.size(),
                                                    limits::kEvidenceMax));
  }
  return QuoteParser{bytes}.run();
}

}  // namespace atoma::evidence::intel
