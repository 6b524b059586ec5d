// ML-DSA-65 (FIPS 204): signatures that a quantum computer does not forge. Pure mode, empty
// context.
#pragma once

#include <memory>

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"

namespace atoma::crypto {

inline constexpr std::size_t kMlDsa65PublicKeySize = 1952;
inline constexpr std::size_t kMlDsa65SignatureSize = 3309;

// Verifies without building a key object per call. A key belongs to one thread at a time.
class MlDsa65PublicKey {
 public:
  // Errors: "key.ml_dsa" when the size is another one. Every 1,952 bytes are a key.
  static Result<MlDsa65PublicKey> create(ByteView raw);
  MlDsa65PublicKey(MlDsa65PublicKey&&) noexcept;
  MlDsa65PublicKey& operator=(MlDsa65PublicKey&&) noexcept;
  ~MlDsa65PublicKey();

  ByteView raw() const;  // points into this key
  bool verify(ByteView message, ByteView signature);

 private:
  struct Impl;
  explicit MlDsa65PublicKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class MlDsa65PrivateKey {
 public:
  static MlDsa65PrivateKey generate(Entropy& entropy);
  static MlDsa65PrivateKey from_seed(const Secret<32>& seed);
  MlDsa65PrivateKey(MlDsa65PrivateKey&&) noexcept;
  MlDsa65PrivateKey& operator=(MlDsa65PrivateKey&&) noexcept;
  ~MlDsa65PrivateKey();

  ByteView public_raw() const;  // points into this key
  ByteView seed(std::string_view reason) const;
  // Deterministic (FIPS 204 §3.4): the same key and message give the same bytes.
  Bytes sign(ByteView message) const;

 private:
  struct Impl;
  explicit MlDsa65PrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::crypto
