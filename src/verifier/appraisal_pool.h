// Appraises on threads of its own. What waits while a batch is in work is the next batch, so that
// signatures are verified together exactly when there is a load, and nothing waits when there is
// none. Each thread has an appraiser, with its memory of good chains, and a signing key.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "atoma/appraisal/appraiser.h"
#include "atoma/telemetry/metrics.h"

namespace atoma::verifier {

using CollateralSets = std::vector<std::shared_ptr<const evidence::intel::Collateral>>;
using EndorsementSets = std::vector<std::shared_ptr<const evidence::amd::Endorsements>>;

// Evidence on its way, with everything that its result points into.
struct Appraisal {
  // `key` signs EARs. Called once, on a thread of the pool; must not wait for the pool.
  using Done = std::move_only_function<void(const Appraisal&, const appraisal::AttestationResult&,
                                            const crypto::EcPrivateKey& key)>;

  Bytes evidence;
  evidence::Tee tee = evidence::Tee::kUnknown;
  // Null: each set at hand is tried until one is accepted; when none is, the one that came nearest
  // counts, for its findings say best what is wrong.
  std::shared_ptr<const evidence::intel::Collateral> collateral;
  std::shared_ptr<const evidence::amd::Endorsements> endorsements;
  std::optional<ByteArray<64>> report_data;
  Time at;
  Done done;
  std::chrono::steady_clock::time_point arrived;  // set by the pool
};

class AppraisalPool {
 public:
  struct Options {
    std::shared_ptr<const appraisal::Policy> policy;
    CollateralSets collateral;  // to begin with: use()
    EndorsementSets endorsements;
    SecretBytes signing_scalar;  // of a good P-256 key
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

  // Sets at hand for what is appraised from now on, in place of all others. A batch in work keeps
  // those that it began with.
  void use(CollateralSets collateral, EndorsementSets endorsements);
  // Takes all or none. Errors: "verifier.busy" when too many wait.
  Status submit(std::vector<Appraisal> appraisals);
  std::size_t waiting() const;

 private:
  struct Sets {
    CollateralSets collateral;
    EndorsementSets endorsements;
  };
  class Batch;

  void run();
  std::vector<Appraisal> next_batch(std::shared_ptr<const Sets>& sets);
  void count(const std::vector<Appraisal>& batch,
             std::span<const std::optional<appraisal::AttestationResult>> results) const;

  const Options options_;
  mutable std::mutex mutex_;  // guards all but the threads
  std::condition_variable wake_;
  std::deque<Appraisal> queue_;
  std::shared_ptr<const Sets> sets_;  // never null; replaced, not changed
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace atoma::verifier
