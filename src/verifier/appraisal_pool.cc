#include "appraisal_pool.h"

#include <format>
#include <set>

#include "atoma/base/check.h"
#include "kinds.h"

namespace atoma::verifier {
namespace {

using appraisal::Request;
using appraisal::Verdict;
using evidence::Detail;

// Appraisers of one thread, each made when its policy is first asked for. They share a decider,
// whose tables of keys are large.
class Appraisers {
 public:
  Appraisers(const std::vector<std::shared_ptr<const appraisal::Policy>>& policies,
             std::unique_ptr<crypto::SignatureDecider> decider)
      : policies_(policies), decider_(std::move(decider)), made_(policies.size()) {}

  appraisal::Appraiser& of(std::size_t policy) {
    auto& made = made_[policy];
    if (!made) {
      made = std::make_unique<appraisal::Appraiser>(
          policies_[policy], decider_ ? std::make_unique<Shared>(*decider_) : nullptr);
    }
    return *made;
  }

 private:
  class Shared final : public crypto::SignatureDecider {
   public:
    explicit Shared(crypto::SignatureDecider& decider) : decider_(decider) {}
    void decide(std::span<crypto::SignatureJob> jobs) override { decider_.decide(jobs); }

   private:
    crypto::SignatureDecider& decider_;
  };

  const std::vector<std::shared_ptr<const appraisal::Policy>>& policies_;
  const std::unique_ptr<crypto::SignatureDecider> decider_;
  std::vector<std::unique_ptr<appraisal::Appraiser>> made_;
};

}  // namespace

// One batch: the first set is tried for all, the second for those that it did not suit, and so on.
class AppraisalPool::Batch {
 public:
  Batch(const AtHand& sets, std::span<const Appraisal> items)
      : sets_(sets), items_(items), best_(items.size()) {
    for (const auto& item : items) {
      helpful_.push_back(helpful(item.subject));
      logs_.emplace_back(item.subject.event_logs.begin(), item.subject.event_logs.end());
    }
  }

  std::vector<std::optional<Appraised>> run(Appraisers& appraisers) {
    std::set<std::size_t> policies;
    for (const auto& item : items_) policies.insert(item.policy);
    for (const std::size_t policy : policies) run(appraisers.of(policy), policy);
    return std::move(best_);
  }

 private:
  void run(appraisal::Appraiser& appraiser, std::size_t policy) {
    for (const bool every : {false, true}) run_cpus(appraiser, policy, every);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].policy != policy || items_[i].subject.is_cpu()) continue;
      best_[i] = appraise_kind(appraiser, items_[i], sets_);
    }
  }

  void run_cpus(appraisal::Appraiser& appraiser, std::size_t policy, bool every_check) {
    const auto detail = every_check ? Detail::kAll : Detail::kClaims;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Appraisal& item = items_[i];
      const bool same = item.policy == policy && item.every_check == every_check;
      if (same && item.subject.is_cpu()) open.push_back(i);
    }
    for (std::size_t round = 0; !open.empty(); ++round) {
      std::vector<Request> requests;
      for (const std::size_t i : open) requests.push_back(request(i, round));
      auto results = appraiser.appraise_all(requests, detail);
      std::vector<std::size_t> again;
      for (std::size_t k = 0; k < open.size(); ++k) {
        Appraised result(std::move(results[k]), from_hand(open[k], round));
        if (!keep(open[k], std::move(result)) && round + 1 < rounds(open[k])) {
          again.push_back(open[k]);
        }
      }
      open = std::move(again);
    }
  }

  // Which sets at hand may help: none where the item brought its own, or its kind needs none.
  enum class Helpful : std::uint8_t { kNone, kCollateral, kEndorsements, kPlatformKeys };

  static Helpful helpful(const Subject& subject) {
    const auto tee = subject.tee == evidence::Tee::kUnknown ? appraisal::recognise(subject.evidence)
                                                            : subject.tee;
    switch (tee) {
      case evidence::Tee::kSnp:
        return subject.endorsements == nullptr ? Helpful::kEndorsements : Helpful::kNone;
      case evidence::Tee::kTdx:
      case evidence::Tee::kSgx:
        return subject.collateral == nullptr ? Helpful::kCollateral : Helpful::kNone;
      case evidence::Tee::kCca:
        return subject.platform_keys == nullptr ? Helpful::kPlatformKeys : Helpful::kNone;
      default:
        return Helpful::kNone;
    }
  }

  // How many sets there are to try.
  std::size_t rounds(std::size_t i) const {
    switch (helpful_[i]) {
      case Helpful::kCollateral:
        return sets_.collateral.size();
      case Helpful::kEndorsements:
        return sets_.endorsements.size();
      case Helpful::kPlatformKeys:
        return sets_.platform_keys.size();
      case Helpful::kNone:
        break;
    }
    return 1;
  }

  Request request(std::size_t i, std::size_t round) const {
    const Subject& subject = items_[i].subject;
    Request out{.evidence = subject.evidence,
                .tee = subject.tee,
                .collateral = subject.collateral.get(),
                .endorsements = subject.endorsements.get(),
                .at = items_[i].at,
                .expected_report_data = std::nullopt,
                .platform_keys = subject.platform_keys.get(),
                .event_logs = logs_[i],
                .reference_sets = sets_.reference_sets()};
    if (items_[i].report_data) out.expected_report_data = *items_[i].report_data;
    if (round >= rounds(i)) return out;  // there is no set at hand at all
    if (helpful_[i] == Helpful::kCollateral) out.collateral = sets_.collateral[round].get();
    if (helpful_[i] == Helpful::kEndorsements) out.endorsements = sets_.endorsements[round].get();
    if (helpful_[i] == Helpful::kPlatformKeys) {
      out.platform_keys = sets_.platform_keys[round].get();
    }
    return out;
  }

  // What no digest finds.
  FromHand from_hand(std::size_t i, std::size_t round) const {
    FromHand out;
    if (helpful_[i] == Helpful::kPlatformKeys && round < rounds(i)) {
      out.platform_keys = sets_.platform_keys[round];
    }
    return out;
  }

  // True when nothing better can come.
  bool keep(std::size_t i, Appraised result) {
    const bool accepted = result.verdict() == Verdict::kAccepted;
    if (accepted || !best_[i] || result.not_good() < best_[i]->not_good()) {
      best_[i] = std::move(result);
    }
    return accepted;
  }

  const AtHand& sets_;
  std::span<const Appraisal> items_;
  std::vector<Helpful> helpful_;
  std::vector<std::vector<ByteView>> logs_;
  std::vector<std::optional<Appraised>> best_;
};

