// Tables of frequent keys: the same answers with them as without, bounds, replacement.
#include "key_tables.h"

#include "test_backends.h"
#include "test_signatures.h"

namespace atoma::batch_ecdsa {
namespace {

using KeyTablesOn = OnBackend;
INSTANTIATE_TEST_SUITE_P(Each, KeyTablesOn, every_kernel(), backend_name);

constexpr Curve kCurves[] = {Curve::kP256, Curve::kP384};

TEST_P(KeyTablesOn, SameAnswersAsOpenSsl) {
  for (const Curve curve : kCurves) {
    BatchVerifier verifier(GetParam(), {.signatures_before = 2});
    std::vector<Signed> all;
    for (std::uint64_t i = 0; i < 24; ++i) {
      all.push_back(sign(curve, i % 6, i));
      if (i % 4 == 3) all.back().signature[i] ^= 0x10;
      if (i % 8 == 5) all.back().digest[i] ^= 0x10;
    }
    const auto answers = expected(all);
    for (int round = 0; round < 10; ++round) EXPECT_EQ(verify_all(verifier, all), answers);
    EXPECT_EQ(verifier.tables(), 6U);
    EXPECT_EQ(verifier.stats().tables_made, 6U);  // one for each call, never twice
    EXPECT_GT(verifier.stats().table_hits, 24U);
  }
}

// The exceptional cases once more, where Q's multiples come from its table.
TEST_P(KeyTablesOn, ExceptionalCases) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    const Number d(1001);
    std::vector<Signed> all;
    for (const std::uint64_t u : {1, 5, 128}) {
      all.push_back(with_scalars(curve, d, Number(u), c.n.mul(Number(u), c.n.inverse(d))));
    }
    all.push_back(
        assemble(curve, all[0].xy, c.n.negate(c.n.mul(Number(5), d)), Number(5), Number(9)));
    all.push_back(with_scalars(curve, d, Number(), Number(16)));
    all.push_back(with_scalars(curve, d, Number(7), c.n.modulus - Number(1)));
    BatchVerifier verifier(GetParam(), {.signatures_before = 1});
    const auto answers = expected(all);
    EXPECT_EQ(verify_all(verifier, all), answers);
    EXPECT_EQ(verifier.tables(), 1U);
    const auto undecided = verifier.stats().undecided;
    EXPECT_EQ(undecided, 4U);
    EXPECT_EQ(verify_all(verifier, all), answers);
    EXPECT_EQ(verifier.stats().undecided, 2 * undecided);
    EXPECT_EQ(verifier.stats().table_hits, all.size());
  }
}

TEST_P(KeyTablesOn, ForgeriesEarnNothing) {
  BatchVerifier verifier(GetParam(), {.signatures_before = 1});
  std::vector<Signed> all;
  for (std::uint64_t i = 0; i < 16; ++i) {
    all.push_back(sign(Curve::kP256, i, i));
    all.back().digest[0] ^= 1;
  }
  EXPECT_EQ(verify_all(verifier, all), std::vector<bool>(16));
  EXPECT_EQ(verifier.stats().tables_made, 0U);
}

TEST_P(KeyTablesOn, BoundIsRespected) {
  BatchVerifier verifier(GetParam(), {.tables_max = 2, .keys_max = 4, .signatures_before = 1});
  for (std::uint64_t i = 0; i < 8; ++i) {
    const Signed item = sign(Curve::kP256, i, i);
    EXPECT_EQ(verify_all(verifier, {item, item, item, item}), std::vector<bool>(4, true));
    EXPECT_LE(verifier.tables(), 2U);
  }
  EXPECT_EQ(verifier.stats().tables_made, 8U);
}

Bytes key(std::uint8_t number) { return Bytes(64, number); }

TEST(KeyTables, ReplacesTheOldestTable) {
  KeyTables tables({.tables_max = 2, .keys_max = 10, .signatures_before = 2});
  const auto earn = [&](std::uint8_t number) {
    EXPECT_FALSE(tables.count(Curve::kP256, key(number)));
    EXPECT_TRUE(tables.count(Curve::kP256, key(number)));
    tables.keep(Curve::kP256, key(number), {number});
  };
  earn(1);
  earn(2);
  EXPECT_NE(tables.find(Curve::kP256, key(1)), nullptr);  // used: now 2 is the oldest
  earn(3);
  EXPECT_EQ(tables.tables(), 2U);
  EXPECT_EQ(tables.find(Curve::kP256, key(2)), nullptr);
  ASSERT_NE(tables.find(Curve::kP256, key(1)), nullptr);
  EXPECT_EQ(*tables.find(Curve::kP256, key(1)), KeyTables::Table{1});
  // What was replaced has to earn its table again.
  EXPECT_FALSE(tables.count(Curve::kP256, key(2)));
  EXPECT_TRUE(tables.count(Curve::kP256, key(2)));
}

TEST(KeyTables, ForgetsTheOldestKeyWithItsTable) {
  KeyTables tables({.tables_max = 9, .keys_max = 3, .signatures_before = 1});
  for (std::uint8_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(tables.count(Curve::kP256, key(i)));
    tables.keep(Curve::kP256, key(i), {i});
    EXPECT_LE(tables.keys(), 3U);
    EXPECT_LE(tables.tables(), 3U);
  }
  EXPECT_EQ(tables.find(Curve::kP256, key(2)), nullptr);
  EXPECT_NE(tables.find(Curve::kP256, key(3)), nullptr);
}

TEST(KeyTables, KeyOfAnotherCurveIsAnotherKey) {
  KeyTables tables({.signatures_before = 1});
  EXPECT_TRUE(tables.count(Curve::kP256, key(1)));
  tables.keep(Curve::kP256, key(1), {1});
  EXPECT_EQ(tables.find(Curve::kP384, key(1)), nullptr);
}

TEST(KeyTables, CanBeSwitchedOff) {
  KeyTables tables({.tables_max = 0, .signatures_before = 1});
  EXPECT_FALSE(tables.count(Curve::kP256, key(1)));
  EXPECT_EQ(tables.keys(), 0U);
}

}  // namespace
}  // namespace atoma::batch_ecdsa
