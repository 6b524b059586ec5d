// One bit changed anywhere in a document: never authentic, whatever forms its payload has.
#include <gtest/gtest.h>

#include "nitro/test_platform.h"

namespace atoma::evidence::nitro {
namespace {

class NitroFlip : public testing::TestWithParam<bool> {};

TEST_P(NitroFlip, NoBitMayChange) {
  const auto platform = test_platform();
  const Bytes whole = platform.document({.timestamp = kTestNow,
                                         .user_data = Bytes(64, 7),
                                         .tagged = GetParam(),
                                         .indefinite = GetParam()});
  Verifier verifier({true, {platform.root_digest()}});
  const auto authentic = [&](ByteView bytes) {
    const auto document = parse_document(bytes);
    if (!document) return false;
    Findings findings(Detail::kFailures);
    return verifier.verify(*document, kTestFreshness, kTestNow, findings).document.has_value();
  };
  ASSERT_TRUE(authentic(whole));
  // The other form differs in a few bytes of framing: there one bit of each byte will do.
  const std::size_t step = GetParam() ? 9 : 1;
  for (std::size_t bit = 0; bit < 8 * whole.size(); bit += step) {
    Bytes damaged = whole;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(authentic(damaged)) << "bit " << bit;
  }
  EXPECT_EQ(verifier.facts(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Forms, NitroFlip, testing::Bool());

}  // namespace
}  // namespace atoma::evidence::nitro
