// AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce and a 128-bit tag.
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/secret.h"

namespace atoma::crypto {

inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;

// ciphertext ‖ tag. The caller never repeats a nonce under one key.
Bytes aead_seal(const Secret<32>& key, ByteView nonce, ByteView aad, ByteView plaintext);

// Errors: "aead.open" for every failure alike: short input, wrong key, nonce, aad or tag.
Result<SecretBytes> aead_open(const Secret<32>& key, ByteView nonce, ByteView aad,
                              ByteView ciphertext);

}  // namespace atoma::crypto
