#include "atoma/cose/key_set.h"

#include <algorithm>

#include "atoma/base/check.h"
#include "atoma/crypto/digest.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

using wire::base64url_encode;
using wire::CborItem;
using wire::JsonValue;

// RFC 9053 §7, draft-ietf-cose-dilithium: labels and values of COSE_Keys.
enum CoseKey : std::int64_t {
  kKty = 1,
  kKid = 2,
  kAlg = 3,
  kFirst = -1,  // crv of EC2, pub of AKP
  kX = -2,      // of EC2; priv of AKP
  kY = -3,
  kD = -4,
};
constexpr std::int64_t kKtyEc2 = 2;
constexpr std::int64_t kKtyAkp = 7;
constexpr std::int64_t kCurveP256 = 1;

std::string_view text_member(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value == nullptr ? std::string_view() : value->text();
}

bool known(const PublicKey& key) {
  return key.algorithm() == Algorithm::kEs256 || key.algorithm() == Algorithm::kMlDsa65;
}

Result<PublicKey> make_key(Algorithm algorithm, ByteView raw) {
  if (algorithm == Algorithm::kEs256) {
    auto key = crypto::EcPublicKey::create(crypto::Curve::kP256, raw);
    if (key) return PublicKey(*std::move(key));
  } else {
    auto key = crypto::MlDsa65PublicKey::create(raw);
    if (key) return PublicKey(*std::move(key));
  }
  return malformed("keyset.key", "a key that is none of its algorithm");
}

// Nothing for a key that is not for signing with an algorithm of ours.
std::optional<Algorithm> algorithm_of(const JsonValue& jwk) {
  if (jwk.find("use") != nullptr && text_member(jwk, "use") != "sig") return std::nullopt;
  const std::string_view alg = text_member(jwk, "alg");
  const std::string_view kty = text_member(jwk, "kty");
  if (kty == "EC" && text_member(jwk, "crv") == "P-256" &&
      (jwk.find("alg") == nullptr || alg == "ES256")) {
    return Algorithm::kEs256;
  }
  return kty == "AKP" && alg == "ML-DSA-65" ? std::optional(Algorithm::kMlDsa65) : std::nullopt;
}

Result<PublicKey> read_jwk(const JsonValue& jwk, Algorithm algorithm) {
  if (jwk.find("d") != nullptr || jwk.find("priv") != nullptr) {
    return malformed("keyset.private", "a published key carries its private part");
  }
  if (algorithm == Algorithm::kMlDsa65) {
    const auto pub = wire::base64url_decode(text_member(jwk, "pub"));
    return make_key(algorithm, pub ? ByteView(*pub) : ByteView());
  }
  const auto x = wire::base64url_decode(text_member(jwk, "x"));
  const auto y = wire::base64url_decode(text_member(jwk, "y"));
  if (!x || !y || x->size() != y->size()) {
    return malformed("keyset.key", "coordinates of 32 bytes each in base64url");
  }
  Bytes xy = *x;
  append(xy, *y);
  return make_key(algorithm, xy);
}

std::optional<Algorithm> algorithm_of(const CborItem& key) {
  const auto kty = key.find(kKty);
  const auto alg = key.find(kAlg);
  if (!kty || !alg) return std::nullopt;
  if (kty->integer() == kKtyEc2 && alg->integer() == -7) return Algorithm::kEs256;
  if (kty->integer() == kKtyAkp && alg->integer() == -49) return Algorithm::kMlDsa65;
  return std::nullopt;
}

ByteView bytes_of(const CborItem& map, std::int64_t label) {
  const auto value = map.find(label);
  return value ? value->bytes().value_or(ByteView()) : ByteView();
}

Result<PublicKey> read_cose_key(const CborItem& key, Algorithm algorithm) {
  const bool ec = algorithm == Algorithm::kEs256;
  if (key.find(ec ? std::int64_t{kD} : std::int64_t{kX})) {
    return malformed("keyset.private", "a published key carries its private part");
  }
  if (!ec) return make_key(algorithm, bytes_of(key, kFirst));
  const auto curve = key.find(kFirst);
  const ByteView x = bytes_of(key, kX);
  const ByteView y = bytes_of(key, kY);
  if (!curve || curve->integer() != kCurveP256 || x.size() != y.size()) {
    return malformed("keyset.key", "expected P-256 with both coordinates");
  }
  Bytes xy = to_bytes(x);
  append(xy, y);
  return make_key(algorithm, xy);
}

}  // namespace

std::string key_id(const PublicKey& key) {
  ATOMA_CHECK(known(key));
  const ByteView raw = key.raw();
  // RFC 7638 §3.2: the required members in lexicographic order, without white space.
  wire::JsonWriter out;
  out.begin_object();
  if (key.algorithm() == Algorithm::kEs256) {
    out.member("crv", "P-256").member("kty", "EC");
    out.member("x", base64url_encode(raw.first(32))).member("y", base64url_encode(raw.last(32)));
  } else {
    out.member("alg", "ML-DSA-65").member("kty", "AKP").member("pub", base64url_encode(raw));
  }
  return base64url_encode(crypto::sha256(as_bytes(out.end_object().str())));
}

