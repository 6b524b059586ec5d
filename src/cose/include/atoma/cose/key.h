// Keys of tokens and signed objects, of every algorithm that Atoma signs or verifies with. A key
// has one algorithm: what a header says must be that one (RFC 8725 §3.1, RFC 9053 §2).
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "atoma/crypto/mldsa.h"
#include "atoma/crypto/signature.h"

namespace atoma::cose {

// IANA "COSE Algorithms"; ML-DSA by draft-ietf-cose-dilithium.
enum class Algorithm : std::int8_t {
  kEs256 = -7,
  kEdDsa = -8,
  kEs384 = -35,
  kMlDsa65 = -49,
};
std::string_view algorithm_name(Algorithm algorithm);  // as in JOSE: "ES256", "EdDSA", …
std::optional<Algorithm> algorithm_from_cose(std::int64_t id);
std::optional<Algorithm> algorithm_from_name(std::string_view name);

// Move-only; belongs to one thread at a time.
class PublicKey {
 public:
  // From its raw form. Errors: "key.point", "key.ed25519", "key.ml_dsa", and "key.algorithm" for a
  // number that is none of the above.
  static Result<PublicKey> create(Algorithm algorithm, ByteView raw);

  explicit PublicKey(crypto::EcPublicKey key) : key_(std::move(key)) {}
  explicit PublicKey(crypto::Ed25519PublicKey key) : key_(key) {}
  explicit PublicKey(crypto::MlDsa65PublicKey key) : key_(std::move(key)) {}

  Algorithm algorithm() const;
  bool verify(ByteView message, ByteView signature);
  // x ‖ y of an EC key, x of an Ed25519 key, all of an ML-DSA key.
  ByteView raw() const;

 private:
  std::variant<crypto::EcPublicKey, crypto::Ed25519PublicKey, crypto::MlDsa65PublicKey> key_;
};

class SigningKey {
 public:
  explicit SigningKey(crypto::EcPrivateKey key) : key_(std::move(key)) {}
  explicit SigningKey(crypto::Ed25519PrivateKey key) : key_(std::move(key)) {}
  explicit SigningKey(crypto::MlDsa65PrivateKey key) : key_(std::move(key)) {}

  Algorithm algorithm() const;
  Bytes sign(ByteView message) const;
  PublicKey public_key() const;

 private:
  std::variant<crypto::EcPrivateKey, crypto::Ed25519PrivateKey, crypto::MlDsa65PrivateKey> key_;
};

}  // namespace atoma::cose
