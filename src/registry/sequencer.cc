#include "atoma/registry/sequencer.h"

#include <atomic>
#include <format>
#include <functional>
#include <mutex>
#include <thread>

#include "atoma/ledger/bodies.h"
#include "verified_mark.h"

namespace atoma::registry {
namespace {

using ledger::Draft;
using ledger::Role;
using ledger::State;
using ledger::Written;

const ledger::LabelName kGenesisLabel{"atoma", "genesis"};
const ledger::LabelName kMapLabel{"atoma", "map-head"};
constexpr std::size_t kNonceSize = 16;
// How soon entries that others wrote to a shared log are seen when nobody asks.
constexpr std::chrono::milliseconds kFollowInterval{50};
// Verified again after a crash, at most: some seconds.
constexpr std::uint64_t kMarkedEntries = 10'000;
// What logs of Atoma before typed entries began with.
constexpr std::string_view kJsonGenesis = R"({"v":1)";

Bytes fresh_nonce(Entropy& entropy) {
  Bytes nonce(kNonceSize);
  entropy.fill(nonce);
  return nonce;
}

// Entries on their way to the log. It may answer when the sequencer is gone.
struct Flight {
  std::atomic<std::size_t> open = 0;
  std::atomic<bool> failed = false;  // one of them may not be where the state has it

  void land(bool well) {
    if (!well) failed = true;
    --open;
  }
};

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

// An answer that a thread waits for.
class Awaited {
 public:
  explicit Awaited(runtime::Runtime& runtime) : changed_(runtime) {}

  void answer(Status status) {
    {
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
    }
    changed_.notify_all();
  }
  Status wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return status_.has_value(); });
    return *status_;
  }

 private:
  std::mutex mutex_;
  runtime::Condition changed_;
  std::optional<Status> status_;
};

Result<Submitted> as_submitted(Result<tlog::Receipt> receipt) {
  if (!receipt) return std::unexpected(std::move(receipt).error());
  return Submitted{*std::move(receipt), false};
}

std::unexpected<Error> settling() {
  return fail(Code::kUnavailable, "sequencer.settling",
              "what became of earlier entries is not known yet: ask again in a moment");
}

