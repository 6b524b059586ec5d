// secp256k1 as EVM chains use it: signatures over a 32-byte digest from which the public key can be
// recovered. For anchoring logs on chains and for nothing else.
//
//   ATOMA_TRY(const auto key, Secp256k1PrivateKey::from_scalar(scalar));
//   const RecoverableSignature signature = key.sign_digest(keccak256(message));
#pragma once

#include <memory>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/crypto/digest.h"

namespace atoma::crypto {

// s is at most half the order: of a signature's two forms the one that chains take (EIP-2).
struct RecoverableSignature {
  ByteArray<32> r{};
  ByteArray<32> s{};
  std::uint8_t y_parity = 0;  // of the point whose x is r: 0 or 1
};

// The public key (x ‖ y) whose signature over `digest` this is. Variable time: all of it is public.
// Errors: "signature.unrecoverable" when r or s is out of range or r is no point's x.
Result<ByteArray<64>> recover_secp256k1(const Digest256& digest,
                                        const RecoverableSignature& signature);

class Secp256k1PrivateKey {
 public:
  // Big-endian scalar in [1, n-1]. Errors: "key.scalar".
  static Result<Secp256k1PrivateKey> from_scalar(ByteView scalar);
  Secp256k1PrivateKey(Secp256k1PrivateKey&&) noexcept;
  Secp256k1PrivateKey& operator=(Secp256k1PrivateKey&&) noexcept;
  ~Secp256k1PrivateKey();

  ByteArray<64> public_xy() const;
  // Deterministic (RFC 6979).
  RecoverableSignature sign_digest(const Digest256& digest) const;

 private:
  struct Impl;
  explicit Secp256k1PrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::crypto
