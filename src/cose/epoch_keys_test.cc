#include "atoma/cose/epoch_keys.h"

#include <gtest/gtest.h>

#include "atoma/cose/ear_cwt.h"
#include "atoma/wire/text.h"
#include "epoch_scalar.h"

namespace atoma::cose {
namespace {

constexpr Duration kDay{86'400};
constexpr std::int64_t kEpoch = 20'454;  // 2026-01-01
constexpr Time kStart{kEpoch * kDay.s};

std::shared_ptr<const EpochKeys> keys_of(std::uint8_t first, Duration period = kDay) {
  ByteArray<32> seed;
  for (std::uint8_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(first + i);
  return std::make_shared<const EpochKeys>(Secret<32>::copy_of(seed), period);
}

std::string kid_of(const EpochKeys& keys, Algorithm algorithm, std::int64_t epoch) {
  return key_id(keys.derive(algorithm, epoch).public_key());
}

Ear ear_at(Time now) {
  Ear ear{.issuer = "test",
          .id = "1",
          .issued_at = now,
          .expires_at = now + Duration{300},
          .nonce = "AAAAAAAAAAA=",
          .submods = {{.name = "cpu", .status = EarStatus::kAffirming}}};
  ear.atoma.evidence_sha256 = ear.atoma.policy_sha256 = std::string(64, 'e');
  ear.atoma.tee = "tdx";
  ear.atoma.verified_at = now;
  return ear;
}

// Keys and thumbprints by another implementation of HKDF, P-256 and ML-DSA-65, over the seed
// 00 01 … 1f. Who changes one of these changes the keys of every deployment.
TEST(EpochKeys, KnownAnswers) {
  struct Case {
    Algorithm algorithm;
    std::int64_t epoch;
    std::string_view kid;
  };
  constexpr Case kCases[] = {
      {Algorithm::kEs256, 0, "6cDgXkghY5Kb-8ptyR0VzTLNvjruWKSNVZV2WwenNVQ"},
      {Algorithm::kMlDsa65, 0, "YlVn6iSRco_9UuOvEUF2NCKy8w_woHUdgOlS_mKG_RA"},
      {Algorithm::kEs256, kEpoch, "D8onhfsXoxe84coUwFUSYB_Bbvk1P62hcRpwlEuZqgA"},
      {Algorithm::kMlDsa65, kEpoch, "xMfG4ZVXwF_PXBrH2W-x0SHCfuxhKDpFCBfOPB1TZHA"},
      {Algorithm::kEs256, -1, "QKCC7GQ6Msvyerw5tZfKZBPkRMasGIqJht--ydajyOw"},
      {Algorithm::kMlDsa65, -1, "XumxvWL0FMdnrcNiHtLT1pUUBwlkCOOYvVk9Fo4cUcc"},
  };
  const auto keys = keys_of(0);
  for (const Case& c : kCases) EXPECT_EQ(kid_of(*keys, c.algorithm, c.epoch), c.kid) << c.epoch;
}

TEST(EpochKeys, RejectsWhatIsNoScalar) {
  // The order of P-256 is the first number that is too large.
  constexpr std::string_view kOrder =
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  std::vector<std::uint8_t> asked;
  const auto key = first_p256_key([&](std::uint8_t attempt) {
    asked.push_back(attempt);
    ByteArray<32> bytes{};
    if (attempt == 1) std::ranges::copy(*wire::hex_decode(kOrder), bytes.begin());
    if (attempt == 2) bytes.fill(0xFF);
    if (attempt == 3) bytes[31] = 1;
    return Secret<32>::copy_of(bytes);
  });
  EXPECT_EQ(asked, (std::vector<std::uint8_t>{0, 1, 2, 3}));
  EXPECT_EQ(key.scalar().expose("test")[31], 1);
}

TEST(EpochKeys, EpochsAreWholePeriodsAlsoBefore1970) {
  const auto keys = keys_of(0);
  EXPECT_EQ(keys->epoch_at(kStart), kEpoch);
  EXPECT_EQ(keys->epoch_at(kStart + kDay - Duration{1}), kEpoch);
  EXPECT_EQ(keys->epoch_at(kStart - Duration{1}), kEpoch - 1);
  EXPECT_EQ(keys->epoch_at({0}), 0);
  EXPECT_EQ(keys->epoch_at({-1}), -1);
  EXPECT_EQ(keys->epoch_at({-86'400}), -1);
  EXPECT_EQ(keys->epoch_at({-86'401}), -2);
  EXPECT_EQ(keys->start_of(kEpoch), kStart);
}

TEST(EpochKeys, ReplicasAgreeAndStrangersDoNot) {
  const auto one = keys_of(0), other = keys_of(0), stranger = keys_of(1);
  EXPECT_EQ(one->published_at(kStart).to_jwks(), other->published_at(kStart).to_jwks());
  EpochSigner signer(one);
  for (const Algorithm algorithm : kEpochAlgorithms) {
    const auto& key = signer.at(kStart, algorithm);
    EXPECT_EQ(key.key.algorithm(), algorithm);
    auto theirs = other->published_at(kStart), foreign = stranger->published_at(kStart);
    EXPECT_NE(theirs.find(key.kid), nullptr);
    EXPECT_EQ(foreign.find(key.kid), nullptr);
  }
}

TEST(EpochKeys, EveryKeyIsAnother) {
  const auto keys = keys_of(0);
  VerificationKeys all;
  for (std::int64_t epoch = 0; epoch < 8; ++epoch) {
    for (const Algorithm algorithm : kEpochAlgorithms) {
      all.add(keys->derive(algorithm, epoch).public_key());
    }
  }
  EXPECT_EQ(all.size(), 16u);
  EXPECT_EQ(keys->published_at(kStart).size(), 6u);
}

// What a relying party notices of a rotation: nothing, for a whole period.
TEST(EpochKeys, TokensAndSetsOutliveARotation) {
  const auto keys = keys_of(0);
  EpochSigner signer(keys);
  const Time before = kStart - Duration{1};
  for (const Algorithm algorithm : kEpochAlgorithms) {
    const auto& old_key = signer.at(before, algorithm);
    const std::string kid = old_key.kid;
    const auto token = sign_ear_jwt(ear_at(before), old_key.key, kid);
    const Bytes cwt = sign_ear_cwt(ear_at(before), old_key.key, kid);
    auto own = VerificationKeys::parse_jwks(old_key.jwks);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->size(), 1u);
    EXPECT_TRUE(verify_ear_jwt(token, *own));

    auto after = keys->published_at(kStart);
    EXPECT_TRUE(verify_ear_jwt(token, after));
    EXPECT_TRUE(verify_ear_cwt(cwt, after));
    auto late = keys->published_at(kStart + kDay - Duration{1});
    EXPECT_TRUE(verify_ear_jwt(token, late));
    auto too_late = keys->published_at(kStart + kDay);
    const auto refused = verify_ear_jwt(token, too_late);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "jws.kid");
    EXPECT_FALSE(verify_ear_cwt(cwt, too_late));

    // A set that was fetched before knows the key that signs after.
    const auto& new_key = signer.at(kStart, algorithm);
    EXPECT_NE(new_key.kid, kid);
    auto cached = keys->published_at(before);
    EXPECT_TRUE(verify_ear_jwt(sign_ear_jwt(ear_at(kStart), new_key.key, new_key.kid), cached));
  }
}

TEST(EpochKeys, SignerKeepsAKeyForItsEpoch) {
  EpochSigner signer(keys_of(0));
  const auto* first = &signer.at(kStart, Algorithm::kEs256);
  const std::string kid = first->kid;
  EXPECT_EQ(signer.at(kStart + Duration{5}, Algorithm::kEs256).kid, kid);
  EXPECT_NE(signer.at(kStart + kDay, Algorithm::kEs256).kid, kid);
  // Clocks go back, too.
  EXPECT_EQ(signer.at(kStart, Algorithm::kEs256).kid, kid);
}

}  // namespace
}  // namespace atoma::cose
