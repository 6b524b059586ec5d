#include "atoma/registry/sequencer.h"

#include <atomic>
#include <condition_variable>
#include <format>
#include <future>
#include <mutex>
#include <thread>

#include "atoma/ledger/bodies.h"

namespace atoma::registry {
namespace {

using ledger::Role;

const ledger::LabelName kGenesisLabel{"atoma", "genesis"};
const ledger::LabelName kMapLabel{"atoma", "map-head"};
constexpr std::size_t kNonceSize = 16;

// How an append went. The log answers at once, from the thread that appends, or later from its own.
struct Outcome {
  std::atomic<bool> in_call = true;
  const std::thread::id caller = std::this_thread::get_id();
  std::optional<Result<tlog::Receipt>> at_once;

  bool take_at_once(Result<tlog::Receipt>& receipt) {
    if (!in_call || std::this_thread::get_id() != caller) return false;
    at_once = std::move(receipt);
    return true;
  }
};

Result<Submitted> as_submitted(Result<tlog::Receipt> receipt) {
  if (!receipt) return std::unexpected(std::move(receipt).error());
  return Submitted{*std::move(receipt), false};
}

class SequencerOverLog final : public Sequencer {
 public:
  SequencerOverLog(tlog::Ledger& log, SequencerOptions options, const Clock& clock,
                   Entropy& entropy)
      : log_(&log), options_(std::move(options)), clock_(&clock), entropy_(&entropy) {}

  Status begin() {
    const std::uint64_t size = log_->latest_checkpoint().checkpoint.size;
    for (std::uint64_t i = 0; i < size; ++i) {
      ATOMA_TRY(const Bytes bytes, log_->entry(i));
      auto next = state_.admit(bytes);
      // A duplicate on the log was written twice, which no sequencer does.
      if (!next || next->duplicate_of) {
        return fail(Code::kDataLoss, "sequencer.rule",
                    std::format("entry {} breaks a rule: {}", i,
                                next ? "it is there twice" : next.error().to_string()));
      }
      state_.apply(std::move(*next));
    }
    if (size == 0) ATOMA_TRY_VOID(begin_log());
    const ledger::Issuer* self = state_.issuer(own_id());
    if (self == nullptr || !self->roles.contains(Role::kSequencer)) {
      return fail(Code::kFailedPrecondition, "sequencer.key",
                  "the log names another sequencer: bring that one's key");
    }
    publisher_ = std::jthread([this](const std::stop_token& stop) { publish_until(stop); });
    return {};
  }

  void submit(Bytes entry, Done done) override {
    std::unique_lock lock(mutex_);
    auto next =
        stopped() ? Result<ledger::Admission>(stopped_error()) : state_.admit(entry, clock_->now());
    if (!next) {
      lock.unlock();
      return done(std::unexpected(std::move(next).error()));
    }
    if (next->duplicate_of) {
      lock.unlock();
      return done(receipt_of(*next->duplicate_of, next->entry->leaf));
    }
    append_locked(lock, std::move(entry), *std::move(next), std::move(done));
  }

  void write(Draft draft, const cose::SigningKey& issuer, WriteDone done) override {
    std::unique_lock lock(mutex_);
    write_locked(lock, std::move(draft), issuer, std::move(done));
  }

  std::optional<ledger::EntryRef> head(const ledger::LabelName& name) const override {
    const std::lock_guard lock(mutex_);
    const auto* label = state_.label(name);
    return label != nullptr ? std::optional(label->value.head) : std::nullopt;
  }
  Result<ledger::Lookup> lookup(const ledger::LabelName& name,
                                std::uint64_t map_head_below) const override {
    ATOMA_TRY(const Index index, newest_index(map_head_below));
    return ledger::make_lookup(index.head, *log_, index.checkpoint, name);
  }
  Result<ledger::History> history(const ledger::LabelName& name) const override {
    ATOMA_TRY(const Index index, newest_index(ledger::kNewestMapHead));
    return ledger::make_history(index.head, *log_, index.checkpoint, name);
  }
  std::uint64_t size() const override {
    const std::lock_guard lock(mutex_);
    return state_.size();
  }

  Status publish_map_head() override {
    return wait_for([this](std::promise<Status>& promise) {
      // Nothing may come between the index and its head.
      std::unique_lock lock(mutex_);
      if (index_changed()) {
        write_locked(lock, map_head(), options_.key, [&promise](const Result<Written>& written) {
          promise.set_value(status_of(written));
        });
      } else {
        lock.unlock();
        promise.set_value({});
      }
    });
  }

 private:
  Status begin_log() {
    return wait_for([this](std::promise<Status>& promise) {
      submit(genesis(), [&promise](const Result<Submitted>& submitted) {
        promise.set_value(status_of(submitted));
      });
    });
  }

  struct Index {
    tlog::SignedCheckpoint checkpoint;
    ledger::MapHead head;
  };

  // The checkpoint first: the state then has what it covers, and perhaps more.
  Result<Index> newest_index(std::uint64_t map_head_below) const {
    Index out{.checkpoint = log_->latest_checkpoint(), .head = {}};
    const std::lock_guard lock(mutex_);
    ATOMA_TRY(out.head, ledger::index_for(state_, out.checkpoint, map_head_below));
    return out;
  }

  ledger::KeyId own_id() const {
    return ledger::key_id(options_.key.algorithm(), options_.key.public_key().raw());
  }

