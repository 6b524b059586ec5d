// One bit changed anywhere in a token: never authentic.
#include <gtest/gtest.h>

#include "cca/test_platform.h"

namespace atoma::evidence::cca {
namespace {

TEST(CcaFlip, NoBitMayChange) {
  const auto platform = test_platform();
  const auto keys = keys_of(platform);
  const Bytes whole = platform.token({.sorted = false});
  const auto authentic = [&](ByteView bytes) {
    const auto token = parse_token(bytes);
    if (!token) return false;
    Findings findings(Detail::kFailures);
    return verify(*token, &keys, {}, findings).token.has_value();
  };
  ASSERT_TRUE(authentic(whole));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes damaged = whole;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(authentic(damaged)) << "bit " << bit;
  }
}

}  // namespace
}  // namespace atoma::evidence::cca
