// How fresh what a server appraises by is: what lay in its folder when it started, and what it
// fetches. For /healthz and /metrics.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/collateral/fetcher.h"
#include "atoma/telemetry/metrics.h"
#include "atoma/verifier/at_hand.h"
#include "atoma/wire/json_writer.h"

namespace atoma::server {

// What ends within this, or within a tenth of its life when that is shorter, is stale.
inline constexpr Duration kSoon{3 * 24 * 3600};
// More are counted and not named.
inline constexpr std::size_t kNamedMax = 32;

struct Kept {
  std::string_view kind;  // one of telemetry::kCollateralKinds
  std::string name;
  collateral::Freshness freshness = collateral::Freshness::kMissing;
  // Since the vendor made it, or a source last said that it is current. Not set when it is missing.
  std::optional<Time> since;
  std::optional<Time> good_until;
  std::string_view error;  // reason of the last attempt to fetch it; "" when that went well
};

std::vector<Kept> kept_of(const verifier::AtHand& at_hand, Time now);
std::vector<Kept> kept_of(const std::vector<collateral::ItemStatus>& items);

// False when something is missing, expired or stale.
bool all_fresh(const std::vector<Kept>& kept);
// A list of those that are not fresh, the worst first.
void write_not_fresh(wire::JsonWriter& out, std::vector<Kept> kept);

// By kind: the greatest age, the least time that is left (negative: expired), and how many items
// could not be fetched the last time, and how many are of no use now.
telemetry::Gauges::Values ages(const std::vector<Kept>& kept, Time now);
telemetry::Gauges::Values times_left(const std::vector<Kept>& kept, Time now);
telemetry::Gauges::Values failing(const std::vector<Kept>& kept);
telemetry::Gauges::Values unusable(const std::vector<Kept>& kept);

}  // namespace atoma::server