AppraisalPool::AppraisalPool(Options options)
    : options_(std::move(options)), at_hand_(std::make_shared<const AtHand>(options_.at_hand)) {
  ATOMA_CHECK(options_.threads > 0 && !options_.policies.empty() && options_.keys != nullptr);
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

AppraisalPool::~AppraisalPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void AppraisalPool::use(AtHand at_hand) {
  auto next = std::make_shared<const AtHand>(std::move(at_hand));
  const std::lock_guard lock(mutex_);
  at_hand_.swap(next);
}

Status AppraisalPool::submit(std::vector<Appraisal> appraisals) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() + appraisals.size() > options_.waiting_max) {
      if (options_.metrics != nullptr) options_.metrics->verifier_busy.add();
      return fail(Code::kResourceExhausted, "verifier.busy",
                  std::format("{} appraisals are waiting; try again", queue_.size()));
    }
    for (auto& item : appraisals) {
      item.arrived = std::chrono::steady_clock::now();
      if (item.trace) item.step_started = item.trace->now();
      queue_.push_back(std::move(item));
    }
  }
  if (appraisals.size() == 1) {
    wake_.notify_one();
  } else {
    wake_.notify_all();
  }
  return {};
}

std::size_t AppraisalPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

// A fair share of what waits, so that no thread idles while another has it all. Empty: stop.
std::vector<Appraisal> AppraisalPool::next_batch(std::shared_ptr<const AtHand>& at_hand) {
  constexpr std::size_t kLanes = 8;
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  const std::size_t share = (queue_.size() + options_.threads - 1) / options_.threads;
  const std::size_t count = std::min({queue_.size(), kBatchMax, std::max(kLanes, share)});
  at_hand = at_hand_;
  std::vector<Appraisal> batch;
  batch.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void AppraisalPool::count(const std::vector<Appraisal>& batch,
                          std::span<const std::optional<Appraised>> results) const {
  if (options_.metrics == nullptr) return;
  auto& metrics = *options_.metrics;
  const auto now = std::chrono::steady_clock::now();
  metrics.verifier_batch.observe(static_cast<double>(batch.size()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    metrics.verifier_verdicts.add(
        {results[i]->kind(), appraisal::verdict_name(results[i]->verdict())});
    metrics.verifier_latency.observe(std::chrono::duration<double>(now - batch[i].arrived).count());
  }
}

void AppraisalPool::end_step(std::vector<Appraisal>& batch, std::string_view name) {
  for (auto& item : batch) {
    if (!item.trace) continue;
    const auto now = item.trace->now();
    item.trace->add(name, item.step_started, now);
    item.step_started = now;
  }
}

void AppraisalPool::run() {
  cose::EpochSigner signer(options_.keys);
  Appraisers appraisers(options_.policies,
                        options_.make_decider ? options_.make_decider() : nullptr);
  std::shared_ptr<const AtHand> at_hand;
  for (auto batch = next_batch(at_hand); !batch.empty(); batch = next_batch(at_hand)) {
    end_step(batch, "verifier.wait");
    const auto results = Batch(*at_hand, batch).run(appraisers);
    end_step(batch, "verifier.appraise");
    count(batch, results);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(batch[i], *results[i], signer);
  }
}

}  // namespace atoma::verifier
