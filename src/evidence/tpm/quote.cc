#include "atoma/evidence/tpm/quote.h"

#include <format>

#include "atoma/wire/reader.h"

namespace atoma::evidence::tpm {
namespace {

using wire::Reader;

constexpr std::uint32_t kGenerated = 0xFF544347;  // TPM_GENERATED_VALUE
constexpr std::uint16_t kAttestQuote = 0x8018;    // TPM_ST_ATTEST_QUOTE
constexpr std::uint16_t kAlgRsassa = 0x0014;
constexpr std::uint16_t kAlgRsapss = 0x0016;
constexpr std::uint16_t kAlgEcdsa = 0x0018;
// TPM2B_NAME, TPM2B_DATA and digests hold at most a hash with its algorithm.
constexpr std::size_t kSmallMax = 66;
constexpr std::size_t kSelectionsMax = 8;
constexpr std::size_t kSelectBytesMax = 4;
constexpr std::size_t kRsaMax = 512;
constexpr std::size_t kRsaSizes[] = {256, 384, 512};
constexpr std::size_t kCoordinateMax = 66;

std::unexpected<Error> bad_selection(const char* what) {
  return malformed("tpm.quote.selection", what);
}

// A TPM2B of at most `size_max` bytes.
ByteView sized(Reader& in, std::size_t size_max) {
  const std::size_t size = in.u16_be();
  return in.take(size > size_max ? in.remaining() + 1 : size);
}

// TPML_PCR_SELECTION (§10.9.7).
Status read_selections(Reader& in, std::vector<PcrSelection>& out) {
  const std::uint32_t count = in.u32_be();
  if (!in.ok()) return {};
  if (count > kSelectionsMax) return bad_selection("more banks than a TPM has");
  for (std::uint32_t i = 0; i < count; ++i) {
    PcrSelection selection;
    selection.bank = static_cast<HashAlgorithm>(in.u16_be());
    const std::size_t size = in.u8();
    if (size > kSelectBytesMax) return bad_selection("more PCRs than a TPM has");
    const ByteView mask = in.take(size);
    if (!in.ok()) return {};
    selection.mask = static_cast<std::uint32_t>(wire::load_le(mask));
    if (selection.mask >> kPcrs != 0) return bad_selection("a PCR above 23");
    if (std::ranges::contains(out, selection.bank, &PcrSelection::bank)) {
      return bad_selection("a bank stands twice");
    }
    out.push_back(selection);
  }
  return {};
}

bool known(HashAlgorithm hash) {
  return hash == HashAlgorithm::kSha256 || hash == HashAlgorithm::kSha384;
}

Result<TpmSignature> parse_tpmt_signature(ByteView bytes) {
  Reader in(bytes);
  const std::uint16_t algorithm = in.u16_be();
  TpmSignature out;
  out.hash = static_cast<HashAlgorithm>(in.u16_be());
  switch (algorithm) {
    case kAlgRsassa:
    case kAlgRsapss:
      out.scheme = algorithm == kAlgRsassa ? SignatureScheme::kRsassa : SignatureScheme::kRsapss;
      out.rsa = sized(in, kRsaMax);
      break;
    case kAlgEcdsa:
      out.scheme = SignatureScheme::kEcdsa;
      out.r = sized(in, kCoordinateMax);
      out.s = sized(in, kCoordinateMax);
      break;
    default:
      return malformed("tpm.signature.algorithm", std::format("scheme {:04x}", algorithm));
  }
  if (!known(out.hash)) {
    return malformed("tpm.signature.algorithm",
                     std::format("over {}; SHA-256 and SHA-384 count", hash_name(out.hash)));
  }
  if (!in.finish()) {
    return malformed("tpm.signature.syntax", "the signature is not as long as its parts");
  }
  return out;
}

}  // namespace

Result<TpmQuote> parse_tpm_quote(ByteView bytes) {
  Reader in(bytes);
  if (const auto magic = in.u32_be(); magic != kGenerated) {
    return malformed("tpm.quote.magic", std::format("expected ff544347, found {:08x}", magic));
  }
  if (const auto type = in.u16_be(); type != kAttestQuote) {
    return malformed("tpm.quote.type", std::format("expected 8018, found {:04x}", type));
  }
  TpmQuote out;
  out.raw = bytes;
  out.qualified_signer = sized(in, kSmallMax);
  out.nonce = sized(in, kSmallMax);
  out.clock_ms = in.u64_be();
  out.reset_count = in.u32_be();
  out.restart_count = in.u32_be();
  const std::uint8_t safe = in.u8();
  out.clock_safe = safe == 1;
  out.firmware_version = in.u64_be();
  ATOMA_TRY_VOID(read_selections(in, out.selections));
  out.pcr_digest = sized(in, kSmallMax);
  if (!in.finish() || safe > 1) {
    return malformed("tpm.quote.syntax", "the quote is not as long as its parts, or not canonical");
  }
  return out;
}

Result<TpmSignature> parse_tpm_signature(ByteView bytes) {
  auto parsed = parse_tpmt_signature(bytes);
  const bool rsa_size = std::ranges::contains(kRsaSizes, bytes.size());
  if (parsed || !rsa_size) return parsed;
  return TpmSignature{.scheme = SignatureScheme::kRsassa,
                      .hash = HashAlgorithm::kSha256,
                      .rsa = bytes,
                      .r = {},
                      .s = {}};
}

}  // namespace atoma::evidence::tpm
