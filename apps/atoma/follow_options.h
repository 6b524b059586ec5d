// What commands that follow a log share: how to believe it, and one round without keeping anything.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atoma/monitor/monitor.h"
#include "monitor_report.h"

namespace atoma::app {

struct FollowOptions {
  std::string log_key, policy;  // a key or a file with it; a file or ""
  std::vector<std::string> peers, notes;
  bool opaque = false;
  std::uint64_t lag_max = 1024;
  std::int64_t cosignature_age_max_s = 3600;
};

// Errors: those of load_any_log_key, TlogPolicy::parse, and of files.
Result<monitor::MonitorOptions> monitor_options(const std::string& url,
                                                const FollowOptions& options);

struct Followed {
  std::unique_ptr<monitor::Monitor> monitor;
  monitor::Round round;
};
// Reads and replays the whole log. Errors: as above.
Result<Followed> follow_once(
    const std::string& url, const FollowOptions& options, MonitorReport& report,
    std::function<void(const ledger::State&, const ledger::Admission&)> on_entry = {});

}  // namespace atoma::app
