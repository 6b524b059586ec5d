// Typed entries on a log: the sequencer lets nothing on it that breaks a rule of src/ledger, and
// puts the root of the index over all labels on it, so that lookups can be proved. What is on the
// log was admitted by the same rules when it is opened again, or it does not open.
//
//   ATOMA_TRY(auto sequencer, Sequencer::open(log, {.key = …}, clock, entropy));
//   sequencer->submit(std::move(entry), [](Result<Submitted> outcome) { … });
//   ATOMA_TRY(const ledger::Lookup proof, sequencer->lookup({"models", "llama"}));
//
// The log may be one that several replicas write in turn: then each has a sequencer of its own,
// which follows what the others wrote. An entry is appended only at the place it was decided for.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/ledger/lookup.h"
#include "atoma/ledger/writer.h"
#include "atoma/runtime/runtime.h"
#include "atoma/store/file.h"

namespace atoma::registry {

struct Genesis {
  std::vector<ledger::Issuer> issuers;  // the sequencer is added to them
  ledger::Thresholds thresholds;
};

// Entry 0 of the log with this key, signed by its sequencer. Errors: those of ledger::State::admit.
Result<Bytes> sign_genesis(Genesis genesis, const tlog::VerifierKey& log_key,
                           const cose::SigningKey& sequencer, Time now, Entropy& entropy);

struct SequencerOptions {
  // Signs map-heads.
  cose::SigningKey key;
  // How long the index may stay behind; new entries are awaited.
  std::chrono::milliseconds map_head_interval{1000};
  // Others write to this log, too; it may be empty until they do.
  bool shared = false;
  // What lookups are proved against, from any thread: where witnesses cosign, what a quorum of them
  // did. Null: the log's newest checkpoint.
  std::function<Result<tlog::SignedCheckpoint>()> published;
  runtime::Runtime* runtime = &runtime::system_runtime();  // outlives the sequencer
  // Where it is kept how far signatures were verified, signed with `key`: opening the log again
  // verifies those after it. Null: all of them.
  store::FileSystem* files = nullptr;  // outlives the sequencer
  store::Path mark;
};

struct Submitted {
  tlog::Receipt receipt;
  bool duplicate = false;  // the same statement was on the log already, at this index
};

// Every call is safe from any thread.
class Sequencer : public ledger::Writer {
 public:
  using Done = std::move_only_function<void(Result<Submitted>)>;

  // Replays the log. Errors: "sequencer.rule" (an entry on the log breaks a rule: its index and the
  // rule), "sequencer.key" (the log's sequencer has another key), "sequencer.empty" (an empty log
  // that nobody else writes), and those of `log`. `log` outlives this object and takes entries from
  // here alone, or, where it is shared, from sequencers alone.
  static Result<std::unique_ptr<Sequencer>> open(tlog::Ledger& log, SequencerOptions options,
                                                 const Clock& clock, Entropy& entropy);

  // Appends an entry that keeps the rules; answered as tlog::Ledger::append says. Errors: those of
  // ledger::State::admit and of append_at, "sequencer.pending" (the same statement is being
  // written: ask again), "sequencer.settling" (what became of earlier entries is not known yet: ask
  // again), and on a shared log those of open.
  virtual void submit(Bytes entry, Done done) = 0;
  // As ledger::Writer says. Errors: also "sequencer.settling", and on a shared log those of open.
  void write(ledger::Draft draft, const cose::SigningKey& issuer, WriteDone done) override = 0;

  // A label's newest entry, for whoever writes the next one; nothing proves it. Errors:
  // "sequencer.settling", and on a shared log those of open.
  virtual Result<std::optional<ledger::EntryRef>> head(const ledger::LabelName& name) = 0;
  // Against the checkpoint that is shown, while writers go on. Errors: those of `published`,
  // ledger::index_for, make_lookup and make_history; "sequencer.settling"; on a shared log those of
  // open.
  virtual Result<ledger::Lookup> lookup(const ledger::LabelName& name,
                                        std::uint64_t map_head_below = ledger::kNewestMapHead) = 0;
  virtual Result<ledger::History> history(const ledger::LabelName& name) = 0;
  virtual std::uint64_t size() const = 0;
  // Why nothing is taken any more, "" when that is not so: the reason of an entry on a shared log
  // that breaks a rule. It lasts until the log is opened again.
  virtual std::string_view failure() const = 0;
  // Puts the index root on the log if it has changed, as happens each map_head_interval; returns
  // when that is durable.
  virtual Status publish_map_head() = 0;
};

}  // namespace atoma::registry
