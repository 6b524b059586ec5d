#include "atoma/evidence/nitro/document.h"

#include "atoma/wire/cbor.h"

namespace atoma::evidence::nitro {
namespace {

using wire::CborItem;

// {1: -35}: the one protected header there is.
constexpr ByteArray<4> kHeader{0xA1, 0x01, 0x38, 0x22};
constexpr std::size_t kSignatureSize = 96;
constexpr std::uint64_t kTimestampMaxMs = 253'402'300'799'999;  // the end of the year 9999
constexpr std::size_t kModuleIdMax = 256;                       // AWS: not empty; real ones have 39

std::unexpected<Error> bad_field(std::string_view name, const char* expected) {
  return malformed("nitro.field", std::string(name) + ": expected " + expected);
}

class PayloadReader {
 public:
  explicit PayloadReader(const CborItem& root) : root_(root) {}

  Status read(DocumentFields& out) {
    ATOMA_TRY_VOID(check_names());
    ATOMA_TRY_VOID(read_identity(out));
    ATOMA_TRY_VOID(read_pcrs(out));
    ATOMA_TRY(out.certificate, certificate("certificate", root_.find("certificate")));
    ATOMA_TRY_VOID(read_cabundle(out));
    ATOMA_TRY(out.public_key, optional_bytes("public_key", 1, kPublicKeyMax));
    ATOMA_TRY(out.user_data, optional_bytes("user_data", 0, kUserDataMax));
    ATOMA_TRY(out.nonce, optional_bytes("nonce", 0, kUserDataMax));
    return {};
  }

 private:
  Status check_names() const {
    constexpr std::string_view kNames[] = {"module_id",  "digest",      "timestamp",
                                           "pcrs",       "certificate", "cabundle",
                                           "public_key", "user_data",   "nonce"};
    const auto items = root_.items();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const auto name = items[i].text();
      if (!name || !std::ranges::contains(kNames, *name)) {
        return bad_field(name.value_or("a key"), "a field of an attestation document");
      }
    }
    return {};
  }

  Status read_identity(DocumentFields& out) const {
    const auto module_id = root_.find("module_id");
    out.module_id = module_id ? module_id->text().value_or("") : "";
    if (out.module_id.empty() || out.module_id.size() > kModuleIdMax) {
      return bad_field("module_id", "a text that is not empty");
    }
    const auto digest = root_.find("digest");
    if (!digest || digest->text() != "SHA384") return bad_field("digest", "SHA384");
    const auto timestamp = root_.find("timestamp");
    const std::uint64_t ms = timestamp ? timestamp->unsigned_integer().value_or(0) : 0;
    if (ms == 0 || ms > kTimestampMaxMs) return bad_field("timestamp", "milliseconds");
    out.timestamp = {static_cast<std::int64_t>(ms / 1000)};
    return {};
  }

  Status read_pcrs(DocumentFields& out) const {
    const auto map = root_.find("pcrs");
    const auto items = map && map->is_map() ? map->items() : std::vector<CborItem>();
    if (items.empty()) return bad_field("pcrs", "a map of 1 to 32 registers");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const auto index = items[i].unsigned_integer();
      const auto value = items[i + 1].bytes();
      if (!index || *index >= kPcrsMax) return bad_field("pcrs", "indices from 0 to 31");
      const std::size_t size = value ? value->size() : 0;
      if (size != 32 && size != 48 && size != 64) {
        return bad_field("pcrs", "values of 32, 48 or 64 bytes");
      }
      out.pcrs[*index] = *value;
    }
    return {};
  }

  static Result<ByteView> certificate(std::string_view name, const std::optional<CborItem>& item) {
    const auto der = item ? item->bytes() : std::nullopt;
    if (!der || der->empty() || der->size() > kCertificateMax) {
      return bad_field(name, "a certificate of 1 to 1,024 bytes");
    }
    return *der;
  }

  Status read_cabundle(DocumentFields& out) const {
    const auto list = root_.find("cabundle");
    const auto items = list && list->is_array() ? list->items() : std::vector<CborItem>();
    if (items.empty() || items.size() > kCabundleMax) {
      return bad_field("cabundle", "1 to 8 certificates");
    }
    for (const auto& item : items) {
      ATOMA_TRY(const ByteView der, certificate("cabundle", item));
      out.cabundle.push_back(der);
    }
    return {};
  }

  // Absent and null are the same: the text of the standard says the one, its devices send the
  // other.
  Result<std::optional<ByteView>> optional_bytes(std::string_view name, std::size_t min,
                                                 std::size_t max) const {
    const auto item = root_.find(name);
    if (!item || item->is_null()) return std::optional<ByteView>();
    const auto bytes = item->bytes();
    if (!bytes || bytes->size() < min || bytes->size() > max) {
      return bad_field(name, "null or bytes within the bounds");
    }
    return bytes;
  }

  const CborItem& root_;
};

}  // namespace

Result<NitroDocument> parse_document(ByteView bytes) {
  ATOMA_TRY(auto message, cose::parse_sign1(bytes, cose::Sign1Tag::kOptional));
  if (!equal(message.protected_header, kHeader) || !message.kid.empty()) {
    return malformed("nitro.header", "expected ES384 in the protected header and nothing else");
  }
  if (message.signature.size() != kSignatureSize) {
    return malformed("nitro.signature", "expected the 96 bytes of an ES384 signature");
  }
  if (message.payload.size() > kPayloadMax) {
    return malformed("nitro.payload", "a payload of more than 16,384 bytes");
  }
  const auto payload = wire::CborDocument::parse(
      message.payload, {.unsorted_maps = true, .indefinite_root_map = true});
  if (!payload) return malformed("nitro.payload", payload.error().to_string());
  const CborItem root = payload->root();
  if (!root.is_map()) return malformed("nitro.payload", "the payload is no map");
  DocumentFields fields;
  fields.raw = bytes;
  fields.message = message;
  ATOMA_TRY_VOID(PayloadReader(root).read(fields));
  return NitroDocument(std::move(fields));
}

bool looks_like_document(ByteView bytes) {
  if (!bytes.empty() && bytes.front() == 0xD2) bytes = bytes.subspan(1);
  constexpr ByteArray<6> kStart{0x84, 0x44, 0xA1, 0x01, 0x38, 0x22};
  return bytes.size() > kStart.size() && equal(bytes.first(kStart.size()), kStart);
}

}  // namespace atoma::evidence::nitro
