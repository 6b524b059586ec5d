#include "atoma/batch_ecdsa/decider.h"

#include <gtest/gtest.h>

#include <random>

#include "atoma/crypto/system_entropy.h"

namespace atoma::batch_ecdsa {
namespace {

using crypto::Curve;
using crypto::SignatureJob;
using crypto::SignatureQueue;

// Good and damaged jobs of both curves, in any order and number: OpenSSL says the same of each.
TEST(BatchDecider, AgreesWithOneByOne) {
  crypto::SystemEntropy entropy;
  const auto p256 = crypto::EcPrivateKey::generate(Curve::kP256, entropy);
  const auto p384 = crypto::EcPrivateKey::generate(Curve::kP384, entropy);
  std::mt19937 random(7);
  BatchDecider decider;
  crypto::OneByOneDecider one_by_one;
  for (std::size_t size = 0; size < 40; ++size) {
    SignatureQueue batch, alone;
    for (std::size_t i = 0; i < size; ++i) {
      const auto& key = random() % 3 == 0 ? p384 : p256;
      Bytes xy = key.public_xy(), message(40, static_cast<std::uint8_t>(i));
      Bytes signature = key.sign(message);
      const auto damage = random() % 8;
      if (damage == 0) xy[random() % xy.size()] ^= 1;
      if (damage == 1) message[0] ^= 1;
      if (damage == 2) signature[random() % signature.size()] ^= 1;
      if (damage == 3) signature.pop_back();
      batch.emplace_back(key.curve(), xy, message, signature);
      alone.emplace_back(key.curve(), xy, message, signature);
    }
    decider.decide(batch);
    one_by_one.decide(alone);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(batch[i].good(), alone[i].good()) << i << " of " << size;
    }
  }
}

// What an earlier round said of a job is not believed.
TEST(BatchDecider, SetsEachJobAnew) {
  crypto::SystemEntropy entropy;
  const auto key = crypto::EcPrivateKey::generate(Curve::kP256, entropy);
  SignatureQueue queue;
  queue.emplace_back(Curve::kP256, key.public_xy(), as_bytes("message"), Bytes(64, 1));
  queue[0].set_good(true);
  BatchDecider().decide(queue);
  EXPECT_FALSE(queue[0].good());
}

}  // namespace
}  // namespace atoma::batch_ecdsa
