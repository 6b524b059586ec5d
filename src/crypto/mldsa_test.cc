#include "atoma/crypto/mldsa.h"

#include <gtest/gtest.h>

#include "atoma/crypto/digest.h"
#include "atoma/wire/text.h"
#include "test_entropy.h"

namespace atoma::crypto {
namespace {

template <typename Key = MlDsa65PrivateKey>
Key key_of_counting_seed() {
  ByteArray<32> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(i);
  return Key::from_seed(Secret<32>::copy_of(seed));
}

std::string digest(ByteView bytes) { return wire::hex_encode(sha256(bytes)); }

// Digests of what another implementation of FIPS 204 (npm @noble/post-quantum 0.7.1) makes of the
// seed 00 01 … 1f.
TEST(MlDsa65, AgreesWithAnotherImplementation) {
  const auto key = key_of_counting_seed();
  EXPECT_EQ(digest(key.public_raw()),
            "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9");
  EXPECT_EQ(digest(key.sign(as_bytes("atoma"))),
            "a9cc962d70a52dad802bbad3570b6fcc31f141a4b8d971ba470e5ff42bcf1581");
  EXPECT_EQ(digest(key.sign({})),
            "77b1e979eb90529a25a10996259c26d6dc2ea900f8751f20395a523b1347c51a");
}

TEST(MlDsa44, AgreesWithAnotherImplementation) {
  const auto key = key_of_counting_seed<MlDsa44PrivateKey>();
  EXPECT_EQ(digest(key.public_raw()),
            "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46");
  EXPECT_EQ(digest(key.sign(as_bytes("atoma"))),
            "2773f00a121eef42cc0901379667c9e69ca985bd9b9722b1335f0c2def1b976c");
  EXPECT_EQ(digest(key.sign({})),
            "4f1602550ef34012149cbeaaf73a9e98d9a0aac0f904adb683d5cea86d595471");
}

TEST(MlDsa44, IsNotMlDsa65) {
  const auto key = key_of_counting_seed<MlDsa44PrivateKey>();
  const Bytes message = to_bytes("message");
  const Bytes signature = key.sign(message);
  EXPECT_EQ(signature.size(), kMlDsa44SignatureSize);
  const auto verifier = MlDsa44PublicKey::create(key.public_raw());
  ASSERT_TRUE(verifier);
  EXPECT_TRUE(verifier->verify(message, signature));
  EXPECT_FALSE(verifier->verify(to_bytes("Message"), signature));
  EXPECT_FALSE(verifier->verify(message, key_of_counting_seed().sign(message)));
  EXPECT_EQ(MlDsa44PublicKey::create(Bytes(kMlDsa65PublicKeySize)).error().reason, "key.ml_dsa");
}

TEST(MlDsa65, VerifiesWhatItSigned) {
  SeededEntropy entropy(1);
  const auto key = MlDsa65PrivateKey::generate(entropy);
  auto verifier = MlDsa65PublicKey::create(key.public_raw());
  ASSERT_TRUE(verifier);
  const Bytes message = to_bytes("message");
  const Bytes signature = key.sign(message);
  EXPECT_EQ(signature.size(), kMlDsa65SignatureSize);
  EXPECT_TRUE(verifier->verify(message, signature));
  EXPECT_TRUE(verifier->verify(message, signature));
  EXPECT_EQ(key.sign(message), signature);
  EXPECT_TRUE(equal(verifier->raw(), key.public_raw()));
  const auto other = MlDsa65PrivateKey::generate(entropy);
  EXPECT_FALSE(verifier->verify(message, other.sign(message)));
  EXPECT_FALSE(verifier->verify(to_bytes("Message"), signature));
}

TEST(MlDsa65, DamagedSignaturesDoNotVerify) {
  const auto key = key_of_counting_seed();
  auto verifier = MlDsa65PublicKey::create(key.public_raw());
  const Bytes message = to_bytes("message");
  const Bytes signature = key.sign(message);
  for (std::size_t i = 0; i < signature.size(); i += 7) {
    Bytes damaged = signature;
    damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ 1 << i % 8);
    EXPECT_FALSE(verifier->verify(message, damaged)) << i;
  }
  EXPECT_FALSE(verifier->verify(message, ByteView(signature).first(signature.size() - 1)));
  Bytes longer = signature;
  longer.push_back(0);
  EXPECT_FALSE(verifier->verify(message, longer));
  EXPECT_FALSE(verifier->verify(message, {}));
}

TEST(MlDsa65, RefusesKeysOfOtherSizes) {
  for (const std::size_t size : {0u, 1951u, 1953u}) {
    const auto key = MlDsa65PublicKey::create(Bytes(size));
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().reason, "key.ml_dsa");
  }
}

}  // namespace
}  // namespace atoma::crypto
