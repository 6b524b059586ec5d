// JWS in compact form (RFC 7515) with ES256, and with ML-DSA-65 under keys of a set that has one:
// the algorithm is the key's, not the token's (RFC 8725 §3.1), and so is the set of keys. Keys
// named inside a token (jwk, jku, x5c) are never used.
//
//   ATOMA_TRY(auto jws, jws_verify(token, keys, "eat+jwt"));
//   jws.payload()
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/result.h"
#include "atoma/cose/jwk.h"
#include "atoma/cose/key_set.h"

namespace atoma::cose {

// An attestation result with all its findings is below 20 KiB; it travels in HTTP bodies.
inline constexpr std::size_t kJwsSizeMax = 64 * 1024;

// Only jws_verify makes one: who holds it holds a verified payload.
class VerifiedJws {
 public:
  const std::string& kid() const { return kid_; }
  const std::string& payload() const { return payload_; }

 private:
  friend Result<VerifiedJws> jws_verify(std::string_view, JwkSet&, std::string_view, std::size_t);
  friend Result<VerifiedJws> jws_verify(std::string_view, VerificationKeys&, std::string_view,
                                        std::size_t);
  VerifiedJws(std::string kid, std::string payload)
      : kid_(std::move(kid)), payload_(std::move(payload)) {}

  std::string kid_;
  std::string payload_;
};

// `key` is a P-256 key. A token over kJwsSizeMax is made all the same and refused by jws_verify.
std::string jws_sign(const crypto::EcPrivateKey& key, std::string_view kid, std::string_view typ,
                     std::string_view payload_json);

// Checks in this order, each with its error: "jws.too_large", "jws.format" (three base64url parts,
// a JSON header with string members), "jws.alg", "jws.crit" (no extension is known), "jws.typ"
// (not `typ`, compared exactly), "jws.kid" (not in `keys`), "jws.signature".
Result<VerifiedJws> jws_verify(std::string_view token, JwkSet& keys, std::string_view typ,
                               std::size_t size_max = kJwsSizeMax);

// The same for keys of any algorithm of a key set; the header's must be the key's, else "jws.alg".
std::string jws_sign(const SigningKey& key, std::string_view kid, std::string_view typ,
                     std::string_view payload_json);
Result<VerifiedJws> jws_verify(std::string_view token, VerificationKeys& keys, std::string_view typ,
                               std::size_t size_max = kJwsSizeMax);

}  // namespace atoma::cose
