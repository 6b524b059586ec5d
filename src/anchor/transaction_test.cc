#include "atoma/anchor/transaction.h"

#include <gtest/gtest.h>

#include "test_support.h"

namespace atoma::anchor {
namespace {

Transaction transaction() {
  return {.chain_id = 31337,
          .nonce = 0,
          .priority_fee = 1'000'000'000,
          .fee_max = 30'000'000'000,
          .gas = 100'000,
          .to = filled<20>(0x5f),
          .data = {1}};
}

// Both were made by a second encoder and signer, in JavaScript.
TEST(Transaction, HasTheBytesOfEip1559) {
  const auto made = sign_transaction(transaction(), key_of(1));
  EXPECT_EQ(
      to_hex(made.bytes),
      "0x02f86e827a6980843b9aca008506fc23ac00830186a0945f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"
      "8001c080a0db21a3ace958f42085d88a912d15e5a05c3ebb1dd714c11197f294df6161e572a06703073b4d79"
      "92d69675e81be7f4ba8112ead5ab32659a6e755b21f19283c1b8");
  EXPECT_EQ(to_hex(made.hash),
            "0xfa0fe71df4005e8f545579195f41d0322a97a8d0b534ceafaa0215e961fe686d");
}

TEST(Transaction, LongOnesAndThoseWithoutARecipientToo) {
  auto longer = transaction();
  longer.to = std::nullopt;
  longer.nonce = 130;
  longer.data = Bytes(300, 0xee);
  const auto made = sign_transaction(longer, key_of(1));
  EXPECT_EQ(made.bytes.size(), 397);
  EXPECT_EQ(to_hex(made.hash),
            "0xa7a00505bdeb36c49c63d528a2dadc9e8669206cc045b57b1100721bf422abee");
}

}  // namespace
}  // namespace atoma::anchor
