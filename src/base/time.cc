#include "atoma/base/time.h"

#include <chrono>
#include <format>

namespace atoma {
namespace {

// Reads exactly `count` digits at `at`; -1 when one of them is no digit.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

Result<Time> time_from_utc(int year, int month, int day, int hour, int minute, int second) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  const bool in_range = year >= 0 && year <= 9999 && month >= 1 && day >= 1 && date.ok() &&
                        hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
                        second < 60;
  if (!in_range) return malformed("time.range", "not a calendar date and time of day");
  const auto days = sys_days(date).time_since_epoch().count();
  return Time{std::int64_t{days} * 86400 + hour * 3600 + minute * 60 + second};
}

Result<Time> parse_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:ddZ";
  bool matches = text.size() == kShape.size();
  for (std::size_t i = 0; matches && i < kShape.size(); ++i) {
    matches = kShape[i] == 'd' ? (text[i] >= '0' && text[i] <= '9') : text[i] == kShape[i];
  }
  if (!matches) {
    return malformed("time.format", "expected a UTC time like 2026-11-22T09:00:00Z");
  }
  return time_from_utc(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2),
                       digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2));
}

std::string format_time(Time t) {
  using namespace std::chrono;
  const sys_seconds point{seconds(t.unix_s)};
  const auto midnight = floor<days>(point);
  const year_month_day date{midnight};
  const hh_mm_ss clock{point - midnight};
  const int year = static_cast<int>(date.year());
  std::string out = "0000-00-00T00:00:00Z";
  const auto put = [&](std::size_t at, std::size_t width, auto value) {
    for (; width > 0; value /= 10) out[at + --width] = static_cast<char>('0' + value % 10);
  };
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  // A year that RFC 3339 can't write has more characters.
  if (year < 0 || year > 9999) return out.replace(0, 4, std::format("{:04}", year));
  put(0, 4, year);
  return out;
}

}  // namespace atoma
