// What must hold at every step, known from outside of the production code: the oracle sees each
// transaction of etcd, each cosignature, each tree that a node or a publisher shows and each answer
// that a writer gets, and keeps the histories that these must agree with.
//
// There is one history, unless etcd is put back to a snapshot: then another one branches off, and
// everybody may go on in the one that he has signed in, but nobody in two.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "atoma/ledger/state.h"
#include "atoma/merkle/frontier.h"
#include "atoma/replica/guard.h"
#include "atoma/replica/queue.h"
#include "atoma/tlog/ledger.h"

namespace atoma::sim {

using replica::Tree;

// The entries of a log, and its root at each size.
struct History {
  std::vector<std::string> entries;
  std::vector<merkle::Hash> roots{merkle::empty_root()};
  merkle::Frontier frontier;
  // Of typed entries: what they add up to by the rules.
  std::optional<ledger::State> ledger;

  // Errors: the rule that the entry breaks, or "twice"; it is in the history all the same.
  Status append(std::string entry);
  bool has(const Tree& tree) const;
};

struct Acknowledged {
  std::uint64_t index = 0;
  std::string entry;
  std::string node;
};

class Oracle {
 public:
  // The first thing that did not hold; "" while all does.
  const std::string& violation() const { return violation_; }
  void violate(std::string what);

  // Before anything else: the log is one of typed entries, and this is its first.
  void begins(std::string genesis);
  // etcd is about to move the head with a batch. `leads` is the term that has the lead there.
  void commits(const std::optional<replica::Head>& before, std::uint64_t leads,
               const replica::Batch& batch, const replica::Head& head);
  // Batches below are about to be deleted.
  void trims(std::uint64_t below, std::size_t quorum);
  // etcd goes back to this many entries of the present history.
  void goes_back(std::uint64_t size);

  // Shown by a node's log; it is durable and signed.
  void shows(const std::string& node, const Tree& tree);
  // The node's log was taken away, or replaced by an older copy of it.
  void loses_log(const std::string& node);
  // What a node's log has, now that it was opened, and what its signer remembers.
  void opens(const std::string& node, const Tree& tree);
  void remembers(const std::string& node, const Tree& tree);

  void acknowledges(const std::string& node, const std::string& entry,
                    const tlog::Receipt& receipt);
  void refuses(const std::string& node, const std::string& entry);

  void cosigns(const std::string& witness, const Tree& tree);
  // By a node's publisher, whose policy wants this many witnesses. True when it is new.
  bool publishes(const std::string& node, const Tree& tree, std::size_t quorum);
  // What a reader gets.
  void reads(const std::string& node, std::uint64_t index, const Result<Bytes>& entry);

  const History& now() const { return histories_.back(); }
  bool branched() const { return histories_.size() > 1; }
  const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
  std::uint64_t shown(const std::string& node) const;

 private:
  // Whether one history has both.
  bool together(const Tree& a, const Tree& b) const;
  void check_signer(std::map<std::string, Tree>& largest, const std::string& who, const Tree& tree);

  std::string violation_;
  std::vector<History> histories_{1};
  std::set<std::string> refused_;
  std::vector<Acknowledged> acknowledged_;
  std::map<std::string, std::uint64_t> acknowledged_by_;  // sizes, by node
  std::map<std::string, Tree> shown_;                     // the newest
  std::map<std::string, Tree> signed_;                    // the largest, by node
  std::map<std::string, Tree> cosigned_;                  // the largest, by witness
  std::map<std::pair<std::uint64_t, merkle::Hash>, std::set<std::string>> cosigners_;
  std::map<std::string, Tree> published_;  // the newest, by node
  std::optional<Tree> published_anywhere_;
};

}  // namespace atoma::sim
