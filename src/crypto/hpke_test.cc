#include "atoma/crypto/hpke.h"

#include <openssl/evp.h>
#include <openssl/opensslv.h>

#include "hpke_schedule.h"
#include "test_entropy.h"
#include "test_vectors.h"

namespace atoma::crypto {
namespace {

XwingPrivateKey make_key(std::uint8_t seed) {
  SeededEntropy entropy(seed);
  return XwingPrivateKey::generate(entropy);
}

std::string_view encapsulate_reason(ByteView public_key) {
  SeededEntropy entropy(9);
  const auto result = xwing_encapsulate(public_key, entropy);
  return result ? "encapsulated" : result.error().reason;
}

TEST(Openssl, OffersMlKem768) {
  EXPECT_GE(OPENSSL_version_major() * 100 + OPENSSL_version_minor(), 305u);
  EVP_KEM* kem = EVP_KEM_fetch(nullptr, "ML-KEM-768", nullptr);
  EXPECT_NE(kem, nullptr);
  EVP_KEM_free(kem);
}

TEST(Xwing, BothSidesAgree) {
  const XwingPrivateKey key = make_key(1);
  EXPECT_EQ(key.public_key().size(), kXwingPublicKeySize);
  SeededEntropy entropy(2);
  const auto sent = xwing_encapsulate(key.public_key(), entropy);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->ciphertext.size(), kXwingCiphertextSize);
  const auto received = key.decapsulate(sent->ciphertext);
  ASSERT_TRUE(received);
  EXPECT_TRUE(equal(received->expose("test"), sent->shared.expose("test")));
}

TEST(Xwing, DamagedCiphertextsGiveAnotherSecret) {
  const XwingPrivateKey key = make_key(1);
  SeededEntropy entropy(2);
  auto sent = xwing_encapsulate(key.public_key(), entropy);
  ASSERT_TRUE(sent);
  for (const std::size_t at : {0u, 500u, 1087u, 1088u, 1119u}) {
    Bytes damaged = sent->ciphertext;
    damaged[at] ^= 1;
    const auto received = key.decapsulate(damaged);
    ASSERT_TRUE(received) << at;
    EXPECT_FALSE(equal(received->expose("test"), sent->shared.expose("test"))) << at;
  }
}

TEST(Xwing, RefusesCiphertexts) {
  const XwingPrivateKey key = make_key(1);
  Bytes small_order(kXwingCiphertextSize);  // the X25519 share is the point with u = 0
  for (const Bytes& bad : {Bytes{}, Bytes(kXwingCiphertextSize - 1, 1),
                           Bytes(kXwingCiphertextSize + 1, 1), small_order}) {
    const auto result = key.decapsulate(bad);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "xwing.ciphertext");
  }
}

TEST(Xwing, RefusesPublicKeys) {
  const Bytes good = make_key(1).public_key();
  EXPECT_EQ(encapsulate_reason(good), "encapsulated");
  EXPECT_EQ(encapsulate_reason({}), "xwing.public_key");
  EXPECT_EQ(encapsulate_reason(ByteView(good).first(good.size() - 1)), "xwing.public_key");
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(encapsulate_reason(longer), "xwing.public_key");
  Bytes unreduced = good;  // FIPS 203 §7.2: a coefficient of 4,095 is not below 3,329
  unreduced[0] = 0xff;
  unreduced[1] |= 0x0f;
  EXPECT_EQ(encapsulate_reason(unreduced), "xwing.public_key");
  Bytes small_order = good;
  std::ranges::fill(small_order.begin() + 1184, small_order.end(), std::uint8_t{0});
  EXPECT_EQ(encapsulate_reason(small_order), "xwing.public_key");
}

TEST(Hpke, OpensWhatItSealed) {
  const XwingPrivateKey key = make_key(1);
  SeededEntropy entropy(2);
  const auto sealed =
      hpke_seal(key.public_key(), as_bytes("info"), as_bytes("aad"), as_bytes("dek"), entropy);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->ciphertext.size(), 3 + kAeadTagSize);
  const auto opened =
      hpke_open(key, sealed->enc, as_bytes("info"), as_bytes("aad"), sealed->ciphertext);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(equal(opened->expose("test"), as_bytes("dek")));
}

TEST(Hpke, EveryFailureLooksAlike) {
  const XwingPrivateKey key = make_key(1);
  SeededEntropy entropy(2);
  const auto sealed =
      hpke_seal(key.public_key(), as_bytes("info"), as_bytes("aad"), as_bytes("dek"), entropy);
  ASSERT_TRUE(sealed);
  Bytes enc = sealed->enc;
  enc[7] ^= 1;
  Bytes ciphertext = sealed->ciphertext;
  ciphertext[0] ^= 1;
  const auto info = as_bytes("info");
  const auto aad = as_bytes("aad");
  const Result<SecretBytes> results[] = {
      hpke_open(make_key(2), sealed->enc, info, aad, sealed->ciphertext),
      hpke_open(key, enc, info, aad, sealed->ciphertext),
      hpke_open(key, Bytes(kXwingCiphertextSize), info, aad, sealed->ciphertext),
      hpke_open(key, {}, info, aad, sealed->ciphertext),
      hpke_open(key, sealed->enc, aad, aad, sealed->ciphertext),
      hpke_open(key, sealed->enc, info, info, sealed->ciphertext),
      hpke_open(key, sealed->enc, info, aad, ciphertext),
      hpke_open(key, sealed->enc, info, aad, {}),
  };
  for (const auto& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "hpke.open");
    EXPECT_EQ(result.error().message, results[0].error().message);
    EXPECT_EQ(result.error().code, results[0].error().code);
  }
}

