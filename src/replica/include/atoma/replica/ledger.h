// A ledger that several nodes keep together: whoever leads puts batches on the commit queue, and
// every node applies them in order to its own embedded log. Entries are acknowledged when the queue
// has them durably and this node's own log has them, signed.
//
//   ATOMA_TRY(auto ledger, ReplicatedLedger::start(queue, local, std::move(applier), options));
//   ledger->announce("http://10.0.0.1:8470");   // from now on it may lead
//
// Reads go to the local log: any node, any time; what a follower shows is committed, and may be a
// moment old. Appends of a node that does not lead are refused with "ledger.not_leader", beside the
// errors of tlog::Ledger; nothing was written then. Here "ledger.unknown_outcome" does not stop the
// ledger; what does is said by standing().failure and lasts until a restart:
//   "replica.queue_behind" "replica.fork" "replica.root" "replica.store" "queue.corrupt"
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "atoma/replica/applier.h"
#include "atoma/replica/queue.h"
#include "atoma/tlog/ledger.h"

namespace atoma::replica {

struct ReplicaOptions {
  std::string node;       // its name: printable, at most kNodeNameMax, no other node has it
  std::size_t nodes = 1;  // how many there are; a quorum is more than half of them
  std::chrono::milliseconds poll{20};   // a follower asks for more
  std::chrono::milliseconds tend{400};  // lease, reports, trimming: well below the lease's time
  std::chrono::milliseconds settle{20'000};  // an outcome may stay unknown for so long
  std::size_t batch_entries_max = kBatchEntriesMax;
  std::size_t queue_entries_max = 16 * 1024;
  std::size_t queue_bytes_max = 64 * 1024 * 1024;
  // Of committed batches that no quorum has applied yet. etcd's own quota is 2 GiB.
  std::size_t window_bytes_max = 512 * 1024 * 1024;
  runtime::Runtime* runtime = &runtime::system_runtime();  // outlives the ledger
};

struct Standing {
  bool leads = false;
  std::optional<Leader> leader;  // as last seen
  std::uint64_t applied = 0;
  std::uint64_t head = 0;    // as last seen
  bool caught_up = false;    // nothing was signed or seen beyond what is proven
  std::string_view failure;  // stable id, "" when there is none
  std::string why;
};

class ReplicatedLedger final : public tlog::Ledger {
 public:
  // Queue and local log outlive it. With `found` the local log begins the replicated one, which
  // must not exist. Errors: "replica.options", "replica.not_founded" (the queue has no head: an
  // emptied etcd looks like that, too), "replica.founded", those of CommitQueue::view and
  // Applier::check_against.
  static Result<std::unique_ptr<ReplicatedLedger>> start(CommitQueue& queue, tlog::Ledger& local,
                                                         Applier applier, ReplicaOptions options,
                                                         bool found);
  ~ReplicatedLedger() override;

  // Where others reach this node's HTTP edge. From now on it may lead.
  void announce(std::string url);
  Standing standing() const;
  // Called from now on whenever this node's log has grown, whoever led; on the ledger's thread,
  // shortly. Once this returns, what was given before is not called any more.
  void on_growth(std::function<void()> told);
  // Commits what is queued if it leads and the window has room, answers it, gives back the lead.
  void close();

  void append(Bytes entry, Done done) override;
  void append_at(tlog::Place place, Bytes entry, Done done) override;
  std::uint64_t term() const override;
  tlog::SignedCheckpoint latest_checkpoint() const override;
  Result<Bytes> entry(std::uint64_t index) const override;
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const override;
  Result<merkle::Proof> prove_consistency(std::uint64_t old_size,
                                          std::uint64_t new_size) const override;
  const tlog::VerifierKey& verifier_key() const override;

 private:
  class Impl;
  ReplicatedLedger(std::unique_ptr<Impl> impl, tlog::Ledger& local);
  std::unique_ptr<Impl> impl_;
  tlog::Ledger& local_;
};

}  // namespace atoma::replica
