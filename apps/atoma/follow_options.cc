#include "follow_options.h"

#include "atoma/base/limits.h"
#include "atoma/crypto/system_entropy.h"
#include "conformance/files.h"
#include "log_key.h"
#include "system_clock.h"

namespace atoma::app {

Result<monitor::MonitorOptions> monitor_options(const std::string& url,
                                                const FollowOptions& options) {
  ATOMA_TRY(auto key, load_any_log_key(options.log_key));
  monitor::MonitorOptions out{.follower = {.log = std::move(key), .policy = {}, .on_entry = {}},
                              .url = url,
                              .peers = options.peers,
                              .notes = {},
                              .state = {},
                              .cosign_as = {},
                              .on_page = {}};
  if (options.opaque) out.follower.entries = monitor::EntryKind::kOpaque;
  out.follower.map_lag_max = options.lag_max;
  out.follower.cosignature_age_max = {options.cosignature_age_max_s};
  if (!options.policy.empty()) {
    ATOMA_TRY(const Bytes text, conformance::read_file(options.policy, tlog::kTlogPolicyMax));
    ATOMA_TRY(out.follower.policy, tlog::TlogPolicy::parse(as_text(text)));
  }
  for (const std::string& file : options.notes) {
    ATOMA_TRY(const Bytes note, conformance::read_file(file, limits::kNoteMax));
    out.notes.push_back({file, std::string(as_text(note))});
  }
  return out;
}

Result<Followed> follow_once(
    const std::string& url, const FollowOptions& options, MonitorReport& report,
    std::function<void(const ledger::State&, const ledger::Admission&)> on_entry) {
  static const SystemClock kClock;
  crypto::SystemEntropy entropy;
  ATOMA_TRY(auto wanted, monitor_options(url, options));
  wanted.follower.on_entry = std::move(on_entry);
  wanted.on_page = [&report](std::uint64_t taken, std::uint64_t size) {
    report.progress(taken, size);
    return true;
  };
  Followed out;
  ATOMA_TRY(out.monitor, monitor::Monitor::open(std::move(wanted), kClock, entropy));
  ATOMA_TRY(out.round, out.monitor->round());
  return out;
}

}  // namespace atoma::app
