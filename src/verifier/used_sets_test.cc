// Memory of sets: bounded, and nobody's requests push out the server's own.
#include "used_sets.h"

#include <gtest/gtest.h>

#include "atoma/wire/text.h"

namespace atoma::verifier {
namespace {

using evidence::intel::Collateral;
using Whose = UsedSets::Whose;

// Of a digest that says which; the set itself is empty.
crypto::Digest256 digest_of(std::uint8_t which) { return {which}; }

bool has(const UsedSets& sets, std::uint8_t which) {
  return sets.find(wire::hex_encode(digest_of(which))).has_value();
}

TEST(UsedSets, ForgetsTheOldestOfEachKind) {
  const auto set = *Collateral::parse({});
  UsedSets one;
  one.remember(*set, digest_of(1), Whose::kRequest);
  const auto answer = one.find(wire::hex_encode(digest_of(1)));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->ends_with(R"(,"collateral":{}})")) << *answer;

  UsedSets sets(3 * answer->size());
  sets.remember(*set, digest_of(0), Whose::kServer);
  for (std::uint8_t i = 1; i <= 4; ++i) sets.remember(*set, digest_of(i), Whose::kRequest);
  sets.remember(*set, digest_of(4), Whose::kRequest);  // again: changes nothing
  EXPECT_TRUE(has(sets, 0));
  EXPECT_FALSE(has(sets, 1));
  for (std::uint8_t i = 2; i <= 4; ++i) EXPECT_TRUE(has(sets, i)) << int{i};

  UsedSets small(answer->size() - 1);
  small.remember(*set, digest_of(1), Whose::kServer);
  EXPECT_FALSE(has(small, 1));
}

}  // namespace
}  // namespace atoma::verifier
