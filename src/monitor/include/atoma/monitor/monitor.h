// Follows one log by its URL and keeps what it saw: rounds of a Follower over HTTP and a directory
// of Records.
//
//   ATOMA_TRY(auto monitor, Monitor::open({.follower = {.log = key}, .url = url, .state = dir},
//   …)); ATOMA_TRY(const Round round, monitor->round()); for (const Finding& finding :
//   round.findings) …
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atoma/base/clock.h"
#include "atoma/monitor/follower.h"
#include "atoma/store/file.h"

namespace atoma::monitor {

// A note that somebody kept, and where it came from.
struct KeptNote {
  std::string source;
  std::string note;
};

struct MonitorOptions {
  FollowerOptions follower;
  std::string url;
  std::vector<std::string> peers;  // other URLs of the same log
  std::vector<KeptNote> notes;
  store::Path state;  // directory; empty: nothing is kept
  // Entries taken and to be taken, after each page; false ends the round.
  std::function<bool(std::uint64_t taken, std::uint64_t size)> on_page;
};

struct Round {
  Findings findings;           // all that is wrong now; none: all is well
  std::uint64_t size = 0;      // of the newest checkpoint that extends all before it
  std::uint64_t verified = 0;  // of the newest one that was replayed whole
};

class Monitor {
 public:
  // `clock` outlives it. Errors: those of Records::open and HttpLog::create.
  static Result<std::unique_ptr<Monitor>> open(MonitorOptions options, const Clock& clock);
  virtual ~Monitor() = default;

  // Asks the log and the peers once. What is wrong with them is a finding; an Error is our own
  // disk's, after which nothing more may be said of the log. For one thread at a time.
  virtual Result<Round> round() = 0;
  // Not while round() runs.
  virtual const Follower& follower() const = 0;
};

}  // namespace atoma::monitor
