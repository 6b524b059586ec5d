// Nonces: each may be answered once, within its time, at any replica with the key.
#include "challenges.h"

#include <gtest/gtest.h>

#include "atoma/crypto/system_entropy.h"

namespace atoma::verifier {
namespace {

class ChallengesTest : public ::testing::Test {
 protected:
  Nonce issue(const Challenges& from, std::int64_t at) { return from.issue({at}, entropy).nonce; }

  crypto::SystemEntropy entropy;
};

TEST_F(ChallengesTest, AnsweredOnesAreBoundedAndMakeRoomWithTime) {
  Challenges challenges(SecretBytes(Bytes(32, 1)), 2);
  EXPECT_TRUE(challenges.consume(issue(challenges, 0), {1}));
  EXPECT_TRUE(challenges.consume(issue(challenges, 1), {1}));
  const Nonce third = issue(challenges, 2);
  EXPECT_EQ(challenges.consume(third, {2}).error().reason, "challenge.full");
  EXPECT_TRUE(challenges.consume(third, {kChallengeLifetime.s}));
  EXPECT_EQ(challenges.consume(third, {kChallengeLifetime.s}).error().reason, "challenge.used");
}

TEST_F(ChallengesTest, AnyReplicaWithTheKeyTakesThem) {
  Challenges one(SecretBytes(Bytes(32, 1))), two(SecretBytes(Bytes(32, 1)));
  Challenges stranger(SecretBytes(Bytes(32, 2)));
  const Nonce nonce = issue(one, 1000);
  EXPECT_EQ(stranger.consume(nonce, {1000}).error().reason, "challenge.unknown");
  EXPECT_TRUE(two.consume(nonce, {1000 + kChallengeLifetime.s - 1}));
  EXPECT_EQ(two.consume(nonce, {1000}).error().reason, "challenge.used");
}

TEST_F(ChallengesTest, EveryBitIsUnderTheMac) {
  Challenges challenges(SecretBytes(Bytes(32, 1)));
  const Nonce nonce = issue(challenges, 1000);
  for (std::size_t bit = 0; bit < 8 * nonce.size(); ++bit) {
    Nonce flipped = nonce;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_EQ(challenges.consume(flipped, {1000}).error().reason, "challenge.unknown") << bit;
  }
  EXPECT_TRUE(challenges.consume(nonce, {1000}));
}

TEST_F(ChallengesTest, ClocksOfReplicasMayDifferALittle) {
  Challenges challenges(SecretBytes(Bytes(32, 1)));
  const Nonce nonce = issue(challenges, 1000);
  EXPECT_EQ(challenges.consume(nonce, {1000 - kChallengeSkew.s - 1}).error().reason,
            "challenge.unknown");
  EXPECT_TRUE(challenges.consume(nonce, {1000 - kChallengeSkew.s}));
}

}  // namespace
}  // namespace atoma::verifier
