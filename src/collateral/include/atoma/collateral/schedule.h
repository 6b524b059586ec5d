// When a source is asked again. Pure: time and randomness are arguments.
#pragma once

#include <optional>
#include <string_view>

#include "atoma/base/time.h"
#include "atoma/collateral/item.h"

namespace atoma::collateral {

// A source may not stop us for longer than this, whatever it says.
inline constexpr Duration kRetryAfterMax{24ll * 3600};
// One failure waits this long, each further one twice as long, up to the maximum.
inline constexpr Duration kBackoffFirst{30};
inline constexpr Duration kBackoffMax{6ll * 3600};
// What a source does not have (404) it will rarely have soon.
inline constexpr Duration kAbsentFirst{3600};
inline constexpr Duration kAbsentMax{24ll * 3600};

// Until the next refresh of what was fetched at `now`: the kind's period, or two thirds of the time
// that is left when that is shorter; a tenth of it, by `random`, sooner. At least a minute.
Duration refresh_after(Kind kind, ValidityWindow window, Time now, std::uint32_t random);

// `failures` counts this one; at least 1. A quarter is taken off or put on by `random`.
Duration backoff_after(unsigned failures, bool absent, std::uint32_t random);

// Retry-After (RFC 9110 §10.2.3): seconds, or an HTTP-date in the form that is sent today. Between
// a second and kRetryAfterMax. Nothing when malformed.
std::optional<Duration> parse_retry_after(std::string_view value, Time now);

}  // namespace atoma::collateral
