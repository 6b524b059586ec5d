// Memory of sets: bounded, and nobody's requests push out the server's own.
#include "used_sets.h"

#include <gtest/gtest.h>

#include "atoma/wire/text.h"
#include "registry/test_service.h"
#include "test_kinds.h"

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

  UsedSets sets(nullptr, 3 * answer->size());
  sets.remember(*set, digest_of(0), Whose::kServer);
  for (std::uint8_t i = 1; i <= 4; ++i) sets.remember(*set, digest_of(i), Whose::kRequest);
  sets.remember(*set, digest_of(4), Whose::kRequest);  // again: changes nothing
  EXPECT_TRUE(has(sets, 0));
  EXPECT_FALSE(has(sets, 1));
  for (std::uint8_t i = 2; i <= 4; ++i) EXPECT_TRUE(has(sets, i)) << int{i};

  UsedSets small(nullptr, answer->size() - 1);
  small.remember(*set, digest_of(1), Whose::kServer);
  EXPECT_FALSE(has(small, 1));
}

// In a store, over restarts.
class KeptSets : public ::testing::Test {
 protected:
  void TearDown() override { kv.reset(); }
  void open() {
    kv.reset();
    auto opened =
        store::Kv::open(directory.path() / "kv", {.tables = {std::string(kUsedSetsTable)}});
    ASSERT_TRUE(opened) << opened.error().to_string();
    kv.emplace(*std::move(opened));
  }
  std::size_t stored() const { return kv->list(kUsedSetsTable, "", 100)->size(); }
  static std::string hex(const Collateral& set) { return wire::hex_encode(set.digest()); }

  // Each of another time, so that each has a digest of its own.
  std::shared_ptr<const Collateral> set(std::int64_t begin) {
    const ValidityWindow window{Time{begin}, Time{begin + 60}};
    return *Collateral::parse(test::intel_platform().collateral_files(evidence::Tee::kTdx, window));
  }

  atoma::test::TempDirectory directory;
  std::optional<store::Kv> kv;
};

TEST_F(KeptSets, AreThereAfterARestart) {
  const auto own = set(1'800'000'000), brought = set(1'800'000'100);
  std::optional<std::string> before;
  open();
  {
    UsedSets sets(&*kv);
    sets.remember(*own, own->digest(), Whose::kServer);
    sets.remember(*brought, brought->digest(), Whose::kRequest);
    before = sets.find(hex(*brought));
    ASSERT_TRUE(before);
  }
  open();
  UsedSets sets(&*kv);
  EXPECT_TRUE(sets.find(hex(*own)));
  EXPECT_EQ(sets.find(hex(*brought)), before);
  // Known already: not stored a second time.
  sets.remember(*own, own->digest(), Whose::kServer);
  EXPECT_EQ(stored(), 2u);
  // What comes now is behind what was there.
  const auto later = set(1'800'000'200);
  sets.remember(*later, later->digest(), Whose::kServer);
  EXPECT_EQ(stored(), 3u);
  EXPECT_EQ(kv->list(kUsedSetsTable, "server/", 9)->back(), "server/00000000000000000001");
}

TEST_F(KeptSets, TheOldestLeaveTheStoreToo) {
  open();
  std::vector<std::shared_ptr<const Collateral>> all;
  for (int i = 0; i < 4; ++i) all.push_back(set(1'800'000'000 + 100 * i));
  std::size_t size = 0;
  {
    UsedSets one(&*kv);
    one.remember(*all[0], all[0]->digest(), Whose::kServer);
    size = one.find(hex(*all[0]))->size();
  }
  const std::size_t room = 2 * size + size / 2;
  {
    UsedSets sets(&*kv, room);
    for (const auto& one : all) sets.remember(*one, one->digest(), Whose::kServer);
    EXPECT_EQ(stored(), 2u);
  }
  open();
  UsedSets sets(&*kv, room);
  EXPECT_FALSE(sets.find(hex(*all[1])));
  EXPECT_TRUE(sets.find(hex(*all[2])));
  EXPECT_TRUE(sets.find(hex(*all[3])));
  // Room for less after a restart.
  UsedSets small(&*kv, size + size / 2);
  EXPECT_FALSE(small.find(hex(*all[2])));
  EXPECT_EQ(stored(), 1u);
}

// Whatever the store gives back is what was asked for, or is forgotten.
TEST_F(KeptSets, DamageIsNotServed) {
  const auto own = set(1'800'000'000), other = set(1'800'000'100);
  open();
  std::string good, foreign;
  {
    UsedSets sets(&*kv);
    sets.remember(*own, own->digest(), Whose::kServer);
    sets.remember(*other, other->digest(), Whose::kServer);
    good = *sets.find(hex(*own));
    foreign = *sets.find(hex(*other));
  }
  std::string swapped = foreign;
  swapped.replace(swapped.find(hex(*other)), 64, hex(*own));
  std::string flipped = good;
  flipped[flipped.size() / 2] ^= 1;
  for (const std::string& bad :
       {swapped, flipped, good.substr(0, good.size() / 2), std::string("{}"), std::string(),
        R"({"sha256":")" + hex(*own) + R"(","endorsements":["AA=="]})"}) {
    ASSERT_TRUE(kv->put(kUsedSetsTable, "server/00000000000000000000", as_bytes(bad)));
    UsedSets sets(&*kv);
    EXPECT_FALSE(sets.find(hex(*own))) << bad.substr(0, 80);
    EXPECT_TRUE(sets.find(hex(*other)));
    EXPECT_EQ(stored(), 1u);
  }
}

}  // namespace
}  // namespace atoma::verifier
