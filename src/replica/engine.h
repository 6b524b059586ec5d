// The threads of a replicated ledger. Private.
//
//   follow   applies: what the leader here hands over, else what the queue has
//   lead     campaigns; while it leads, batches what was appended and commits it
//   tend     keeps the lease, reports what was applied, trims
#pragma once

#include <deque>
#include <mutex>

#include "atoma/replica/ledger.h"
#include "atoma/replica/settle.h"

namespace atoma::replica {

class ReplicatedLedger::Impl {
 public:
  Impl(CommitQueue& queue, Applier applier, ReplicaOptions options);

  Status check_start(bool found);
  void run();
  void close();
  void announce(std::string url);
  Standing standing() const;
  void on_growth(std::function<void()> told);
  void append(std::optional<tlog::Place> at, Bytes entry, Done done);
  std::uint64_t term() const;

 private:
  struct Pending {
    Bytes entry;
    Done done;
  };
  // A committed batch on its way to the local log.
  struct Handed {
    Batch batch;
    std::vector<Done> done;
  };
  struct Taken {
    std::vector<Bytes> entries;
    std::vector<Done> done;
  };

  void follow_loop();
  bool follow_once(std::uint64_t from);
  Status apply_view(View view);
  void applied(const Status& status);

  void lead_loop();
  bool may_campaign() const;
  std::optional<Head> take_over(std::uint64_t term);
  void lead(std::uint64_t term, Head head);
  std::optional<Taken> next_batch();
  bool commit(Taken taken, Head& head, merkle::Frontier& frontier, std::uint64_t term);
  void step_down();
  bool pause_settling(runtime::Moment give_up);

  void tend_loop();
  void tend_lead(std::uint64_t committed);
  void tend_once(bool leads, std::uint64_t boundary);

  void stop_locked(const Error& error);
  bool sleep(std::chrono::milliseconds time);

  CommitQueue& queue_;
  const ReplicaOptions options_;
  Applier applier_;  // owned by the follow thread after run()
  runtime::Thread follow_, lead_, tend_;
  std::mutex told_mutex_;  // held while it is called
  std::function<void()> told_;

  mutable std::mutex mutex_;
  runtime::Condition changed_{*options_.runtime};
  // All below under the lock.
  bool closing_ = false;
  bool lead_ended_ = false;
  std::string url_;                    // "" until announced
  std::optional<std::uint64_t> term_;  // set while this node leads and may commit
  bool lease_lost_ = false;
  std::optional<Head> head_;
  std::optional<Leader> leader_;
  merkle::Frontier frontier_;   // of what is applied
  std::uint64_t boundary_ = 0;  // applied to the end of a batch; 0: not known yet
  bool proven_ = false;
  std::optional<Error> failure_;
  std::string trouble_;  // the last error that passes by itself
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::uint64_t next_index_ = 0;  // behind all that is pending; of the leader
  std::deque<Handed> handed_;
  struct Held {
    std::uint64_t end = 0;
    std::size_t bytes = 0;
  };
  std::deque<Held> window_;
  std::size_t window_bytes_ = 0;
};

}  // namespace atoma::replica
