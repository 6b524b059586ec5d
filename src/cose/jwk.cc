#include "atoma/cose/jwk.h"

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

using crypto::Curve;
using crypto::EcPublicKey;

std::string thumbprint(ByteView xy) {
  const std::size_t size = crypto::coordinate_size(Curve::kP256);
  ATOMA_CHECK(xy.size() == 2 * size);
  // RFC 7638 §3.2: the required members in lexicographic order, without white space.
  wire::JsonWriter out;
  out.begin_object()
      .member("crv", "P-256")
      .member("kty", "EC")
      .member("x", wire::base64url_encode(xy.first(size)))
      .member("y", wire::base64url_encode(xy.last(size)))
      .end_object();
  return wire::base64url_encode(crypto::sha256(as_bytes(out.str())));
}

std::string_view text_member(const wire::JsonValue& object, std::string_view name) {
  const wire::JsonValue* value = object.find(name);
  return value == nullptr ? std::string_view() : value->text();
}

bool is_signing_key(const wire::JsonValue& jwk) {
  return text_member(jwk, "kty") == "EC" && text_member(jwk, "crv") == "P-256" &&
         (jwk.find("use") == nullptr || text_member(jwk, "use") == "sig") &&
         (jwk.find("alg") == nullptr || text_member(jwk, "alg") == "ES256");
}

Result<EcPublicKey> parse_key(const wire::JsonValue& jwk) {
  if (jwk.find("d") != nullptr) {
    return malformed("jwk.private", "a published key carries its private part");
  }
  const auto x = wire::base64url_decode(text_member(jwk, "x"));
  const auto y = wire::base64url_decode(text_member(jwk, "y"));
  const std::size_t size = crypto::coordinate_size(Curve::kP256);
  // RFC 7518 §6.2.1.2: full length, also with leading zeros.
  if (!x || !y || x->size() != size || y->size() != size) {
    return malformed("jwk.point", "x and y must be 32 bytes each in base64url");
  }
  Bytes xy = *x;
  append(xy, *y);
  auto key = EcPublicKey::create(Curve::kP256, xy);
  if (!key) return malformed("jwk.point", "x and y are no point of P-256");
  return key;
}

}  // namespace

std::string jwk_thumbprint(const EcPublicKey& key) { return thumbprint(key.xy()); }
std::string jwk_thumbprint(const crypto::EcPrivateKey& key) { return thumbprint(key.public_xy()); }

Result<JwkSet> JwkSet::parse(std::string_view json) {
  if (json.size() > kJwkSetSizeMax) {
    return malformed("jwk.too_large", "the key set is larger than 64 KiB");
  }
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  const wire::JsonValue* keys = document.root().find("keys");
  if (keys == nullptr || !keys->is_array()) {
    return malformed("jwk.format", "expected an object with an array \"keys\"");
  }
  JwkSet set;
  for (const auto& jwk : keys->items()) {
    if (!jwk.is_object()) return malformed("jwk.format", "a key is no JSON object");
    if (!is_signing_key(jwk)) continue;
    ATOMA_TRY(auto key, parse_key(jwk));
    const std::string kid = jwk_thumbprint(key);
    if (text_member(jwk, "kid") != kid || set.find(kid) != nullptr) {
      return malformed("jwk.kid", "each key needs its own RFC 7638 thumbprint as kid, once");
    }
    if (set.size() == kJwkSetKeysMax) return malformed("jwk.too_large", "more than 32 keys");
    set.add(std::move(key));
  }
  return set;
}

std::string JwkSet::add(EcPublicKey key) {
  ATOMA_CHECK(key.curve() == Curve::kP256);
  std::string kid = jwk_thumbprint(key);
  if (find(kid) == nullptr) keys_.push_back({kid, std::move(key)});
  return kid;
}

std::string JwkSet::to_json() const {
  wire::JsonWriter out;
  out.begin_object().key("keys").begin_array();
  for (const Entry& entry : keys_) {
    const ByteView xy = entry.key.xy();
    out.begin_object()
        .member("kty", "EC")
        .member("crv", "P-256")
        .member("x", wire::base64url_encode(xy.first(xy.size() / 2)))
        .member("y", wire::base64url_encode(xy.last(xy.size() / 2)))
        .member("kid", entry.kid)
        .member("use", "sig")
        .member("alg", "ES256")
        .end_object();
  }
  return out.end_array().end_object().take();
}

EcPublicKey* JwkSet::find(std::string_view kid) {
  const auto found = std::ranges::find(keys_, kid, &Entry::kid);
  return found == keys_.end() ? nullptr : &found->key;
}

}  // namespace atoma::cose