TEST(Hpke, SealRefusesABadKey) {
  SeededEntropy entropy(2);
  const auto sealed = hpke_seal(Bytes(3), {}, {}, {}, entropy);
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().reason, "xwing.public_key");
}

TEST(XwingVectors, Draft) {
  const auto document = load_vectors("xwing/xwing-draft.json");
  if (!document) GTEST_SKIP() << "ATOMA_VECTORS/xwing/xwing-draft.json is missing";
  ASSERT_GE(document->root().items().size(), 2u);
  for (const auto& test : document->root().items()) {
    const auto key = XwingPrivateKey::from_seed(secret32(hex_member(test, "seed")));
    EXPECT_EQ(key.public_key(), hex_member(test, "pk"));
    FixedEntropy entropy(hex_member(test, "eseed"));
    const auto sent = xwing_encapsulate(key.public_key(), entropy);
    ASSERT_TRUE(sent);
    EXPECT_TRUE(entropy.used_up());
    EXPECT_EQ(sent->ciphertext, hex_member(test, "ct"));
    EXPECT_TRUE(equal(sent->shared.expose("test"), hex_member(test, "ss")));
    const auto received = key.decapsulate(hex_member(test, "ct"));
    ASSERT_TRUE(received);
    EXPECT_TRUE(equal(received->expose("test"), hex_member(test, "ss")));
  }
}

// Each ML-KEM-768 key as the first part of an X-Wing key: the checks of FIPS 203 §7.2 must act.
TEST(XwingVectors, MlKemEncapsulation) {
  const auto document = load_vectors("mlkem/mlkem_768_encaps_test.json");
  if (!document) GTEST_SKIP() << "ATOMA_VECTORS/mlkem/mlkem_768_encaps_test.json is missing";
  const Bytes share = to_bytes(ByteView(make_key(1).public_key()).last(32));
  int valid = 0;
  int invalid = 0;
  for (const auto& group : document->root().find("testGroups")->items()) {
    for (const auto& test : group.find("tests")->items()) {
      SCOPED_TRACE(number_member(test, "tcId"));
      Bytes public_key = hex_member(test, "ek");
      append(public_key, share);
      if (test.find("result")->text() != "valid") {
        EXPECT_EQ(encapsulate_reason(public_key), "xwing.public_key");
        ++invalid;
        continue;
      }
      Bytes randomness = hex_member(test, "m");
      append(randomness, Bytes(32, 5));
      FixedEntropy entropy(randomness);
      const auto sent = xwing_encapsulate(public_key, entropy);
      ASSERT_TRUE(sent);
      EXPECT_TRUE(equal(ByteView(sent->ciphertext).first(1088), hex_member(test, "c")));
      ++valid;
    }
  }
  EXPECT_GE(valid, 80);
  EXPECT_GE(invalid, 80);
}

// Base mode with HKDF-SHA256; with AES-256-GCM also the messages, whose nonces are given.
int check_schedule(const wire::JsonValue& test) {
  constexpr std::int64_t kHkdfSha256 = 1, kAes128 = 1, kAes256 = 2, kExportOnly = 65535;
  const auto aead = number_member(test, "aead_id");
  if (number_member(test, "mode") != 0 || number_member(test, "kdf_id") != kHkdfSha256 ||
      aead == kExportOnly) {
    return 0;
  }
  const HpkeSuite suite = {static_cast<std::uint16_t>(number_member(test, "kem_id")), 1,
                           static_cast<std::uint16_t>(aead), aead == kAes128 ? 16u : 32u};
  const HpkeKeys keys =
      hpke_key_schedule(suite, hex_member(test, "shared_secret"), hex_member(test, "info"));
  EXPECT_TRUE(equal(keys.key.expose("test").first(suite.key_size), hex_member(test, "key")));
  EXPECT_TRUE(equal(keys.base_nonce, hex_member(test, "base_nonce")));
  if (aead != kAes256) return 1;
  for (const auto& message : test.find("encryptions")->items()) {
    EXPECT_EQ(aead_seal(keys.key, hex_member(message, "nonce"), hex_member(message, "aad"),
                        hex_member(message, "pt")),
              hex_member(message, "ct"));
  }
  return 1;
}

TEST(HpkeVectors, Rfc9180KeySchedule) {
  const auto document = load_vectors("hpke/rfc9180.json");
  if (!document) GTEST_SKIP() << "ATOMA_VECTORS/hpke/rfc9180.json is missing";
  int checked = 0;
  for (const auto& test : document->root().items()) checked += check_schedule(test);
  EXPECT_GE(checked, 6);
}

// The draft's X-Wing suite differs from ours in the AEAD alone.
TEST(HpkeVectors, XwingSuite) {
  const auto document = load_vectors("hpke-pq/draft-ietf-hpke-pq.json");
  if (!document) GTEST_SKIP() << "ATOMA_VECTORS/hpke-pq/draft-ietf-hpke-pq.json is missing";
  int checked = 0;
  for (const auto& test : document->root().items()) {
    if (number_member(test, "kem_id") != kXwingSuite.kem_id) continue;
    const auto key = XwingPrivateKey::from_seed(secret32(hex_member(test, "skRm")));
    EXPECT_EQ(key.public_key(), hex_member(test, "pkRm"));
    FixedEntropy entropy(hex_member(test, "ikmE"));
    const auto sent = xwing_encapsulate(key.public_key(), entropy);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->ciphertext, hex_member(test, "enc"));
    EXPECT_TRUE(equal(sent->shared.expose("test"), hex_member(test, "shared_secret")));
    checked += check_schedule(test);
  }
  EXPECT_GE(checked, 1);
}

}  // namespace
}  // namespace atoma::crypto
