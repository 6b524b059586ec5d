#include "atoma/evidence/cca/verify.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::cca {
namespace {

using wire::JsonValue;

constexpr std::size_t kEntriesMax = 1024;
constexpr std::size_t kCoordinate = 48;

std::unexpected<Error> refuse(const char* what) { return malformed("cca.platform_keys", what); }

std::string_view member(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value == nullptr ? std::string_view() : value->text();
}

Result<PlatformKeys::Entry> read_key(const JsonValue& jwk) {
  if (member(jwk, "kty") != "EC" || member(jwk, "crv") != "P-384" || jwk.find("d") != nullptr) {
    return refuse("expected the public JWK of a P-384 key");
  }
  const auto x = wire::base64url_decode(member(jwk, "x"));
  const auto y = wire::base64url_decode(member(jwk, "y"));
  if (!x || !y || x->size() != kCoordinate || y->size() != kCoordinate) {
    return refuse("coordinates have 48 bytes each");
  }
  PlatformKeys::Entry out{};
  out.point[0] = 0x04;
  std::ranges::copy(*x, out.point.begin() + 1);
  std::ranges::copy(*y, out.point.begin() + 1 + kCoordinate);
  return out;
}

Result<PlatformKeys::Entry> read_entry(const JsonValue& jwk) {
  ATOMA_TRY(auto out, read_key(jwk));
  out.implementation_id.resize(kImplementationIdSize);
  out.instance_id.resize(kInstanceIdSize);
  if (!wire::hex_decode_into(member(jwk, "implementation_id"), out.implementation_id) ||
      !wire::hex_decode_into(member(jwk, "instance_id"), out.instance_id)) {
    return refuse("a key in a list names its implementation_id and instance_id in hexadecimal");
  }
  return out;
}

}  // namespace

Result<PlatformKeys> PlatformKeys::parse(std::string_view json) {
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  PlatformKeys out;
  out.text_ = json;
  out.digest_ = crypto::sha256(as_bytes(json));
  const JsonValue* list = document.root().find("keys");
  if (list == nullptr) {
    ATOMA_TRY(auto entry, read_key(document.root()));
    out.entries_.push_back(std::move(entry));
    return out;
  }
  if (!list->is_array() || list->items().size() > kEntriesMax) return refuse("at most 1,024 keys");
  for (const auto& jwk : list->items()) {
    ATOMA_TRY(auto entry, read_entry(jwk));
    if (out.find(entry.implementation_id, entry.instance_id) != nullptr) {
      return refuse("a platform has one key");
    }
    out.entries_.push_back(std::move(entry));
  }
  return out;
}

const PlatformKeys::Entry* PlatformKeys::find(ByteView implementation_id,
                                              ByteView instance_id) const {
  for (const auto& entry : entries_) {
    const bool any = entry.implementation_id.empty();
    if (any || (equal(entry.implementation_id, implementation_id) &&
                equal(entry.instance_id, instance_id))) {
      return &entry;
    }
  }
  return nullptr;
}

}  // namespace atoma::evidence::cca
