#include "atoma/crypto/aead.h"

#include "test_entropy.h"
#include "test_vectors.h"

namespace atoma::crypto {
namespace {

Secret<32> make_key(std::uint8_t seed) {
  Secret<32> key;
  SeededEntropy(seed).fill(key.expose_mutable("test"));
  return key;
}

const Bytes kNonce(kAeadNonceSize, 7);

std::string_view open_reason(const Secret<32>& key, ByteView nonce, ByteView aad,
                             ByteView ciphertext) {
  const auto opened = aead_open(key, nonce, aad, ciphertext);
  return opened ? "opened" : opened.error().reason;
}

TEST(Aead, OpensWhatItSealed) {
  const Secret<32> key = make_key(1);
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 1000u, 70000u}) {
    const Bytes plaintext(size, 0x5a);
    const Bytes sealed = aead_seal(key, kNonce, as_bytes("aad"), plaintext);
    EXPECT_EQ(sealed.size(), size + kAeadTagSize);
    const auto opened = aead_open(key, kNonce, as_bytes("aad"), sealed);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(equal(opened->expose("test"), plaintext));
  }
}

TEST(Aead, RefusesEveryChange) {
  const Secret<32> key = make_key(1);
  Bytes sealed = aead_seal(key, kNonce, as_bytes("aad"), as_bytes("plaintext"));
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_EQ(open_reason(key, kNonce, as_bytes("aad"), sealed), "aead.open") << "bit " << bit;
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
  EXPECT_EQ(open_reason(make_key(2), kNonce, as_bytes("aad"), sealed), "aead.open");
  EXPECT_EQ(open_reason(key, Bytes(12, 8), as_bytes("aad"), sealed), "aead.open");
  EXPECT_EQ(open_reason(key, Bytes(11, 7), as_bytes("aad"), sealed), "aead.open");
  EXPECT_EQ(open_reason(key, kNonce, as_bytes("aae"), sealed), "aead.open");
  EXPECT_EQ(open_reason(key, kNonce, {}, sealed), "aead.open");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(open_reason(key, kNonce, as_bytes("aad"), ByteView(sealed).first(size)), "aead.open");
  }
  EXPECT_EQ(open_reason(key, kNonce, as_bytes("aad"), sealed), "opened");
}

TEST(AeadVectors, Wycheproof) {
  const auto document = load_vectors("aead-kdf-dh/aes_gcm_test.json");
  if (!document) GTEST_SKIP() << "ATOMA_VECTORS/aead-kdf-dh/aes_gcm_test.json is missing";
  int checked = 0;
  for (const auto& group : document->root().find("testGroups")->items()) {
    if (number_member(group, "keySize") != 256 || number_member(group, "ivSize") != 96) continue;
    for (const auto& test : group.find("tests")->items()) {
      SCOPED_TRACE(number_member(test, "tcId"));
      const Secret<32> key = secret32(hex_member(test, "key"));
      const Bytes nonce = hex_member(test, "iv");
      const Bytes aad = hex_member(test, "aad");
      const Bytes plaintext = hex_member(test, "msg");
      Bytes sealed = hex_member(test, "ct");
      append(sealed, hex_member(test, "tag"));
      ++checked;
      if (test.find("result")->text() == "valid") {
        EXPECT_EQ(aead_seal(key, nonce, aad, plaintext), sealed);
        EXPECT_EQ(open_reason(key, nonce, aad, sealed), "opened");
      } else {
        EXPECT_EQ(open_reason(key, nonce, aad, sealed), "aead.open");
      }
    }
  }
  EXPECT_GE(checked, 49);
}

}  // namespace
}  // namespace atoma::crypto
