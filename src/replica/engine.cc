#include "engine.h"

#include <algorithm>

namespace atoma::replica {
namespace {

using std::chrono::milliseconds;

// Committed batches whose writing the leader need not wait for.
constexpr std::size_t kHandedMax = 16;

std::unexpected<Error> not_written(std::string_view why) {
  return fail(Code::kUnavailable, "ledger.not_leader",
              "this replica leads no more; this entry was not written: " + std::string(why));
}

bool passes_by_itself(const Error& error) {
  return error.reason == "queue.unavailable" || error.reason == "replica.no_peer";
}

}  // namespace

bool ReplicatedLedger::Impl::sleep(milliseconds time) {
  std::unique_lock guard(mutex_);
  changed_.wait_for(guard, time, [this] { return closing_; });
  return !closing_;
}

// Nothing more is applied or signed.
void ReplicatedLedger::Impl::stop_locked(const Error& error) {
  if (!failure_) failure_ = error;
  changed_.notify_all();
}

// ---- follow

void ReplicatedLedger::Impl::follow_loop() {
  bool again = true;
  for (;;) {
    std::unique_lock guard(mutex_);
    const auto wanted = [this] { return !handed_.empty() || lead_ended_; };
    if (!again) changed_.wait_for(guard, options_.poll, wanted);
    again = false;
    if (!handed_.empty()) {
      Handed next = std::move(handed_.front());
      handed_.pop_front();
      const bool stopped = failure_.has_value();
      guard.unlock();
      // After a failure the applier may not be in order: its answer is that nobody knows.
      if (stopped) next.batch.first_index = merkle::kSizeMax;
      applied(applier_.apply(std::move(next.batch), std::move(next.done)));
      again = true;
      continue;
    }
    if (lead_ended_) return;
    if (term_ || failure_) continue;
    const std::uint64_t from = frontier_.size();
    guard.unlock();
    again = follow_once(from);
  }
}

void ReplicatedLedger::Impl::applied(const Status& status) {
  bool grown = false;
  {
    const std::lock_guard guard(mutex_);
    grown = applier_.frontier().size() > frontier_.size();
    frontier_ = applier_.frontier();
    proven_ = applier_.proven();
    if (status) {
      boundary_ = frontier_.size();
      trouble_.clear();
    } else if (passes_by_itself(status.error())) {
      trouble_ = status.error().to_string();
    } else {
      stop_locked(status.error());
    }
    changed_.notify_all();
  }
  if (!grown) return;
  const std::lock_guard guard(told_mutex_);
  if (told_) told_();
}

// True when there may be more at once.
bool ReplicatedLedger::Impl::follow_once(std::uint64_t from) {
  auto view = queue_.view(from);
  {
    const std::lock_guard guard(mutex_);
    if (!view) {
      trouble_ = view.error().to_string();
      leader_.reset();
      if (!passes_by_itself(view.error())) stop_locked(view.error());
      return false;
    }
    // Whoever leads here hands over its own batches, with those who wait for them.
    if (term_ || !handed_.empty()) return true;
    leader_ = view->leader;
    head_ = view->head;
    changed_.notify_all();
    if (!view->head) {
      stop_locked({Code::kDataLoss, "replica.queue_behind", "the commit queue has lost its head"});
      return false;
    }
  }
  const bool behind = view->head->size > from;
  const auto status = apply_view(*std::move(view));
  applied(status);
  return behind && status;
}

Status ReplicatedLedger::Impl::apply_view(View view) {
  ATOMA_TRY_VOID(applier_.check_against(*view.head));
  ATOMA_TRY(const bool proven, applier_.prove_by(view.batches));
  if (!proven || view.batches.empty()) return applier_.catch_up(*view.head);
  for (Batch& batch : view.batches) {
    ATOMA_TRY_VOID(applier_.apply(std::move(batch), {}));
    applied({});
  }
  return {};
}

// ---- lead

bool ReplicatedLedger::Impl::may_campaign() const {
  return !url_.empty() && !failure_ && proven_ && head_ && !leader_ && trouble_.empty() &&
         frontier_.size() == head_->size;
}

void ReplicatedLedger::Impl::lead_loop() {
  for (;;) {
    {
      std::unique_lock guard(mutex_);
      changed_.wait(guard, [this] { return closing_ || may_campaign(); });
      if (closing_) break;
    }
    const auto term = queue_.campaign(options_.node, url_);
    if (!term || !*term) {
      if (!sleep(options_.poll * 5)) break;
      continue;
    }
    if (const auto head = take_over(**term)) lead(**term, *head);
    queue_.resign();
    const std::lock_guard guard(mutex_);
    // Until somebody has looked again.
    head_.reset();
  }
  queue_.resign();
}

// The head, once all that led to it is applied here. From then on only this term can move it.
std::optional<Head> ReplicatedLedger::Impl::take_over(std::uint64_t term) {
  const auto give_up = options_.runtime->now() + options_.settle;
  while (options_.runtime->now() < give_up) {
    const auto view = queue_.view(merkle::kSizeMax);
    if (view) {
      if (!view->head || !view->leader || view->leader->term != term) return std::nullopt;
      const std::lock_guard guard(mutex_);
      if (failure_ || closing_) return std::nullopt;
      if (view->head->size == frontier_.size() && view->head->root == frontier_.root()) {
        term_ = term;
        next_index_ = view->head->size;
        lease_lost_ = false;
        leader_ = view->leader;
        head_ = view->head;
        return view->head;
      }
    }
    if (!sleep(options_.poll)) break;
  }
  return std::nullopt;
}

void ReplicatedLedger::Impl::lead(std::uint64_t term, Head head) {
  merkle::Frontier frontier;
  // What an earlier leader left is counted as if its batches were full.
  const auto trimmed = queue_.trim(options_.nodes);
  {
    const std::lock_guard guard(mutex_);
    frontier = frontier_;
    window_bytes_ = trimmed ? trimmed->batches * kBatchBytesMax : options_.window_bytes_max;
    window_ = {{.end = head.size, .bytes = window_bytes_}};
  }
  while (auto taken = next_batch()) {
    if (!commit(*std::move(taken), head, frontier, term)) break;
  }
  step_down();
}

// Waits for entries, for room in the window and on the way to the local log. Nothing when the lead
// is lost, or the ledger is closed and empty, or closed and the window full: what opens it are
// other nodes, and they may be away for long.
std::optional<ReplicatedLedger::Impl::Taken> ReplicatedLedger::Impl::next_batch() {
  std::unique_lock guard(mutex_);
  const auto full = [this] { return window_bytes_ >= options_.window_bytes_max; };
  const auto ends = [&] {
    return failure_ || lease_lost_ || (closing_ && (pending_.empty() || full()));
  };
  changed_.wait(guard, [&] {
    return ends() || (!pending_.empty() && handed_.size() < kHandedMax && !full());
  });
  if (ends()) return std::nullopt;
  Taken out;
  std::size_t bytes = 0;
  while (!pending_.empty() && out.entries.size() < options_.batch_entries_max) {
    bytes += pending_.front().entry.size() + 2;
    if (!out.entries.empty() && bytes > kBatchBytesMax) break;
    pending_bytes_ -= pending_.front().entry.size();
    out.entries.push_back(std::move(pending_.front().entry));
    out.done.push_back(std::move(pending_.front().done));
    pending_.pop_front();
  }
  return out;
}

// A ledger that is closing settles what is under way all the same.
bool ReplicatedLedger::Impl::pause_settling(runtime::Moment give_up) {
  std::unique_lock guard(mutex_);
  changed_.wait_for(guard, options_.poll, [] { return false; });
  return options_.runtime->now() < give_up;
}

// False when this node must lead no more.
bool ReplicatedLedger::Impl::commit(Taken taken, Head& head, merkle::Frontier& frontier,
                                    std::uint64_t term) {
  merkle::Frontier next = frontier;
  for (const Bytes& entry : taken.entries) next.append(merkle::leaf_hash(entry));
  Batch batch{.first_index = frontier.size(),
              .term = term,
              .root = next.root(),
              .entries = std::move(taken.entries)};
  const auto give_up = options_.runtime->now() + options_.settle;
  const Settlement end =
      commit_settled(queue_, batch, head, [&] { return pause_settling(give_up); });
  if (end.settled == Settled::kCommitted) {
    head = end.head;
    frontier = std::move(next);
    std::size_t bytes = 0;
    for (const Bytes& entry : batch.entries) bytes += entry.size();
    const std::lock_guard guard(mutex_);
    window_.push_back({.end = batch.end(), .bytes = bytes});
    window_bytes_ += bytes;
    handed_.push_back({std::move(batch), std::move(taken.done)});
    changed_.notify_all();
    // Already further: then somebody else leads.
    return head.size == frontier.size();
  }
  for (const Done& done : taken.done) {
    if (end.settled == Settled::kNotWritten) {
      done(not_written(end.why));
    } else {
      done(fail(Code::kUnknown, "ledger.unknown_outcome",
                "the entry may be in the log, now or later: " + end.why));
    }
  }
  if (end.settled == Settled::kBroken) {
    const std::lock_guard guard(mutex_);
    stop_locked({Code::kDataLoss, "replica.queue_behind", end.why});
  }
  return false;
}

void ReplicatedLedger::Impl::step_down() {
  std::deque<Pending> left;
  {
    const std::lock_guard guard(mutex_);
    term_.reset();
    leader_.reset();
    left.swap(pending_);
    pending_bytes_ = 0;
    changed_.notify_all();
  }
  for (const Pending& pending : left) pending.done(not_written("its term has ended"));
}

// ---- tend

void ReplicatedLedger::Impl::tend_loop() {
  for (;;) {
    bool leads = false;
    std::uint64_t boundary = 0;
    {
      std::unique_lock guard(mutex_);
      changed_.wait_for(guard, options_.tend, [this] { return lead_ended_; });
      if (lead_ended_) return;
      leads = term_.has_value();
      // What a node has that went no further with the others opens nobody's window.
      boundary = failure_ ? 0 : boundary_;
    }
    tend_once(leads, boundary);
  }
}

// A leader that nobody writes to would not see that etcd was put back; its old lease was, too.
void ReplicatedLedger::Impl::tend_lead(std::uint64_t committed) {
  const auto kept = queue_.renew();
  const auto view = queue_.view(merkle::kSizeMax);
  const std::lock_guard guard(mutex_);
  if (kept && !*kept) lease_lost_ = true;
  if (view && (!view->head || view->head->size < committed)) {
    stop_locked({Code::kDataLoss, "replica.queue_behind",
                 "the commit queue has lost what this replica committed: etcd was put back"});
  }
  changed_.notify_all();
}

void ReplicatedLedger::Impl::tend_once(bool leads, std::uint64_t boundary) {
  if (leads) tend_lead(boundary);
  if (boundary != 0) (void)queue_.report_applied(options_.node, boundary);
  if (!leads) return;
  const auto trimmed = queue_.trim(options_.nodes);
  if (!trimmed) return;
  const std::lock_guard guard(mutex_);
  while (!window_.empty() && window_.front().end <= trimmed->kept_from) {
    window_bytes_ -= window_.front().bytes;
    window_.pop_front();
  }
  changed_.notify_all();
}

}  // namespace atoma::replica
