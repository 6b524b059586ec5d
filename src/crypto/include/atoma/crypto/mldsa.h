// ML-DSA-44 and ML-DSA-65 (FIPS 204): signatures that a quantum computer does not forge. Pure mode,
// empty context. Calls of const functions are safe from any thread.
#pragma once

#include <memory>

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"

namespace atoma::crypto {

enum class MlDsaSet : std::uint8_t { k44, k65 };

inline constexpr std::size_t kMlDsa44PublicKeySize = 1312;
inline constexpr std::size_t kMlDsa44SignatureSize = 2420;
inline constexpr std::size_t kMlDsa65PublicKeySize = 1952;
inline constexpr std::size_t kMlDsa65SignatureSize = 3309;

// Verifies without building a key object per call.
template <MlDsaSet kSet>
class MlDsaPublicKey {
 public:
  // Errors: "key.ml_dsa" when the size is another one. All bytes of that size are a key.
  static Result<MlDsaPublicKey> create(ByteView raw);
  MlDsaPublicKey(MlDsaPublicKey&&) noexcept;
  MlDsaPublicKey& operator=(MlDsaPublicKey&&) noexcept;
  ~MlDsaPublicKey();

  ByteView raw() const;  // points into this key
  bool verify(ByteView message, ByteView signature) const;

 private:
  struct Impl;
  explicit MlDsaPublicKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

template <MlDsaSet kSet>
class MlDsaPrivateKey {
 public:
  static MlDsaPrivateKey generate(Entropy& entropy);
  static MlDsaPrivateKey from_seed(const Secret<32>& seed);
  MlDsaPrivateKey(MlDsaPrivateKey&&) noexcept;
  MlDsaPrivateKey& operator=(MlDsaPrivateKey&&) noexcept;
  ~MlDsaPrivateKey();

  ByteView public_raw() const;  // points into this key
  ByteView seed(std::string_view reason) const;
  // Deterministic (FIPS 204 §3.4): the same key and message give the same bytes.
  Bytes sign(ByteView message) const;

 private:
  struct Impl;
  explicit MlDsaPrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

using MlDsa44PublicKey = MlDsaPublicKey<MlDsaSet::k44>;
using MlDsa44PrivateKey = MlDsaPrivateKey<MlDsaSet::k44>;
using MlDsa65PublicKey = MlDsaPublicKey<MlDsaSet::k65>;
using MlDsa65PrivateKey = MlDsaPrivateKey<MlDsaSet::k65>;

extern template class MlDsaPublicKey<MlDsaSet::k44>;
extern template class MlDsaPrivateKey<MlDsaSet::k44>;
extern template class MlDsaPublicKey<MlDsaSet::k65>;
extern template class MlDsaPrivateKey<MlDsaSet::k65>;

}  // namespace atoma::crypto
