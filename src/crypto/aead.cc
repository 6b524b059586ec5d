#include "atoma/crypto/aead.h"

#include <openssl/err.h>

#include <limits>

#include "atoma/base/check.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

// EVP takes lengths as int. Nothing that we seal comes near.
constexpr std::size_t kInputMax = std::numeric_limits<int>::max() - kAeadTagSize;

// Lives as long as the process.
const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  ATOMA_CHECK(cipher != nullptr);
  return cipher;
}

enum class Direction : int { kOpen = 0, kSeal = 1 };

// A context that has taken the key, the nonce and the additional data.
CipherCtxPtr start(Direction direction, const Secret<32>& key, ByteView nonce, ByteView aad) {
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  int size = 0;
  ATOMA_CHECK(context && nonce.size() == kAeadNonceSize && aad.size() <= kInputMax &&
              EVP_CipherInit_ex2(context.get(), aes_256_gcm(),
                                 key.expose("AES-256-GCM key schedule").data(), nonce.data(),
                                 static_cast<int>(direction), nullptr) == 1);
  ATOMA_CHECK(aad.empty() || EVP_CipherUpdate(context.get(), nullptr, &size, aad.data(),
                                              static_cast<int>(aad.size())) == 1);
  return context;
}

bool update(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out) {
  int size = 0;
  return in.empty() ||
         (EVP_CipherUpdate(context, out, &size, in.data(), static_cast<int>(in.size())) == 1 &&
          static_cast<std::size_t>(size) == in.size());
}

}  // namespace

Bytes aead_seal(const Secret<32>& key, ByteView nonce, ByteView aad, ByteView plaintext) {
  ATOMA_CHECK(plaintext.size() <= kInputMax);
  const CipherCtxPtr context = start(Direction::kSeal, key, nonce, aad);
  Bytes out(plaintext.size() + kAeadTagSize);
  std::uint8_t* const tag = out.data() + plaintext.size();
  int size = 0;
  ATOMA_CHECK(update(context.get(), plaintext, out.data()) &&
              EVP_CipherFinal_ex(context.get(), tag, &size) == 1 && size == 0 &&
              EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, tag) == 1);
  return out;
}

Result<SecretBytes> aead_open(const Secret<32>& key, ByteView nonce, ByteView aad,
                              ByteView ciphertext) {
  const auto refused = [] {
    return fail(Code::kInvalidArgument, "aead.open", "the ciphertext does not open");
  };
  if (ciphertext.size() < kAeadTagSize || ciphertext.size() > kInputMax ||
      nonce.size() != kAeadNonceSize) {
    return refused();
  }
  const CipherCtxPtr context = start(Direction::kOpen, key, nonce, aad);
  const ByteView body = ciphertext.first(ciphertext.size() - kAeadTagSize);
  ByteArray<kAeadTagSize> tag;
  std::ranges::copy(ciphertext.last(kAeadTagSize), tag.begin());
  SecretBytes out(body.size());
  ATOMA_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag.data()) ==
                  1 &&
              update(context.get(), body, out.expose_mutable("decryption").data()));
  ByteArray<kAeadTagSize> unused;
  int size = 0;
  if (EVP_CipherFinal_ex(context.get(), unused.data(), &size) != 1) {
    ERR_clear_error();
    return refused();
  }
  return out;
}

}  // namespace atoma::crypto
