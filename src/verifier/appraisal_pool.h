// Appraises on threads of its own. What waits while a batch is in work is the next batch, so that
// signatures are verified together exactly when there is a load, and nothing waits when there is
// none; other kinds than CPUs' evidence are appraised one by one. Each thread has an appraiser,
// with its memory of good chains, and its signing keys.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "appraisal.h"
#include "atoma/telemetry/metrics.h"

namespace atoma::verifier {

class AppraisalPool {
 public:
  struct Options {
    std::vector<std::shared_ptr<const appraisal::Policy>> policies;  // at least one
    AtHand at_hand;                                                  // to begin with: use()
    std::shared_ptr<const cose::EpochKeys> keys;                     // that sign EARs
    std::size_t threads = 2;
    std::size_t waiting_max = 1024;
    // One for each thread; null: OpenSSL, one by one.
    std::function<std::unique_ptr<crypto::SignatureDecider>()> make_decider;
    telemetry::Metrics* metrics = nullptr;  // null: nothing is counted
  };
  // Signatures of a TDX quote whose chain is known: one. Eight fill the lanes of a batch.
  static constexpr std::size_t kBatchMax = 64;

  explicit AppraisalPool(Options options);
  AppraisalPool(const AppraisalPool&) = delete;
  // Finishes what waits.
  ~AppraisalPool();

  // At hand for what is appraised from now on, in place of all before. A batch in work keeps what
  // it began with.
  void use(AtHand at_hand);
  // Takes all or none. Errors: "verifier.busy" when too many wait.
  Status submit(std::vector<Appraisal> appraisals);
  std::size_t waiting() const;

 private:
  class Batch;

  void run();
  std::vector<Appraisal> next_batch(std::shared_ptr<const AtHand>& at_hand);
  // Spans of those that are traced; the next step begins.
  static void end_step(std::vector<Appraisal>& batch, std::string_view name);
  void count(const std::vector<Appraisal>& batch,
             std::span<const std::optional<Appraised>> results) const;

  const Options options_;
  mutable std::mutex mutex_;  // guards all but the threads
  std::condition_variable wake_;
  std::deque<Appraisal> queue_;
  std::shared_ptr<const AtHand> at_hand_;  // never null; replaced, not changed
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace atoma::verifier
