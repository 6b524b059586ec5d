// HPKE (RFC 9180) single-shot base mode with the X-Wing KEM: X25519 + ML-KEM-768, so that a
// recording made today stays closed when X25519 alone falls to a quantum computer.
//
// Suite: KEM 0x647a (X-Wing, draft-connolly-cfrg-xwing-kem / draft-ietf-hpke-pq), KDF 0x0001
// (HKDF-SHA256), AEAD 0x0002 (AES-256-GCM).
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"

namespace atoma::crypto {

inline constexpr std::size_t kXwingPublicKeySize = 1216;
inline constexpr std::size_t kXwingCiphertextSize = 1120;

class XwingPrivateKey {
 public:
  // The 32-byte seed is the whole private key; everything else is expanded from it (X-Wing §5.2).
  static XwingPrivateKey generate(Entropy& entropy);
  static XwingPrivateKey from_seed(const Secret<32>& seed);

  const Bytes& public_key() const { return public_key_; }  // 1,216 bytes
  ByteView seed(std::string_view reason) const { return seed_.expose(reason); }
  // Errors: "xwing.ciphertext" (wrong size, or an X25519 share of small order). Any other damaged
  // one decapsulates to a secret that nobody knows (implicit rejection).
  Result<Secret<32>> decapsulate(ByteView ciphertext) const;

 private:
  XwingPrivateKey(Secret<32> seed, Bytes public_key);
  Secret<32> seed_;
  Bytes public_key_;
};

struct XwingEncapsulation {
  Bytes ciphertext;  // 1,120 bytes
  Secret<32> shared;
};

// `randomness` is 64 bytes (X-Wing §5.4). Errors: "xwing.public_key".
Result<XwingEncapsulation> xwing_encapsulate(ByteView public_key, Entropy& entropy);

struct HpkeSealed {
  Bytes enc;         // the KEM ciphertext, 1,120 bytes
  Bytes ciphertext;  // plaintext + 16 bytes
};

// Errors: "xwing.public_key".
Result<HpkeSealed> hpke_seal(ByteView recipient_public_key, ByteView info, ByteView aad,
                             ByteView plaintext, Entropy& entropy);

// Errors: "hpke.open" for every failure alike.
Result<SecretBytes> hpke_open(const XwingPrivateKey& recipient, ByteView enc, ByteView info,
                              ByteView aad, ByteView ciphertext);

}  // namespace atoma::crypto
