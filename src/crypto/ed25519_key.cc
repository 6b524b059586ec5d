#include <openssl/err.h>

#include "atoma/base/check.h"
#include "atoma/crypto/signature.h"
#include "openssl_ptr.h"

namespace atoma::crypto {
namespace {

// y of the points of order 1, 2, 4 and 8, little-endian, with both forms of those that fit in 255
// bits unreduced. Such a key verifies signatures that nobody made.
constexpr ByteArray<32> kSmallOrder[] = {
    {0x00},
    {0x01},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

// 2^255 - 19 + y for 0 ≤ y < 19: y written without reduction.
bool is_canonical(ByteArray<32> y) {
  y[31] &= 0x7f;
  const bool high_ones = y[31] == 0x7f && std::ranges::all_of(ByteView(y).subspan(1, 30),
                                                              [](auto b) { return b == 0xff; });
  return !(high_ones && y[0] >= 0xed);
}

bool has_small_order(ByteArray<32> y) {
  y[31] &= 0x7f;
  return std::ranges::find(kSmallOrder, y) != std::end(kSmallOrder);
}

PkeyPtr private_key(const Secret<32>& seed) {
  const auto bytes = seed.expose("Ed25519 key for OpenSSL");
  PkeyPtr key(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, bytes.data(), bytes.size()));
  ATOMA_CHECK(key);
  return key;
}

}  // namespace

Result<Ed25519PublicKey> Ed25519PublicKey::create(ByteView raw32) {
  ByteArray<32> raw{};
  if (raw32.size() != raw.size()) {
    return malformed("key.ed25519",
                     "the key has " + std::to_string(raw32.size()) + " bytes, expected 32");
  }
  std::ranges::copy(raw32, raw.begin());
  if (!is_canonical(raw) || has_small_order(raw)) {
    return malformed("key.ed25519", "the point is not canonical or has a small order");
  }
  return Ed25519PublicKey(raw);
}

bool Ed25519PublicKey::verify(ByteView message, ByteView signature64) const {
  if (signature64.size() != 64) return false;
  PkeyPtr key(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw_.data(), raw_.size()));
  MdCtxPtr context(EVP_MD_CTX_new());
  ATOMA_CHECK(key && context &&
              EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  const bool valid = EVP_DigestVerify(context.get(), signature64.data(), signature64.size(),
                                      message.data(), message.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

Ed25519PrivateKey::Ed25519PrivateKey(Secret<32> seed, Ed25519PublicKey pub)
    : seed_(std::move(seed)), public_key_(pub) {}

Ed25519PrivateKey Ed25519PrivateKey::generate(Entropy& entropy) {
  Secret<32> seed;
  entropy.fill(seed.expose_mutable("key generation"));
  return from_seed(seed);
}

Ed25519PrivateKey Ed25519PrivateKey::from_seed(const Secret<32>& seed) {
  const PkeyPtr key = private_key(seed);
  ByteArray<32> raw{};
  std::size_t size = raw.size();
  ATOMA_CHECK(EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) == 1 && size == raw.size());
  const auto pub = Ed25519PublicKey::create(raw);
  ATOMA_CHECK(pub);
  return {Secret<32>::copy_of(seed.expose("copy into the key")), *pub};
}

ByteArray<64> Ed25519PrivateKey::sign(ByteView message) const {
  const PkeyPtr key = private_key(seed_);
  MdCtxPtr context(EVP_MD_CTX_new());
  ByteArray<64> out{};
  std::size_t size = out.size();
  ATOMA_CHECK(
      context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1 &&
      size == out.size());
  return out;
}

}  // namespace atoma::crypto
