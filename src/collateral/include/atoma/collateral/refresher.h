// A thread that keeps a fetcher's items fresh.
#pragma once

#include <functional>
#include <thread>

#include "atoma/collateral/fetcher.h"

namespace atoma::collateral {

class Refresher {
 public:
  // `changed` is called on the thread after a round in which contents came in, and once at the
  // start, before any source is asked. Fetcher and clock outlive this.
  Refresher(Fetcher& fetcher, const Clock& clock, std::function<void()> changed);
  Refresher(const Refresher&) = delete;
  Refresher& operator=(const Refresher&) = delete;
  // Waits for a request under way, at most for its deadline.
  ~Refresher();

 private:
  void run(const std::stop_token& stop);

  Fetcher& fetcher_;
  const Clock& clock_;
  const std::function<void()> changed_;
  std::mutex mutex_;  // for the wait alone
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace atoma::collateral
