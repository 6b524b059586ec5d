// Typed entries on a log: the sequencer lets nothing on it that breaks a rule of src/ledger, and
// puts the root of the index over all labels on it, so that lookups can be proved. What is on the
// log was admitted by the same rules when it is opened again, or it does not open.
//
//   ATOMA_TRY(auto sequencer, Sequencer::open(log, {.key = …, .genesis = …}, clock, entropy));
//   sequencer->submit(std::move(entry), [](Result<Submitted> outcome) { … });
//   ATOMA_TRY(const ledger::Lookup proof, sequencer->lookup({"models", "llama"}));
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/ledger/lookup.h"

namespace atoma::registry {

struct Genesis {
  std::vector<ledger::Issuer> issuers;  // the sequencer is added to them
  ledger::Thresholds thresholds;
};

struct SequencerOptions {
  // Signs the genesis and map-heads.
  cose::SigningKey key;
  Genesis genesis;  // for a log without entries
  // How long the index may stay behind; new entries are awaited.
  std::chrono::milliseconds map_head_interval{1000};
};

struct Submitted {
  tlog::Receipt receipt;
  bool duplicate = false;  // the same statement was on the log already, at this index
};

// What an issuer whose key this process holds has to say; the sequencer fills in the rest.
struct Draft {
  std::string type;
  ledger::LabelName label;
  std::optional<Time> expiry;
  Bytes body;
};

struct Written {
  tlog::Receipt receipt;
  Bytes entry;
};

// Every call is safe from any thread.
class Sequencer {
 public:
  using Done = std::move_only_function<void(Result<Submitted>)>;
  using WriteDone = std::move_only_function<void(Result<Written>)>;

  // Replays the log. Errors: "sequencer.rule" (an entry on the log breaks a rule: its index and the
  // rule), "sequencer.key" (the log's sequencer has another key), and those of `log`.
  // `log` is this object's alone while it lives.
  static Result<std::unique_ptr<Sequencer>> open(tlog::Ledger& log, SequencerOptions options,
                                                 const Clock& clock, Entropy& entropy);
  virtual ~Sequencer() = default;

  // Appends an entry that keeps the rules; answered as tlog::Ledger::append says. Errors: those of
  // ledger::State::admit and of append, "sequencer.pending" (the same statement is being written:
  // ask again), "sequencer.stopped" (an append failed: the log must be reopened).
  virtual void submit(Bytes entry, Done done) = 0;

  // Appends a statement of one's own: dated now, as the next one of its label, under a fresh nonce,
  // signed, with no need to verify the signature again. A draft out of the bounds of an entry stops
  // the process. Errors: those of ledger::State::admit_own and of append, and "sequencer.stopped".
  virtual void write(Draft draft, const cose::SigningKey& issuer, WriteDone done) = 0;

  // A label's newest entry, for whoever writes the next one; nothing proves it.
  virtual std::optional<ledger::EntryRef> head(const ledger::LabelName& name) const = 0;
  // Against the log's newest checkpoint, while writers go on. Errors: those of ledger::index_for,
  // make_lookup and make_history.
  virtual Result<ledger::Lookup> lookup(
      const ledger::LabelName& name,
      std::uint64_t map_head_below = ledger::kNewestMapHead) const = 0;
  virtual Result<ledger::History> history(const ledger::LabelName& name) const = 0;
  virtual std::uint64_t size() const = 0;
  // Puts the index root on the log if it has changed, as happens each map_head_interval; returns
  // when that is durable.
  virtual Status publish_map_head() = 0;
};

}  // namespace atoma::registry
