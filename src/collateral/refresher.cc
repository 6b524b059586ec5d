#include "atoma/collateral/refresher.h"

#include <algorithm>

namespace atoma::collateral {
namespace {

// Clocks are set and machines sleep: nobody waits longer than this without looking again.
constexpr std::int64_t kWaitMaxSeconds = 5;

}  // namespace

Refresher::Refresher(Fetcher& fetcher, const Clock& clock, std::function<void()> changed)
    : fetcher_(fetcher),
      clock_(clock),
      changed_(std::move(changed)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Refresher::~Refresher() = default;

void Refresher::run(const std::stop_token& stop) {
  changed_();
  std::uint64_t seen = fetcher_.generation();
  while (!stop.stop_requested()) {
    const auto round = fetcher_.run_due(stop);
    if (const auto now = fetcher_.generation(); now != seen) {
      seen = now;
      changed_();
    }
    const std::int64_t left = round.next.unix_s - clock_.now().unix_s;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop,
                   std::chrono::seconds(std::clamp<std::int64_t>(left, 1, kWaitMaxSeconds)),
                   [] { return false; });
  }
}

}  // namespace atoma::collateral
