#include "appraisal_pool.h"

#include <format>

#include "atoma/base/check.h"

namespace atoma::verifier {
namespace {

using appraisal::AttestationResult;
using appraisal::Request;
using appraisal::Verdict;
using evidence::Detail;

std::size_t not_good(const AttestationResult& result) {
  return static_cast<std::size_t>(
      std::ranges::count_if(result.findings().items(), [](const evidence::Finding& finding) {
        return finding.outcome == evidence::Outcome::kFail ||
               finding.outcome == evidence::Outcome::kMissing;
      }));
}

crypto::EcPrivateKey key_of(const SecretBytes& scalar) {
  auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256,
                                               scalar.expose("a thread's EAR signing key"));
  ATOMA_CHECK(key.has_value());
  return *std::move(key);
}

}  // namespace

// One batch: the first set is tried for all, the second for those that it did not suit, and so on.
class AppraisalPool::Batch {
 public:
  Batch(const Sets& sets, std::span<const Appraisal> items)
      : sets_(sets), items_(items), best_(items.size()) {
    for (const auto& item : items) at_hand_.push_back(sets_of(item));
  }

  std::vector<std::optional<AttestationResult>> run(appraisal::Appraiser& appraiser) {
    std::vector<std::size_t> open(items_.size());
    for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
    for (std::size_t round = 0; !open.empty(); ++round) {
      std::vector<Request> requests;
      for (const std::size_t i : open) requests.push_back(request(i, round));
      auto results = appraiser.appraise_all(requests, Detail::kAll);
      std::vector<std::size_t> again;
      for (std::size_t k = 0; k < open.size(); ++k) {
        if (!keep(open[k], std::move(results[k])) && round + 1 < rounds(open[k])) {
          again.push_back(open[k]);
        }
      }
      open = std::move(again);
    }
    return std::move(best_);
  }

 private:
  // Which sets at hand may help: none where the item brought its own, or its kind needs none.
  enum class AtHand : std::uint8_t { kNone, kCollateral, kEndorsements };

  static AtHand sets_of(const Appraisal& item) {
    const auto tee =
        item.tee == evidence::Tee::kUnknown ? appraisal::recognise(item.evidence) : item.tee;
    switch (tee) {
      case evidence::Tee::kSnp:
        return item.endorsements == nullptr ? AtHand::kEndorsements : AtHand::kNone;
      case evidence::Tee::kTdx:
      case evidence::Tee::kSgx:
        return item.collateral == nullptr ? AtHand::kCollateral : AtHand::kNone;
      default:
        return AtHand::kNone;
    }
  }

  // How many sets there are to try.
  std::size_t rounds(std::size_t i) const {
    if (at_hand_[i] == AtHand::kCollateral) return sets_.collateral.size();
    return at_hand_[i] == AtHand::kEndorsements ? sets_.endorsements.size() : 1;
  }

  Request request(std::size_t i, std::size_t round) const {
    const Appraisal& item = items_[i];
    Request out{.evidence = item.evidence,
                .tee = item.tee,
                .collateral = item.collateral.get(),
                .endorsements = item.endorsements.get(),
                .at = item.at,
                .expected_report_data = std::nullopt};
    if (item.report_data) out.expected_report_data = *item.report_data;
    if (round >= rounds(i)) return out;  // there is no set at hand at all
    if (at_hand_[i] == AtHand::kCollateral) out.collateral = sets_.collateral[round].get();
    if (at_hand_[i] == AtHand::kEndorsements) out.endorsements = sets_.endorsements[round].get();
    return out;
  }

  // True when nothing better can come.
  bool keep(std::size_t i, AttestationResult result) {
    const bool accepted = result.verdict() == Verdict::kAccepted;
    if (accepted || !best_[i] || not_good(result) < not_good(*best_[i])) {
      best_[i] = std::move(result);
    }
    return accepted;
  }

  const Sets& sets_;
  std::span<const Appraisal> items_;
  std::vector<AtHand> at_hand_;
  std::vector<std::optional<AttestationResult>> best_;
};

AppraisalPool::AppraisalPool(Options options)
    : options_(std::move(options)),
      sets_(std::make_shared<const Sets>(options_.collateral, options_.endorsements)) {
  ATOMA_CHECK(options_.threads > 0);
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

void AppraisalPool::use(CollateralSets collateral, EndorsementSets endorsements) {
  auto sets = std::make_shared<const Sets>(std::move(collateral), std::move(endorsements));
  const std::lock_guard lock(mutex_);
  sets_.swap(sets);
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
std::vector<Appraisal> AppraisalPool::next_batch(std::shared_ptr<const Sets>& sets) {
  constexpr std::size_t kLanes = 8;
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  const std::size_t share = (queue_.size() + options_.threads - 1) / options_.threads;
  const std::size_t count = std::min({queue_.size(), kBatchMax, std::max(kLanes, share)});
  sets = sets_;
  std::vector<Appraisal> batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void AppraisalPool::count(const std::vector<Appraisal>& batch,
                          std::span<const std::optional<AttestationResult>> results) const {
  if (options_.metrics == nullptr) return;
  auto& metrics = *options_.metrics;
  const auto now = std::chrono::steady_clock::now();
  metrics.verifier_batch.observe(static_cast<double>(batch.size()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    metrics.verifier_verdicts.add(
        {evidence::tee_name(results[i]->tee()), appraisal::verdict_name(results[i]->verdict())});
    metrics.verifier_latency.observe(std::chrono::duration<double>(now - batch[i].arrived).count());
  }
}

void AppraisalPool::run() {
  const auto key = key_of(options_.signing_scalar);
  appraisal::Appraiser appraiser(options_.policy,
                                 options_.make_decider ? options_.make_decider() : nullptr);
  std::shared_ptr<const Sets> sets;
  for (auto batch = next_batch(sets); !batch.empty(); batch = next_batch(sets)) {
    const auto results = Batch(*sets, batch).run(appraiser);
    count(batch, results);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(batch[i], *results[i], key);
  }
}

}  // namespace atoma::verifier
