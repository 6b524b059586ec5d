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
#include "atoma/base/entropy.h"
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
  store::Path state;      // directory; empty: nothing is kept
  std::string cosign_as;  // name of a map cosigner, whose keys lie in the directory; empty: none
  // Entries taken and to be taken, after each page; false ends the round.
  std::function<bool(std::uint64_t taken, std::uint64_t size)> on_page;
};

struct Round {
  Findings findings;           // all that is wrong now; none: all is well
  std::uint64_t size = 0;      // of the newest checkpoint that extends all before it
  std::uint64_t verified = 0;  // of the newest one that was replayed whole
  std::string shown;           // the note of the latter, and the map cosigner's lines below it
  Time newest_cosignature;     // of a witness of the policy
  Time at;                     // its end
};

class Monitor {
 public:
  // `clock` outlives it. Errors: those of Records::open, HttpLog::create and MapCosigner::open.
  static Result<std::unique_ptr<Monitor>> open(MonitorOptions options, const Clock& clock,
                                               Entropy& entropy);
  virtual ~Monitor() = default;

  // Asks the log and the peers once. What is wrong with them is a finding; an Error is our own
  // disk's, after which nothing more may be said of the log. For one thread at a time.
  virtual Result<Round> round() = 0;
  // What was shown before a restart; empty fields otherwise.
  virtual const Round& before() const = 0;
  // The map cosigner's; none without one.
  virtual std::vector<tlog::CosignerKey> cosigner_keys() const = 0;
  // Not while round() runs.
  virtual const Follower& follower() const = 0;
};

}  // namespace atoma::monitor
