#include "atoma/collateral/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "atoma/base/check.h"

namespace atoma::collateral {
namespace {

constexpr Duration kHour{3600};
constexpr Duration kDay{24 * kHour.s};

// How often somebody looks whether there is something newer.
Duration period_of(Kind kind) {
  switch (kind) {
    case Kind::kTcbInfo:
    case Kind::kQeIdentity:
    case Kind::kPckCrl:
    case Kind::kRootCrl:
    case Kind::kAmdCrl:
      return kDay;
    case Kind::kAmdChain:
    case Kind::kAmdVlekChain:
      return {30 * kDay.s};
    case Kind::kVcek:
      return {3650 * kDay.s};  // one chip and TCB have one certificate: it only expires
    case Kind::kRim:
      return {7 * kDay.s};
    case Kind::kOcsp:
      return {6 * kHour.s};
  }
  return kDay;
}

// value × (from + (to − from) × random / 2³²), in parts of a thousand.
std::int64_t between(std::int64_t value, std::int64_t from, std::int64_t to, std::uint32_t random) {
  const std::int64_t part = from + ((to - from) * static_cast<std::int64_t>(random) >> 32);
  return value / 1000 * part + value % 1000 * part / 1000;
}

int two_digits(std::string_view text, std::size_t at) {
  const char high = text[at], low = text[at + 1];
  const bool digits = high >= '0' && high <= '9' && low >= '0' && low <= '9';
  return digits ? (high - '0') * 10 + (low - '0') : -1;
}

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". The day of the week says nothing new.
std::optional<Time> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::string_view kShape = "Sun, 06 Nov 1994 08:49:37 GMT";
  if (text.size() != kShape.size()) return std::nullopt;
  for (const std::size_t at : {3uz, 4uz, 7uz, 11uz, 16uz, 19uz, 22uz, 25uz, 26uz, 27uz, 28uz}) {
    if (text[at] != kShape[at]) return std::nullopt;
  }
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  const int numbers[] = {two_digits(text, 5),  two_digits(text, 12), two_digits(text, 14),
                         two_digits(text, 17), two_digits(text, 20), two_digits(text, 23)};
  if (month == kMonths.end() || std::ranges::contains(numbers, -1)) return std::nullopt;
  const auto time =
      time_from_utc(numbers[1] * 100 + numbers[2], static_cast<int>(month - kMonths.begin()) + 1,
                    numbers[0], numbers[3], numbers[4], numbers[5]);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

Duration refresh_after(Kind kind, ValidityWindow window, Time now, std::uint32_t random) {
  // Certificates may be good until the year 9999, and nobody's clock is trusted to be sane.
  const std::int64_t left = std::clamp(window.not_after.unix_s, now.unix_s,
                                       now.unix_s + std::int64_t{1} * 3650 * kDay.s) -
                            now.unix_s;
  const std::int64_t wait = std::min(period_of(kind).s, left / 3 * 2);
  return {std::max<std::int64_t>(between(wait, 900, 1000, random), 60)};
}

Duration backoff_after(unsigned failures, bool absent, std::uint32_t random) {
  ATOMA_CHECK(failures > 0);
  const std::int64_t first = absent ? kAbsentFirst.s : kBackoffFirst.s;
  const std::int64_t most = absent ? kAbsentMax.s : kBackoffMax.s;
  const std::int64_t doubled = first << std::min(failures - 1, 16u);
  return {between(std::min(doubled, most), 750, 1250, random)};
}

std::optional<Duration> parse_retry_after(std::string_view value, Time now) {
  std::int64_t seconds = 0;
  if (!value.empty() && value.front() >= '0' && value.front() <= '9') {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (end != value.data() + value.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) seconds = kRetryAfterMax.s;
  } else {
    const auto date = parse_http_date(value);
    if (!date) return std::nullopt;
    seconds = date->unix_s - now.unix_s;
  }
  return Duration{std::clamp<std::int64_t>(seconds, 1, kRetryAfterMax.s)};
}

}  // namespace atoma::collateral