  bool stopped() const { return *stopped_; }
  static std::unexpected<Error> stopped_error() {
    return fail(Code::kUnavailable, "sequencer.stopped",
                "an append failed before: the log must be reopened");
  }

  // As append_locked, gives the lock back before anybody is answered.
  void write_locked(std::unique_lock<std::mutex>& lock, Draft draft, const cose::SigningKey& issuer,
                    WriteDone done) {
    auto own = stopped() ? Result<ledger::OwnEntry>(stopped_error())
                         : state_.admit_own(statement(std::move(draft)), issuer, clock_->now());
    if (!own) {
      lock.unlock();
      return done(std::unexpected(std::move(own).error()));
    }
    // A fresh nonce: never a duplicate.
    Bytes bytes = own->bytes;
    append_locked(
        lock, std::move(own->bytes), std::move(own->admission),
        [bytes = std::move(bytes), done = std::move(done)](Result<Submitted> submitted) mutable {
          if (!submitted) return done(std::unexpected(std::move(submitted).error()));
          done(Written{std::move(submitted->receipt), std::move(bytes)});
        });
  }

  // The log's order is the state's: both change under the lock.
  void append_locked(std::unique_lock<std::mutex>& lock, Bytes entry, ledger::Admission next,
                     Done done) {
    const auto outcome = std::make_shared<Outcome>();
    const auto answer = std::make_shared<Done>(std::move(done));
    log_->append(std::move(entry),
                 [outcome, answer, stopped = stopped_](Result<tlog::Receipt> receipt) {
                   if (outcome->take_at_once(receipt)) return;
                   if (!receipt) *stopped = true;
                   (*answer)(as_submitted(std::move(receipt)));
                 });
    outcome->in_call = false;
    auto& at_once = outcome->at_once;
    if (!at_once || *at_once) state_.apply(std::move(next));  // else nothing was queued
    lock.unlock();
    if (at_once) (*answer)(as_submitted(*std::move(at_once)));
  }

  Result<Submitted> receipt_of(std::uint64_t index, const merkle::Hash& leaf) const {
    const auto checkpoint = log_->latest_checkpoint();
    if (index >= checkpoint.checkpoint.size) {
      return fail(Code::kUnavailable, "sequencer.pending",
                  "the same statement is being written: ask again in a moment");
    }
    ATOMA_TRY(auto path, log_->prove_inclusion(index, checkpoint.checkpoint.size));
    return Submitted{{index, leaf, checkpoint, std::move(path)}, true};
  }

  ledger::Statement statement(Draft draft) const {
    Bytes nonce(kNonceSize);
    entropy_->fill(nonce);
    const auto* label = state_.label(draft.label);
    return {.type = std::move(draft.type),
            .label = std::move(draft.label),
            .previous = label != nullptr ? std::optional(label->value.head) : std::nullopt,
            // Never behind what the ledger's time already is by more than the rules allow.
            .time = std::max(clock_->now(), state_.time()),
            .expiry = draft.expiry,
            .nonce = std::move(nonce),
            .body = std::move(draft.body)};
  }

  Bytes genesis() const {
    const auto& vkey = log_->verifier_key();
    ledger::GenesisBody body{.origin = std::string(vkey.name()),
                             .log_keys = {vkey.to_string()},
                             .issuers = options_.genesis.issuers,
                             .thresholds = options_.genesis.thresholds};
    body.issuers.push_back({.name = "sequencer",
                            .algorithm = options_.key.algorithm(),
                            .public_key = to_bytes(options_.key.public_key().raw()),
                            .weight = 0,
                            .roles = {Role::kSequencer}});
    return ledger::sign_entry(
        statement({"genesis", kGenesisLabel, std::nullopt, ledger::encode_genesis(body)}),
        options_.key);
  }

  // Whether entries other than map-heads came since the newest one.
  bool index_changed() const {
    const auto* newest = state_.map_head(state_.size());
    return newest == nullptr || newest->index + 1 < state_.size();
  }

  // Folded, so that admitting the entry doesn't compute the index again.
  Draft map_head() {
    return {"map-head", kMapLabel, std::nullopt,
            ledger::encode_map_head({state_.size(), state_.fold_index().root()})};
  }

  template <typename T>
  static Status status_of(const Result<T>& result) {
    return result ? Status{} : Status(std::unexpected(result.error()));
  }

  template <typename Start>
  static Status wait_for(Start start) {
    std::promise<Status> promise;
    auto outcome = promise.get_future();
    start(promise);
    return outcome.get();
  }

  void publish_until(const std::stop_token& stop) {
    std::unique_lock lock(wake_mutex_);
    while (!stop.stop_requested()) {
      wake_.wait_for(lock, stop, options_.map_head_interval, [] { return false; });
      if (stop.stop_requested()) return;
      // When the log is busy or stopped, the next turn tries again.
      static_cast<void>(publish_map_head());
    }
  }

  tlog::Ledger* log_;
  SequencerOptions options_;
  const Clock* clock_;
  Entropy* entropy_;
  mutable std::mutex mutex_;
  ledger::State state_;
  // Outlives this: the log may answer later.
  std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  std::jthread publisher_;  // last: it ends before what it uses
};

}  // namespace

Result<std::unique_ptr<Sequencer>> Sequencer::open(tlog::Ledger& log, SequencerOptions options,
                                                   const Clock& clock, Entropy& entropy) {
  auto made = std::make_unique<SequencerOverLog>(log, std::move(options), clock, entropy);
  ATOMA_TRY_VOID(made->begin());
  return made;
}

}  // namespace atoma::registry
