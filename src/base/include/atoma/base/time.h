// Calendar time in whole seconds UTC: what certificates, collateral and tokens use.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "atoma/base/result.h"

namespace atoma {

struct Time {
  std::int64_t unix_s = 0;

  friend constexpr auto operator<=>(Time, Time) = default;
};

struct Duration {
  std::int64_t s = 0;

  friend constexpr auto operator<=>(Duration, Duration) = default;
};

constexpr Time operator+(Time t, Duration d) { return {t.unix_s + d.s}; }
constexpr Time operator-(Time t, Duration d) { return {t.unix_s - d.s}; }
constexpr Duration operator-(Time a, Time b) { return {a.unix_s - b.unix_s}; }

// A closed interval. The default is empty, so that what nobody set is never valid.
struct ValidityWindow {
  Time not_before{1};
  Time not_after{0};

  constexpr bool contains(Time t) const { return not_before <= t && t <= not_after; }
  constexpr ValidityWindow intersect(ValidityWindow o) const {
    return {not_before > o.not_before ? not_before : o.not_before,
            not_after < o.not_after ? not_after : o.not_after};
  }
};

inline constexpr ValidityWindow kAlways{{INT64_MIN}, {INT64_MAX}};

// Proleptic Gregorian calendar; errors: "time.range". `month` and `day` count from 1.
Result<Time> time_from_utc(int year, int month, int day, int hour, int minute, int second);

// "2026-11-22T09:00:00Z", exactly: no offset, no fraction (RFC 3339 §5.6, the UTC form).
// Errors: "time.format", "time.range".
Result<Time> parse_time(std::string_view text);
std::string format_time(Time t);

}  // namespace atoma
