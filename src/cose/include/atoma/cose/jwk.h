// Sets of public P-256 keys as JSON (RFC 7517), named by their thumbprints (RFC 7638), as served
// at /.well-known/jwks.json.
//
//   ATOMA_TRY(auto keys, JwkSet::parse(json));
//   crypto::EcPublicKey* key = keys.find(kid);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/crypto/signature.h"

namespace atoma::cose {

// A verifier publishes its current key and a few retired ones.
inline constexpr std::size_t kJwkSetKeysMax = 32;
// A P-256 key is 250 bytes of JSON; foreign keys in the same set are larger.
inline constexpr std::size_t kJwkSetSizeMax = 64 * 1024;

// RFC 7638 §3 with SHA-256, in base64url. The key is a P-256 key.
std::string jwk_thumbprint(const crypto::EcPublicKey& key);
// The same for the public half.
std::string jwk_thumbprint(const crypto::EcPrivateKey& key);

// Move-only; belongs to one thread at a time, as its keys do.
class JwkSet {
 public:
  // Keys of other types, curves and uses are passed over (RFC 7517 §5). A P-256 key must carry its
  // thumbprint as kid, and no private part. Errors: those of JsonDocument::parse, "jwk.format",
  // "jwk.too_large" (size or number of keys), "jwk.private", "jwk.point", "jwk.kid" (not the
  // thumbprint, or twice).
  static Result<JwkSet> parse(std::string_view json);

  // Gives the key's kid; adding a key again changes nothing. The key is a P-256 key.
  std::string add(crypto::EcPublicKey key);
  std::string to_json() const;
  // Points into this set; null when there is no such key.
  crypto::EcPublicKey* find(std::string_view kid);
  std::size_t size() const { return keys_.size(); }

 private:
  struct Entry {
    std::string kid;
    crypto::EcPublicKey key;
  };
  std::vector<Entry> keys_;
};

}  // namespace atoma::cose
