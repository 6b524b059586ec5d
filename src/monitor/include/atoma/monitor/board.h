// What a monitor shows over HTTP, of the last round:
//
//   GET /checkpoint   the log's note as far as it was verified, with the map cosigner's lines; 503
//                     before there is one and once the log has equivocated
//   GET /healthz      200, or 503 with the findings and the first of them as "reason"
//   GET /metrics      for Prometheus: docs/OPERATIONS.md
//
// Safe from any thread.
#pragma once

#include <mutex>
#include <string>

#include "atoma/base/clock.h"
#include "atoma/http/router.h"
#include "atoma/monitor/monitor.h"

namespace atoma::monitor {

// One finding as a JSON object.
std::string finding_json(const Finding& finding);

class Board {
 public:
  // `clock` outlives it. With no round for `stalled_after`, /healthz says "monitor.stalled".
  Board(const Clock& clock, Duration stalled_after)
      : clock_(&clock), stalled_after_(stalled_after) {}

  // Shows a round, or what was shown before a restart.
  void show(Round round);
  // The board outlives the router.
  void mount(http::Router& router);

 private:
  http::Response checkpoint() const;
  http::Response health() const;
  std::string metrics() const;

  const Clock* clock_;
  Duration stalled_after_;
  mutable std::mutex mutex_;  // over what follows
  Round round_;
};

}  // namespace atoma::monitor
