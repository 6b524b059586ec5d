// For tests: a commit queue in memory that several nodes share, and one node's way to it, which
// fails on command.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "atoma/replica/queue.h"

namespace atoma::replica {

// kFail: nothing happens. kLose: it takes effect, and nobody hears of it. kDelay: the call fails,
// and a commit takes effect later, before the next call of anybody.
enum class QueueFault : std::uint8_t { kNone, kFail, kLose, kDelay };

// What all nodes share. Lives longer than each of them.
struct SharedQueue {
  std::recursive_mutex mutex;
  std::uint64_t revision = 1;
  std::optional<Head> head;
  std::optional<Leader> leader;
  std::map<std::uint64_t, Batch> batches;
  std::map<std::string, std::uint64_t, std::less<>> reports;
  std::vector<std::function<void()>> delayed;
  std::vector<Batch> history;  // all that ever took effect

  void end_lease() {
    const std::lock_guard guard(mutex);
    leader.reset();
  }
  void arrive() {
    auto now = std::move(delayed);
    delayed.clear();
    for (auto& act : now) act();
  }
};

class TestQueue final : public CommitQueue {
 public:
  explicit TestQueue(SharedQueue& shared) : shared_(shared) {}

  // The call with this number fails, counted from 0 and over all kinds.
  int fault_at = -1;
  QueueFault fault = QueueFault::kNone;
  bool fired = false;
  // Counts from now on.
  void arm(int at, QueueFault kind) {
    calls_ = 0;
    fault_at = at;
    fault = kind;
  }

  Result<View> view(std::uint64_t from) override {
    return call<View>([&] {
      View out{.head = shared_.head, .leader = shared_.leader, .batches = {}};
      for (const auto& [first, batch] : shared_.batches) {
        if (batch.end() > from && out.batches.size() < kViewBatchesMax)
          out.batches.push_back(batch);
      }
      if (!out.batches.empty() && out.batches[0].first_index > from) out.batches.clear();
      return out;
    });
  }
  Result<bool> found(const Head& head) override {
    return call<bool>([&] {
      if (shared_.head) return false;
      shared_.head = head;
      shared_.head->revision = ++shared_.revision;
      return true;
    });
  }
  Result<std::optional<std::uint64_t>> campaign(std::string_view node,
                                                std::string_view url) override {
    auto won = call<std::optional<std::uint64_t>>([&]() -> std::optional<std::uint64_t> {
      if (shared_.leader) return std::nullopt;
      term_ = ++shared_.revision;
      shared_.leader = Leader{std::string(node), std::string(url), term_};
      return term_;
    });
    if (!won) expire();
    return won;
  }
  Result<bool> renew() override {
    return call<bool>([&] { return leads(); });
  }
  void resign() override {
    const auto done = call<bool>([&] {
      if (leads()) shared_.leader.reset();
      return true;
    });
    if (!done) expire();
  }
  Committed commit(const Batch& batch, std::uint64_t head_revision) override {
    const auto act = [this, batch, head_revision] { return try_commit(batch, head_revision); };
    const auto done = call<Committed>(act, [act] { (void)act(); });
    return done ? *done : Committed{.ended = CommitEnded::kUnknown, .revision = 0, .why = "fault"};
  }
  Status report_applied(std::string_view node, std::uint64_t size) override {
    const auto done = call<bool>([&] {
      shared_.reports[std::string(node)] = size;
      return true;
    });
    return done ? Status() : std::unexpected(done.error());
  }
  Result<Trimmed> trim(std::size_t nodes) override {
    return call<Trimmed>([&] {
      std::vector<std::uint64_t> sizes;
      for (const auto& [node, size] : shared_.reports) sizes.push_back(size);
      std::ranges::sort(sizes, std::greater<>());
      Trimmed out;
      if (sizes.size() > nodes / 2) out.kept_from = sizes[nodes / 2];
      std::erase_if(shared_.batches,
                    [&](const auto& at) { return at.second.end() <= out.kept_from; });
      out.batches = shared_.batches.size();
      return out;
    });
  }

 private:
  // A lease that nobody renews ends by itself.
  void expire() {
    const std::lock_guard guard(shared_.mutex);
    shared_.delayed.emplace_back([&all = shared_, term = term_] {
      if (all.leader && all.leader->term == term) all.leader.reset();
    });
  }
  bool leads() const { return shared_.leader && shared_.leader->term == term_; }

  Committed try_commit(const Batch& batch, std::uint64_t head_revision) {
    if (!shared_.head || shared_.head->revision != head_revision || !shared_.leader ||
        shared_.leader->term != batch.term) {
      return {.ended = CommitEnded::kRefused, .revision = 0, .why = "refused"};
    }
    shared_.head = Head{batch.end(), batch.root, ++shared_.revision};
    shared_.batches[batch.first_index] = batch;
    shared_.history.push_back(batch);
    return {.ended = CommitEnded::kDone, .revision = shared_.revision, .why = ""};
  }

  template <typename T>
  Result<T> call(const std::function<T()>& act, const std::function<void()>& later = nullptr) {
    const std::lock_guard guard(shared_.mutex);
    shared_.arrive();
    const QueueFault now = calls_++ == fault_at ? fault : QueueFault::kNone;
    fired = fired || now != QueueFault::kNone;
    if (now == QueueFault::kNone) return act();
    if (now == QueueFault::kLose) (void)act();
    if (now == QueueFault::kDelay && later) shared_.delayed.push_back(later);
    return fail(Code::kUnavailable, "queue.unavailable", "fault");
  }

  SharedQueue& shared_;
  std::uint64_t term_ = 0;
  int calls_ = 0;
};

}  // namespace atoma::replica
