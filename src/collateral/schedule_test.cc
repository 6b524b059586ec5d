#include "atoma/collateral/schedule.h"

#include <gtest/gtest.h>

namespace atoma::collateral {
namespace {

constexpr Time kNow{1767225600};
constexpr std::int64_t kDay = 24 * 3600;

std::int64_t refresh(Kind kind, std::int64_t lifetime_s, std::uint32_t random) {
  return refresh_after(kind, {kNow, kNow + Duration{lifetime_s}}, kNow, random).s;
}

TEST(Refresh, ComesBeforeTheEnd) {
  EXPECT_EQ(refresh(Kind::kTcbInfo, 30 * kDay, UINT32_MAX), kDay * 999 / 1000);
  EXPECT_EQ(refresh(Kind::kTcbInfo, 30 * kDay, 0), kDay * 900 / 1000);
  EXPECT_EQ(refresh(Kind::kTcbInfo, 9'000, 0), 5'400);
  EXPECT_EQ(refresh(Kind::kVcek, 300 * kDay, 0), 200 * kDay / 10 * 9);
  EXPECT_EQ(refresh(Kind::kOcsp, kDay, 0), 6 * 3600 * 9 / 10);
  for (std::int64_t lifetime = 100; lifetime < 40 * kDay; lifetime = lifetime * 3 / 2) {
    for (const std::uint32_t random : {0u, 1u << 31, UINT32_MAX}) {
      EXPECT_LT(refresh(Kind::kRootCrl, lifetime, random), lifetime);
    }
  }
}

TEST(Refresh, NeverRuns) {
  EXPECT_EQ(refresh(Kind::kRootCrl, 3, 0), 60);
  EXPECT_EQ(refresh(Kind::kRootCrl, -5, 0), 60);
  EXPECT_EQ(refresh_after(Kind::kRim, kAlways, kNow, UINT32_MAX).s, 7 * kDay * 999 / 1000);
  EXPECT_GT(refresh_after(Kind::kVcek, kAlways, kNow, 0).s, 365 * kDay);
  EXPECT_EQ(refresh_after(Kind::kVcek, ValidityWindow{}, kNow, 0).s, 60);
}

TEST(Backoff, DoublesUpToABound) {
  constexpr std::uint32_t kMiddle = 1u << 31;
  EXPECT_EQ(backoff_after(1, false, kMiddle).s, 30);
  EXPECT_EQ(backoff_after(2, false, kMiddle).s, 60);
  EXPECT_EQ(backoff_after(3, false, kMiddle).s, 120);
  EXPECT_EQ(backoff_after(1'000'000, false, kMiddle), kBackoffMax);
  EXPECT_EQ(backoff_after(1, false, 0).s, 22);
  EXPECT_EQ(backoff_after(1, false, UINT32_MAX).s, 37);
  EXPECT_EQ(backoff_after(1, true, kMiddle), kAbsentFirst);
  EXPECT_EQ(backoff_after(20, true, kMiddle), kAbsentMax);
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  EXPECT_EQ(parse_retry_after("120", kNow)->s, 120);
  EXPECT_EQ(parse_retry_after("0", kNow)->s, 1);
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 2026 00:02:00 GMT", kNow)->s, 120);
  EXPECT_EQ(parse_retry_after("Wed, 31 Dec 2025 00:00:00 GMT", kNow)->s, 1);
}

TEST(RetryAfter, IsBounded) {
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", kNow), kRetryAfterMax);
  EXPECT_EQ(parse_retry_after("9223372036854775807", kNow), kRetryAfterMax);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kNow), kRetryAfterMax);
}

TEST(RetryAfter, RefusesTheRest) {
  for (const char* value : {"", " 1", "1 ", "-1", "+1", "1.5", "0x10", "soon",
                            "Thu, 01 Jan 2026 00:02:00 UTC", "Thu, 01 Jan 2026 00:02:00 GMT ",
                            "Thu, 32 Jan 2026 00:02:00 GMT", "Thu, 01 Foo 2026 00:02:00 GMT",
                            "Thu, 01 Jan 2026 24:00:00 GMT", "Thu, 0x Jan 2026 00:02:00 GMT",
                            "Thu,_01 Jan 2026 00:02:00 GMT", "Thursday, 01-Jan-26 00:02:00 GMT"}) {
    EXPECT_FALSE(parse_retry_after(value, kNow)) << value;
  }
}

}  // namespace
}  // namespace atoma::collateral
