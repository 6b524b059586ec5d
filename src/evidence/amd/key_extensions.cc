#include "atoma/evidence/amd/key_extensions.h"

#include <optional>

#include "atoma/wire/der.h"

namespace atoma::evidence::amd {
namespace {

using wire::DerReader;

// 1.3.6.1.4.1.3704.1
constexpr ByteArray<8> kArc{0x2B, 0x06, 0x01, 0x04, 0x01, 0x9C, 0x78, 0x01};
constexpr std::size_t kSplCount = 9;
constexpr std::uint8_t kStructVersion = 1, kProductName = 2, kSpl = 3, kHwId = 4, kCspId = 5;
constexpr std::size_t kTextMax = 64;
constexpr std::size_t kHwIdSize = 64, kTurinHwIdSize = 8;

// Values by their place in the arc, as they stand in the certificate.
struct Found {
  std::optional<ByteView> struct_version, product_name, hw_id, csp_id;
  std::array<std::optional<ByteView>, kSplCount> spl;  // [0] is .3.1
};

std::unexpected<Error> bad(const std::string& what) { return malformed("amd_key.extension", what); }

// Where an extension of the arc goes; null for what 57230 does not define.
std::optional<ByteView>* slot(Found& found, ByteView rest) {
  if (rest.size() == 1) {
    switch (rest[0]) {
      case kStructVersion:
        return &found.struct_version;
      case kProductName:
        return &found.product_name;
      case kHwId:
        return &found.hw_id;
      case kCspId:
        return &found.csp_id;
      default:
        return nullptr;
    }
  }
  const bool spl = rest.size() == 2 && rest[0] == kSpl && rest[1] >= 1 && rest[1] <= kSplCount;
  return spl ? &found.spl[rest[1] - 1u] : nullptr;
}

// Certificate::parse refused duplicates already.
Result<Found> collect(const pki::Certificate& certificate) {
  Found found;
  for (const auto& extension : certificate.extensions()) {
    const ByteView oid = extension.oid;
    if (oid.size() <= kArc.size() || !equal(oid.first(kArc.size()), kArc)) continue;
    auto* const place = slot(found, oid.subspan(kArc.size()));
    if (place == nullptr) return bad("unknown extension " + wire::oid_to_string(oid));
    *place = extension.value;
  }
  return found;
}

std::optional<std::uint8_t> read_u8(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  DerReader in(*value);
  const std::uint64_t number = in.small_integer();
  if (!in.finish() || number > 0xFF) return std::nullopt;
  return static_cast<std::uint8_t>(number);
}

// IA5String of printable characters.
std::optional<std::string> read_text(std::optional<ByteView> value) {
  if (!value) return std::nullopt;
  DerReader in(*value);
  const ByteView text = in.element(wire::kDerIa5String);
  const bool printable =
      std::ranges::all_of(text, [](std::uint8_t c) { return c >= 0x20 && c < 0x7F; });
  if (!in.finish() || text.empty() || text.size() > kTextMax || !printable) return std::nullopt;
  return std::string(as_text(text));
}

// The number of the SPL extension behind each byte of TCB_VERSION.
constexpr ByteArray<8> kMilanSpls{1, 2, 4, 5, 6, 7, 3, 8};
constexpr ByteArray<8> kTurinSpls{9, 1, 2, 3, 5, 6, 7, 8};

Status read_tcb(const Found& found, Product product, RawTcb& out) {
  const auto& spls = product == Product::kTurin ? kTurinSpls : kMilanSpls;
  std::size_t used = 0;
  for (std::size_t i = 0; i < spls.size(); ++i) {
    const auto value = read_u8(found.spl[spls[i] - 1u]);
    if (!value) return bad("missing or malformed SPL .3." + std::to_string(spls[i]));
    out[i] = *value;
  }
  for (const auto& spl : found.spl) used += spl.has_value() ? 1 : 0;
  if (used != spls.size()) return bad("an SPL that this product does not have");
  return {};
}

Status read_identity(const Found& found, SigningKey kind, KeyExtensions& out) {
  if (kind == SigningKey::kVlek) {
    const auto csp = read_text(found.csp_id);
    if (!csp || found.hw_id) return bad("a VLEK has a CSP_ID (.5) and no hwID (.4)");
    out.csp_id = *csp;
    return {};
  }
  const std::size_t size = out.product == Product::kTurin ? kTurinHwIdSize : kHwIdSize;
  if (!found.hw_id || found.hw_id->size() != size || found.csp_id) {
    return bad("a VCEK has a hwID (.4) of " + std::to_string(size) + " bytes and no CSP_ID (.5)");
  }
  out.hw_id = to_bytes(*found.hw_id);
  return {};
}

}  // namespace

Result<KeyExtensions> parse_key_extensions(const pki::Certificate& certificate, SigningKey kind) {
  ATOMA_TRY(const Found found, collect(certificate));
  KeyExtensions out;
  const auto name = read_text(found.product_name);
  if (!name) return bad("missing or malformed productName (.2)");
  out.product_text = *name;
  out.product = product_of_name(*name);
  if (out.product == Product::kUnknown) return bad("unknown productName (.2) \"" + *name + "\"");
  // structVersion counts layouts of TCB_VERSION: 1 is the one that begins with FMC.
  const std::uint8_t layout = out.product == Product::kTurin ? 1 : 0;
  if (read_u8(found.struct_version) != layout) {
    return bad("expected structVersion (.1) " + std::to_string(layout));
  }
  ATOMA_TRY_VOID(read_tcb(found, out.product, out.tcb));
  ATOMA_TRY_VOID(read_identity(found, kind, out));
  return out;
}

}  // namespace atoma::evidence::amd
