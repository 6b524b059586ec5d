// One replica's copy of the log: takes committed batches in order, computes each root itself, and
// only then lets the local log write and sign. One thread uses it.
//
// It refuses to begin, or goes no further, when anything that was signed here or seen elsewhere is
// not contained in the queue's log: that is how a queue that was put back is noticed.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "atoma/merkle/frontier.h"
#include "atoma/replica/guard.h"
#include "atoma/replica/peer.h"
#include "atoma/replica/queue.h"
#include "atoma/runtime/runtime.h"
#include "atoma/tlog/ledger.h"

namespace atoma::replica {

// Who saw a tree: "the local log", "the signer's memory", "a known checkpoint".
struct Seen {
  std::string who;
  Tree tree;
};

class Applier {
 public:
  using Done = tlog::Ledger::Done;

  // `local` outlives the applier, and nobody else appends to it. Errors: "replica.fork" (the local
  // log and what was signed or seen are two histories), "store.corrupt", those of Guard::advance.
  static Result<Applier> open(tlog::Ledger& local, Guard guard,
                              std::vector<std::unique_ptr<Peer>> peers,
                              const std::vector<tlog::Checkpoint>& known,
                              runtime::Runtime& runtime = runtime::system_runtime());

  const merkle::Frontier& frontier() const { return frontier_; }
  // False while something was signed or seen beyond the local log. Then nothing is applied that
  // prove_by() or catch_up() has not shown to lead there, for each view of the queue anew: one that
  // was put back in between says something else.
  bool proven() const { return ahead_.empty(); }

  // Errors: "replica.queue_behind" when somebody has seen more than the queue's head has,
  // "replica.fork".
  Status check_against(const Head& head) const;
  // Batches that follow the local log may hold all that was signed or seen beyond it: a crash after
  // the signer's memory was written and before the log was leaves it so. True if they do: then
  // they may be applied. Errors: "replica.fork".
  Result<bool> prove_by(std::span<const Batch> batches);
  // The batch that holds entry frontier().size(). `done` is empty, or has one for each entry; all
  // are called, with the local log's receipt or an unknown outcome. Errors: "replica.root" (the
  // batch's root is not that of its entries), "replica.store" (the local log failed).
  Status apply(Batch batch, std::vector<Done> done);
  // From peers up to the head. Errors: "replica.no_peer" (none could help now), "replica.store".
  Status catch_up(const Head& head);

 private:
  Applier(tlog::Ledger& local, Guard guard, std::vector<std::unique_ptr<Peer>> peers,
          runtime::Runtime& runtime)
      : local_(&local), guard_(std::move(guard)), peers_(std::move(peers)), runtime_(&runtime) {}

  bool follows(const Batch& batch) const;
  Status check_contained(const Seen& seen) const;
  Status prove_ahead(const Head& head) const;
  Status fetch_page(Peer& peer, const Head& head);
  Status store(std::vector<Bytes> entries, std::vector<Done> done, merkle::Frontier next);

  tlog::Ledger* local_;
  Guard guard_;
  std::vector<std::unique_ptr<Peer>> peers_;
  runtime::Runtime* runtime_;
  merkle::Frontier frontier_;
  std::vector<Seen> ahead_;      // of the local log
  std::uint64_t proven_to_ = 0;  // batches to here lead to all that
};

}  // namespace atoma::replica
