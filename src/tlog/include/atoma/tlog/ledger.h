// What services know of a log: append an entry, read, prove. The registry implements it over one
// node's disk; a replicated one can stand behind the same interface.
//
//   ledger.append(std::move(entry), [](Result<Receipt> receipt) { post(loop, …); });
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/merkle/proof.h"
#include "atoma/tlog/checkpoint.h"

namespace atoma::tlog {

// An entry's place: the checkpoint covers it and the path leads to the checkpoint's root.
struct Receipt {
  std::uint64_t index = 0;
  Hash leaf_hash{};
  SignedCheckpoint checkpoint;
  merkle::Proof inclusion;
};

// Where an entry is to stand. In a term nobody else appends: its entries follow one another and
// what was on the log when it began.
struct Place {
  std::uint64_t term = 0;
  std::uint64_t index = 0;
};

// Every call is safe from any thread. Reads see only what is durable and covered by a checkpoint.
class Ledger {
 public:
  // Called once for each append. A success comes on the log's writer thread and only after the
  // entry and a signed checkpoint that covers it are durable; the callback must be short and must
  // not wait for another append. Errors, and who calls:
  //   "ledger.entry_size"       empty or above limits::kLogEntryMax   the appending thread, at once
  //   "ledger.busy"             queue full: retry later               the appending thread, at once
  //   "ledger.stopped"          not written; the log must be reopened either
  //   "ledger.unknown_outcome"  may or may not be in the log after reopening: look before a retry
  using Done = std::function<void(Result<Receipt>)>;

  virtual ~Ledger() = default;

  virtual void append(Bytes entry, Done done) = 0;
  // At this place or not at all: for whoever decided about the entry by all that comes before it.
  // Errors: also "ledger.moved" (the term has ended, or the next entry gets another number), the
  // appending thread, at once.
  virtual void append_at(Place place, Bytes entry, Done done) = 0;
  // The term in which appends are taken now. When a term is seen here, what failed in those before
  // it has been answered. 0 where there is one term for ever, or none now.
  virtual std::uint64_t term() const = 0;
  // Entries in a row with their callbacks, each as append takes them; a log that can makes them one
  // batch.
  virtual void append_each(std::vector<Bytes> entries, std::vector<Done> done) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      append(std::move(entries[i]), std::move(done[i]));
    }
  }

  virtual SignedCheckpoint latest_checkpoint() const = 0;
  // Errors: "ledger.index", and "store.corrupt" when the disk no longer has what was written.
  virtual Result<Bytes> entry(std::uint64_t index) const = 0;
  // For any size up to the latest checkpoint's. Errors: "ledger.size", and those of
  // merkle::prove_inclusion and merkle::prove_consistency.
  virtual Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const = 0;
  virtual Result<merkle::Proof> prove_consistency(std::uint64_t old_size,
                                                  std::uint64_t new_size) const = 0;
  virtual const VerifierKey& verifier_key() const = 0;
};

}  // namespace atoma::tlog