Status VerificationKeys::add_parsed(PublicKey key, std::string_view kid) {
  if (key_id(key) != kid || find(kid) != nullptr) {
    return malformed("keyset.kid", "each key needs its own RFC 7638 thumbprint as kid, once");
  }
  if (size() == kKeySetKeysMax) return malformed("keyset.too_large", "more than 32 keys");
  add(std::move(key));
  return {};
}

Result<VerificationKeys> VerificationKeys::parse_jwks(std::string_view json) {
  if (json.size() > kKeySetSizeMax) return malformed("keyset.too_large", "more than 128 KiB");
  ATOMA_TRY(const auto document, wire::JsonDocument::parse(json));
  const JsonValue* list = document.root().find("keys");
  if (list == nullptr || !list->is_array()) {
    return malformed("keyset.format", "expected an object with an array \"keys\"");
  }
  VerificationKeys out;
  for (const auto& jwk : list->items()) {
    if (!jwk.is_object()) return malformed("keyset.format", "a key is no JSON object");
    const auto algorithm = algorithm_of(jwk);
    if (!algorithm) continue;
    ATOMA_TRY(auto key, read_jwk(jwk, *algorithm));
    ATOMA_TRY_VOID(out.add_parsed(std::move(key), text_member(jwk, "kid")));
  }
  return out;
}

Result<VerificationKeys> VerificationKeys::parse_cose(ByteView cbor) {
  ATOMA_TRY(const auto document, wire::CborDocument::parse(cbor));
  if (!document.root().is_array()) return malformed("keyset.format", "expected an array of keys");
  VerificationKeys out;
  for (const auto& item : document.root().items()) {
    if (!item.is_map()) return malformed("keyset.format", "a key is no map");
    const auto algorithm = algorithm_of(item);
    if (!algorithm) continue;
    ATOMA_TRY(auto key, read_cose_key(item, *algorithm));
    ATOMA_TRY_VOID(out.add_parsed(std::move(key), as_text(bytes_of(item, kKid))));
  }
  return out;
}

std::string VerificationKeys::add(PublicKey key) {
  std::string kid = key_id(key);
  if (find(kid) == nullptr) keys_.push_back({kid, std::move(key)});
  return kid;
}

void VerificationKeys::remove(std::string_view kid) {
  std::erase_if(keys_, [&](const Entry& entry) { return entry.kid == kid; });
}

void VerificationKeys::keep_only(std::string_view kid) {
  std::erase_if(keys_, [&](const Entry& entry) { return entry.kid != kid; });
}

void VerificationKeys::move_to_front(std::string_view kid) {
  const auto found = std::ranges::find(keys_, kid, &Entry::kid);
  std::rotate(keys_.begin(), found, found == keys_.end() ? found : found + 1);
}

PublicKey* VerificationKeys::find(std::string_view kid) {
  const auto found = std::ranges::find(keys_, kid, &Entry::kid);
  return found == keys_.end() ? nullptr : &found->key;
}

std::string VerificationKeys::to_jwks() const {
  wire::JsonWriter out;
  out.begin_object().key("keys").begin_array();
  for (const Entry& entry : keys_) {
    const ByteView raw = entry.key.raw();
    out.begin_object();
    if (entry.key.algorithm() == Algorithm::kEs256) {
      out.member("kty", "EC").member("crv", "P-256");
      out.member("x", base64url_encode(raw.first(32))).member("y", base64url_encode(raw.last(32)));
    } else {
      out.member("kty", "AKP").member("pub", base64url_encode(raw));
    }
    out.member("kid", entry.kid).member("use", "sig");
    out.member("alg", algorithm_name(entry.key.algorithm())).end_object();
  }
  return out.end_array().end_object().take();
}

Bytes VerificationKeys::to_cose() const {
  wire::CborWriter out;
  out.begin_array();
  for (const Entry& entry : keys_) {
    const ByteView raw = entry.key.raw();
    out.begin_map().key(kKid).bytes(as_bytes(entry.kid));
    out.key(kAlg).value(static_cast<std::int64_t>(entry.key.algorithm()));
    if (entry.key.algorithm() == Algorithm::kEs256) {
      out.key(kKty).value(kKtyEc2).key(kFirst).value(kCurveP256);
      out.key(kX).bytes(raw.first(32)).key(kY).bytes(raw.last(32));
    } else {
      out.key(kKty).value(kKtyAkp).key(kFirst).bytes(raw);
    }
    out.end_map();
  }
  return out.end_array().take();
}

TokenKeys::TokenKeys(SigningKey key)
    : signing_(std::move(key)), kid_(published_.add(signing_.public_key())) {}

void TokenKeys::rotate(SigningKey next) {
  kid_ = published_.add(next.public_key());
  published_.move_to_front(kid_);
  signing_ = std::move(next);
}

Status TokenKeys::retire(std::string_view kid) {
  if (kid == kid_ || published_.find(kid) == nullptr) {
    return malformed("keyset.kid", "only an older key that is published can be retired");
  }
  published_.remove(kid);
  return {};
}

}  // namespace atoma::cose
