#include <gtest/gtest.h>

#include "atoma/base/bytes.h"
#include "atoma/base/check.h"
#include "atoma/base/secret.h"
#include "atoma/base/time.h"

namespace atoma {
namespace {

TEST(Time, RoundTripsRfc3339) {
  for (std::string_view text : {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z",
                                "2026-11-22T09:00:00Z", "9999-12-31T23:59:59Z"}) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_time(*time), text);
  }
  EXPECT_EQ(parse_time("2001-09-09T01:46:40Z")->unix_s, 1'000'000'000);
}

TEST(Time, RefusesEveryOtherForm) {
  for (std::string_view text :
       {"", "2026-11-22", "2026-11-22T09:00:00", "2026-11-22T09:00:00+00:00",
        "2026-11-22T09:00:00.0Z", "2026-11-22 09:00:00Z", "x026-11-22T09:00:00Z"}) {
    EXPECT_EQ(parse_time(text).error().reason, "time.format") << text;
  }
  for (std::string_view text : {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                                "2026-01-01T24:00:00Z", "2026-01-00T00:00:00Z"}) {
    EXPECT_EQ(parse_time(text).error().reason, "time.range") << text;
  }
}

TEST(ValidityWindow, DefaultContainsNothing) {
  EXPECT_FALSE(ValidityWindow{}.contains(Time{0}));
  EXPECT_FALSE(ValidityWindow{}.contains(Time{1}));
  EXPECT_TRUE(kAlways.contains(Time{0}));
}

TEST(ValidityWindow, IntersectionIsTheTighterOfBoth) {
  const ValidityWindow a{{10}, {20}};
  const ValidityWindow b{{15}, {30}};
  EXPECT_FALSE(a.intersect(b).contains(Time{14}));
  EXPECT_TRUE(a.intersect(b).contains(Time{15}));
  EXPECT_TRUE(a.intersect(b).contains(Time{20}));
  EXPECT_FALSE(a.intersect(b).contains(Time{21}));
}

TEST(Secret, MoveEmptiesTheSource) {
  SecretBytes a = SecretBytes::copy_of(as_bytes("key"));
  SecretBytes b = std::move(a);
  EXPECT_EQ(a.size(), 0u);  // NOLINT(bugprone-use-after-move): the point of the test
  EXPECT_TRUE(equal(b.expose("test"), as_bytes("key")));
}

TEST(Secret, CtEqualComparesContentAndLength) {
  EXPECT_TRUE(ct_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(ct_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(ct_equal(as_bytes("abc"), as_bytes("ab")));
}

TEST(CheckDeathTest, NamesTheBrokenExpression) {
  EXPECT_DEATH(ATOMA_CHECK(1 + 1 == 3), "1 \\+ 1 == 3 does not hold");
}

}  // namespace
}  // namespace atoma
