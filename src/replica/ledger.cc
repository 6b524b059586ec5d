#include "atoma/replica/ledger.h"

#include <algorithm>
#include <format>

#include "atoma/base/limits.h"
#include "engine.h"

namespace atoma::replica {
namespace {

bool is_node_name(std::string_view text) {
  return !text.empty() && text.size() <= kNodeNameMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

ReplicatedLedger::Impl::Impl(CommitQueue& queue, Applier applier, ReplicaOptions options)
    : queue_(queue),
      options_(std::move(options)),
      applier_(std::move(applier)),
      frontier_(applier_.frontier()),
      proven_(applier_.proven()) {}

Status ReplicatedLedger::Impl::check_start(bool found) {
  const Head mine{.size = frontier_.size(), .root = frontier_.root(), .revision = 0};
  if (found) {
    ATOMA_TRY(const bool first, queue_.found(mine));
    if (!first) {
      return fail(Code::kAlreadyExists, "replica.founded",
                  "the commit queue already has a log; start without founding one");
    }
  }
  ATOMA_TRY(const View view, queue_.view(mine.size));
  if (!view.head) {
    return fail(Code::kFailedPrecondition, "replica.not_founded",
                "the commit queue has no log. If this log is to be replicated for the first time, "
                "found it, once and on one node; otherwise etcd has lost it");
  }
  ATOMA_TRY_VOID(applier_.check_against(*view.head));
  head_ = view.head;
  if (view.head->size == mine.size) boundary_ = mine.size;
  return {};
}

void ReplicatedLedger::Impl::run() {
  runtime::Runtime& runtime = *options_.runtime;
  follow_ = runtime::Thread(runtime, [this] { follow_loop(); });
  lead_ = runtime::Thread(runtime, [this] { lead_loop(); });
  tend_ = runtime::Thread(runtime, [this] { tend_loop(); });
}

void ReplicatedLedger::Impl::close() {
  {
    const std::lock_guard guard(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  lead_.join();
  {
    const std::lock_guard guard(mutex_);
    lead_ended_ = true;
  }
  changed_.notify_all();
  follow_.join();
  tend_.join();
}

void ReplicatedLedger::Impl::announce(std::string url) {
  const std::lock_guard guard(mutex_);
  url_ = std::move(url);
  changed_.notify_all();
}

Standing ReplicatedLedger::Impl::standing() const {
  const std::lock_guard guard(mutex_);
  return {.leads = term_.has_value(),
          .leader = leader_,
          .applied = frontier_.size(),
          .head = head_ ? std::max(head_->size, frontier_.size()) : 0,
          .caught_up = proven_,
          .failure = failure_ ? failure_->reason : std::string_view(),
          .why = failure_ ? failure_->message : trouble_};
}

void ReplicatedLedger::Impl::on_growth(std::function<void()> told) {
  const std::lock_guard guard(told_mutex_);
  told_ = std::move(told);
}

std::uint64_t ReplicatedLedger::Impl::term() const {
  const std::lock_guard guard(mutex_);
  return term_.value_or(0);
}

void ReplicatedLedger::Impl::append(std::optional<tlog::Place> at, Bytes entry, Done done) {
  if (entry.empty() || entry.size() > limits::kLogEntryMax) {
    return done(malformed("ledger.entry_size", std::format("{} bytes, from 1 to {}", entry.size(),
                                                           limits::kLogEntryMax)));
  }
  std::unique_lock guard(mutex_);
  std::optional<Error> refusal;
  if (failure_ || closing_) {
    refusal = Error{Code::kUnavailable, "ledger.stopped",
                    "this replica takes no more entries; this one was not written"};
  } else if (!term_) {
    refusal = Error{Code::kUnavailable, "ledger.not_leader",
                    "this replica does not lead; this entry was not written. " +
                        (leader_ ? "Ask " + leader_->url : std::string("Nobody leads now"))};
  } else if (at && (at->term != *term_ || at->index != next_index_)) {
    refusal = Error{Code::kAborted, "ledger.moved",
                    std::format("the next entry is number {} in term {}, not {} in term {}",
                                next_index_, *term_, at->index, at->term)};
  } else if (pending_.size() >= options_.queue_entries_max ||
             pending_bytes_ + entry.size() > options_.queue_bytes_max) {
    refusal = Error{Code::kResourceExhausted, "ledger.busy",
                    "the queue of entries to write is full; try again"};
  }
  if (refusal) {
    guard.unlock();
    return done(std::unexpected(*std::move(refusal)));
  }
  ++next_index_;
  pending_bytes_ += entry.size();
  pending_.push_back({std::move(entry), std::move(done)});
  guard.unlock();
  changed_.notify_all();
}

ReplicatedLedger::ReplicatedLedger(std::unique_ptr<Impl> impl, tlog::Ledger& local)
    : impl_(std::move(impl)), local_(local) {}
ReplicatedLedger::~ReplicatedLedger() { close(); }

Result<std::unique_ptr<ReplicatedLedger>> ReplicatedLedger::start(
    CommitQueue& queue, tlog::Ledger& local, Applier applier, ReplicaOptions options, bool found) {
  if (!is_node_name(options.node) || options.nodes == 0 || options.nodes > kPeersMax + 1 ||
      options.batch_entries_max == 0 || options.batch_entries_max > kBatchEntriesMax) {
    return malformed("replica.options",
                     std::format("a node's name is of letters, digits, '.', '-' and '_', at most "
                                 "{}; and there are at most {} nodes",
                                 kNodeNameMax, kPeersMax + 1));
  }
  auto impl = std::make_unique<Impl>(queue, std::move(applier), std::move(options));
  ATOMA_TRY_VOID(impl->check_start(found));
  impl->run();
  return std::unique_ptr<ReplicatedLedger>(new ReplicatedLedger(std::move(impl), local));
}

void ReplicatedLedger::announce(std::string url) { impl_->announce(std::move(url)); }
Standing ReplicatedLedger::standing() const { return impl_->standing(); }
void ReplicatedLedger::on_growth(std::function<void()> told) { impl_->on_growth(std::move(told)); }
void ReplicatedLedger::close() { impl_->close(); }
void ReplicatedLedger::append(Bytes entry, Done done) {
  impl_->append(std::nullopt, std::move(entry), std::move(done));
}
void ReplicatedLedger::append_at(tlog::Place place, Bytes entry, Done done) {
  impl_->append(place, std::move(entry), std::move(done));
}
std::uint64_t ReplicatedLedger::term() const { return impl_->term(); }
tlog::SignedCheckpoint ReplicatedLedger::latest_checkpoint() const {
  return local_.latest_checkpoint();
}
Result<Bytes> ReplicatedLedger::entry(std::uint64_t index) const { return local_.entry(index); }
Result<merkle::Proof> ReplicatedLedger::prove_inclusion(std::uint64_t index,
                                                        std::uint64_t size) const {
  return local_.prove_inclusion(index, size);
}
Result<merkle::Proof> ReplicatedLedger::prove_consistency(std::uint64_t old_size,
                                                          std::uint64_t new_size) const {
  return local_.prove_consistency(old_size, new_size);
}
const tlog::VerifierKey& ReplicatedLedger::verifier_key() const { return local_.verifier_key(); }

}  // namespace atoma::replica