class SequencerOverLog final : public Sequencer {
 public:
  SequencerOverLog(tlog::Ledger& log, SequencerOptions options, const Clock& clock,
                   Entropy& entropy)
      : log_(&log),
        options_(std::move(options)),
        clock_(&clock),
        entropy_(&entropy),
        mark_(options_.files, options_.mark, options_.key) {}
  SequencerOverLog(const SequencerOverLog&) = delete;
  SequencerOverLog& operator=(const SequencerOverLog&) = delete;
  ~SequencerOverLog() override {
    {
      const std::lock_guard lock(wake_mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    background_.join();
    mark_verified(1);
  }

  Status begin() {
    const std::lock_guard lock(mutex_);
    if (log_->latest_checkpoint().checkpoint.size == 0 && !options_.shared) {
      return fail(Code::kFailedPrecondition, "sequencer.empty", "the log has no genesis entry");
    }
    term_ = log_->term();
    replay_verified_locked();
    ATOMA_TRY_VOID(follow_locked());
    if (options_.shared) settled_ = state_;
    background_ = runtime::Thread(*options_.runtime, [this] { tend(); });
    return {};
  }

  void submit(Bytes entry, Done done) override {
    std::unique_lock lock(mutex_);
    const Status ready = ready_locked();
    auto next = ready ? state_.admit(entry, clock_->now())
                      : Result<ledger::Admission>(std::unexpected(ready.error()));
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

  Result<std::optional<ledger::EntryRef>> head(const ledger::LabelName& name) override {
    const std::lock_guard lock(mutex_);
    if (options_.shared) {
      ATOMA_TRY_VOID(ready_locked());
    }
    const auto* label = state_.label(name);
    return label != nullptr ? std::optional(label->value.head) : std::nullopt;
  }
  Result<ledger::Lookup> lookup(const ledger::LabelName& name,
                                std::uint64_t map_head_below) override {
    ATOMA_TRY(const Index index, newest_index(map_head_below));
    return ledger::make_lookup(index.head, *log_, index.checkpoint, name);
  }
  Result<ledger::History> history(const ledger::LabelName& name) override {
    ATOMA_TRY(const Index index, newest_index(ledger::kNewestMapHead));
    return ledger::make_history(index.head, *log_, index.checkpoint, name);
  }
  std::uint64_t size() const override {
    const std::lock_guard lock(mutex_);
    return state_.size();
  }

  std::string_view failure() const override {
    const std::lock_guard lock(mutex_);
    return broken_ ? broken_->reason : std::string_view();
  }

  Status publish_map_head() override {
    const auto outcome = std::make_shared<Awaited>(*options_.runtime);
    {
      // Nothing may come between the index and its head.
      std::unique_lock lock(mutex_);
      ATOMA_TRY_VOID(ready_locked());
      if (!index_changed()) return {};
      write_locked(lock, map_head(), options_.key, [outcome](const Result<Written>& written) {
        outcome->answer(status_of(written));
      });
    }
    return outcome->wait();
  }

 private:
  struct Index {
    tlog::SignedCheckpoint checkpoint;
    ledger::MapHead head;
  };

  // The checkpoint first: the state then has what it covers, and perhaps more.
  Result<Index> newest_index(std::uint64_t map_head_below) {
    Index out{.checkpoint = log_->latest_checkpoint(), .head = {}};
    if (options_.published) {
      ATOMA_TRY(out.checkpoint, options_.published());
    }
    const std::lock_guard lock(mutex_);
    if (options_.shared) {
      ATOMA_TRY_VOID(ready_locked());
    }
    const tlog::Checkpoint& shown = out.checkpoint.checkpoint;
    if (state_.size() < shown.size ||
        state_.root_at(shown.size).value_or(shown.root) != shown.root) {
      return settling();
    }
    ATOMA_TRY(out.head, ledger::index_for(state_, out.checkpoint, map_head_below));
    return out;
  }

  ledger::KeyId own_id() const {
    return ledger::key_id(options_.key.algorithm(), options_.key.public_key().raw());
  }

  // That the state is that of the log and of what is on its way there.
  Status ready_locked() {
    // First: whatever failed before this term is known to have failed when it is seen.
    const std::uint64_t term = log_->term();
    if (flight_->failed) {
      if (!options_.shared) {
        return fail(Code::kUnavailable, "ledger.stopped",
                    "an append failed before: the log must be opened again");
      }
      if (flight_->open > 0) return settling();
      flight_->failed = false;
      const std::lock_guard lock(settled_mutex_);
      state_ = settled_;
    }
    // With entries of one's own on their way this is still their term, or they will fail.
    if (!options_.shared || flight_->open > 0) return {};
    term_ = term;
    return follow_locked();
  }

  // What an earlier run verified, by all other rules. Where that leads to another root, or nowhere,
  // everything is verified.
  void replay_verified_locked() {
    const VerifiedTo verified = mark_.load();
    if (verified.size > log_->latest_checkpoint().checkpoint.size) return;
    const Status replayed = follow_to(verified.size, &State::admit_again);
    if (replayed && (verified.size == 0 || state_.root() == verified.root)) return;
    state_ = State();
    broken_.reset();
  }

  // Of what is on the log now, unless that was marked lately.
  void mark_verified(std::uint64_t new_entries) {
    VerifiedTo verified;
    {
      const std::lock_guard lock(mutex_);
      const auto checkpoint = log_->latest_checkpoint().checkpoint;
      if (broken_ || checkpoint.size < mark_.size() + new_entries) return;
      // Also not what has left the state since, or is not in it yet.
      if (state_.root_at(checkpoint.size) != checkpoint.root) return;
      verified = {checkpoint.size, checkpoint.root};
    }
    mark_.save(verified);
  }

  // Everything that is on the log, by all rules.
  Status follow_locked() {
    return follow_to(log_->latest_checkpoint().checkpoint.size,
                     [](const State& state, ByteView entry) { return state.admit(entry); });
  }

  template <typename Admit>
  Status follow_to(std::uint64_t size, Admit admit) {
    if (broken_) return std::unexpected(*broken_);
    while (state_.size() < size) {
      const std::uint64_t index = state_.size();
      ATOMA_TRY(const Bytes bytes, log_->entry(index));
      auto next = std::invoke(admit, state_, bytes);
      // A duplicate on the log was written twice, which no sequencer does.
      if (!next || next->duplicate_of) {
        return broken("sequencer.rule",
                      index == 0 && as_text(bytes).starts_with(kJsonGenesis)
                          ? "this log was begun before entries had types: begin another one"
                          : std::format("entry {} breaks a rule: {}", index,
                                        next ? "it is there twice" : next.error().to_string()));
      }
      state_.apply(std::move(*next));
      if (index > 0) continue;
      const ledger::Issuer* self = state_.issuer(own_id());
      if (self == nullptr || !self->roles.contains(Role::kSequencer)) {
        return broken("sequencer.key", "the log names another sequencer: bring that one's key");
      }
    }
    return {};
  }

  // Nothing is admitted any more: this state does not lead to what the log says.
  Status broken(std::string_view reason, std::string message) {
    broken_ = Error{Code::kFailedPrecondition, reason, std::move(message)};
    return std::unexpected(*broken_);
  }

  // As append_locked, gives the lock back before anybody is answered.
  void write_locked(std::unique_lock<std::mutex>& lock, Draft draft, const cose::SigningKey& issuer,
                    WriteDone done) {
    const Status ready = ready_locked();
    auto own = ready ? state_.admit_own(statement(std::move(draft)), issuer, clock_->now())
                     : Result<ledger::OwnEntry>(std::unexpected(ready.error()));
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
    ++flight_->open;
    log_->append_at({term_, next.index}, std::move(entry),
                    [outcome, answer, flight = flight_](Result<tlog::Receipt> receipt) {
                      if (outcome->take_at_once(receipt)) return;
                      flight->land(receipt.has_value());
                      (*answer)(as_submitted(std::move(receipt)));
                    });
    outcome->in_call = false;
    auto& at_once = outcome->at_once;
    if (!at_once || *at_once) state_.apply(std::move(next));  // else nothing was queued
    if (at_once) flight_->land(true);
    lock.unlock();
    if (!at_once) return;
    // The lead was lost and won again, and others wrote in between.
    if (!*at_once && at_once->error().reason == "ledger.moved") at_once = settling();
    (*answer)(as_submitted(*std::move(at_once)));
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
    const auto* label = state_.label(draft.label);
    return {.type = std::move(draft.type),
            .label = std::move(draft.label),
            .previous = label != nullptr ? std::optional(label->value.head) : std::nullopt,
            // Never behind what the ledger's time already is by more than the rules allow.
            .time = std::max(clock_->now(), state_.time()),
            .expiry = draft.expiry,
            .nonce = fresh_nonce(*entropy_),
            .body = std::move(draft.body)};
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

  // False once it is to end.
  bool sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(wake_mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopping_; });
  }

  void tend() {
    const auto turn = options_.shared ? std::min(kFollowInterval, options_.map_head_interval)
                                      : options_.map_head_interval;
    auto next_map_head = options_.runtime->now() + options_.map_head_interval;
    while (sleep(turn)) {
      if (options_.shared) follow();
      mark_verified(kMarkedEntries);
      if (options_.runtime->now() < next_map_head) continue;
      next_map_head += options_.map_head_interval;
      // When the log is busy, stopped or led elsewhere, the next turn tries again.
      static_cast<void>(publish_map_head());
    }
  }

  // What breaks a rule is told to whoever asks next.
  void follow() {
    {
      const std::lock_guard lock(mutex_);
      if (!ready_locked()) return;
    }
    const std::uint64_t size = log_->latest_checkpoint().checkpoint.size;
    const std::lock_guard lock(settled_mutex_);
    while (settled_.size() < size) {
      const auto bytes = log_->entry(settled_.size());
      auto next = bytes ? settled_.admit_again(*bytes)
                        : Result<ledger::Admission>(std::unexpected(bytes.error()));
      if (!next) return;
      settled_.apply(*std::move(next));
    }
  }

  tlog::Ledger* log_;
  SequencerOptions options_;
  const Clock* clock_;
  Entropy* entropy_;
  mutable std::mutex mutex_;
  State state_;  // of the log and of what is on its way there
  std::uint64_t term_ = 0;
  std::optional<Error> broken_;
  VerifiedMark mark_;  // of the thread that tends, once that runs
  std::shared_ptr<Flight> flight_ = std::make_shared<Flight>();
  // Of a shared log: what was on it a moment ago, from which a failed append is undone. Taken after
  // mutex_.
  std::mutex settled_mutex_;
  State settled_;
  std::mutex wake_mutex_;
  runtime::Condition wake_{*options_.runtime};
  bool stopping_ = false;
  runtime::Thread background_;
};

}  // namespace

Result<Bytes> sign_genesis(Genesis genesis, const tlog::VerifierKey& log_key,
                           const cose::SigningKey& sequencer, Time now, Entropy& entropy) {
  ledger::GenesisBody body{.origin = std::string(log_key.name()),
                           .log_keys = {log_key.to_string()},
                           .issuers = std::move(genesis.issuers),
                           .thresholds = genesis.thresholds};
  body.issuers.push_back({.name = "sequencer",
                          .algorithm = sequencer.algorithm(),
                          .public_key = to_bytes(sequencer.public_key().raw()),
                          .weight = 0,
                          .roles = {Role::kSequencer}});
  Bytes entry = ledger::sign_entry({.type = "genesis",
                                    .label = kGenesisLabel,
                                    .previous = std::nullopt,
                                    .time = now,
                                    .expiry = std::nullopt,
                                    .nonce = fresh_nonce(entropy),
                                    .body = ledger::encode_genesis(body)},
                                   sequencer);
  ATOMA_TRY_VOID(State().admit(entry));
  return entry;
}

Result<std::unique_ptr<Sequencer>> Sequencer::open(tlog::Ledger& log, SequencerOptions options,
                                                   const Clock& clock, Entropy& entropy) {
  auto made = std::make_unique<SequencerOverLog>(log, std::move(options), clock, entropy);
  ATOMA_TRY_VOID(made->begin());
  return made;
}

}  // namespace atoma::registry
