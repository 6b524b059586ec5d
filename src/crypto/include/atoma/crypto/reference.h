// OpenSSL's own verification rate, measured the way `openssl speed` measures it: one key, one DER
// signature made beforehand, one reused context, nothing else in the loop. Benchmarks divide by it.
#pragma once

#include <memory>

#include "atoma/crypto/signature.h"

namespace atoma::crypto {

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
