// OpenSSL's own verification of signatures: what tests agree with and benchmarks divide by.
#pragma once

#include <memory>

#include "atoma/crypto/signature.h"

namespace atoma::crypto {

// By EVP_PKEY_verify: the oracle of whatever else verifies ECDSA. Takes any input; one that is no
// key or no signature is not valid.
bool openssl_verifies(Curve curve, ByteView xy, ByteView digest, ByteView raw_signature);

// Its rate, measured the way `openssl speed` measures it: one key, one DER signature made
// beforehand, one reused context, nothing else in the loop.
class ReferenceVerifier {
 public:
  enum class Algorithm : std::uint8_t { kEcdsaP256, kEcdsaP384, kRsa4096Pss };

  explicit ReferenceVerifier(Algorithm algorithm);
  ReferenceVerifier(ReferenceVerifier&&) noexcept;
  ~ReferenceVerifier();

  // One verification of a digest. Stops the process if it fails.
  void verify_once();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::crypto
