#include "atoma/replica/applier.h"

#include <format>
#include <mutex>
#include <optional>

namespace atoma::replica {
namespace {

using tlog::Receipt;

std::unexpected<Error> fork(const std::string& who, std::uint64_t size) {
  return fail(Code::kDataLoss, "replica.fork",
              std::format("{} and the replicated log are two histories at size {}: sign nothing, "
                          "keep all copies, and find out who wrote the other one",
                          who, size));
}

std::unexpected<Error> unknown(const Error& why) {
  return fail(
      Code::kUnknown, "ledger.unknown_outcome",
      "the entry is committed, but this replica could not write it down: " + why.to_string());
}

// Counts answers of the local log, which come on its own thread.
class Answers {
 public:
  Answers(std::size_t expected, runtime::Runtime& runtime) : all_(runtime), left_(expected) {}
  void take(const Result<Receipt>& receipt) {
    const std::lock_guard guard(mutex_);
    if (!receipt && !error_) error_ = receipt.error();
    if (--left_ == 0) all_.notify_all();
  }
  Status wait() {
    std::unique_lock guard(mutex_);
    all_.wait(guard, [this] { return left_ == 0; });
    if (!error_) return {};
    return fail(Code::kInternal, "replica.store", error_->to_string());
  }

 private:
  std::mutex mutex_;
  runtime::Condition all_;
  std::size_t left_;
  std::optional<Error> error_;
};

Result<merkle::Frontier> frontier_of(const tlog::Ledger& log, const tlog::Checkpoint& newest) {
  if (newest.size == 0) return merkle::Frontier();
  ATOMA_TRY(const Bytes last, log.entry(newest.size - 1));
  ATOMA_TRY(const auto path, log.prove_inclusion(newest.size - 1, newest.size));
  ATOMA_TRY(auto out, merkle::Frontier::from_last_leaf(newest.size, merkle::leaf_hash(last), path));
  if (out.root() == newest.root) return out;
  return fail(Code::kDataLoss, "store.corrupt", "the local log's edge has not its root");
}

}  // namespace

Result<Applier> Applier::open(tlog::Ledger& local, Guard guard,
                              std::vector<std::unique_ptr<Peer>> peers,
                              const std::vector<tlog::Checkpoint>& known,
                              runtime::Runtime& runtime) {
  const tlog::Checkpoint newest = local.latest_checkpoint().checkpoint;
  Applier out(local, std::move(guard), std::move(peers), runtime);
  ATOMA_TRY(out.frontier_, frontier_of(local, newest));
  std::vector<Seen> seen{{"the signer's memory", out.guard_.last()}};
  for (const auto& checkpoint : known) {
    seen.push_back({"a known checkpoint", {checkpoint.size, checkpoint.root}});
  }
  for (Seen& one : seen) {
    ATOMA_TRY_VOID(out.check_contained(one));
    if (one.tree.size > newest.size) out.ahead_.push_back(std::move(one));
  }
  if (out.guard_.last().size < newest.size) {
    ATOMA_TRY_VOID(out.guard_.advance({newest.size, newest.root}));
  }
  return out;
}

// What is not larger than the local log must be a part of it.
Status Applier::check_contained(const Seen& seen) const {
  const std::uint64_t size = frontier_.size();
  if (seen.tree.size == 0 || seen.tree.size > size) return {};
  ATOMA_TRY(const auto proof, local_->prove_consistency(seen.tree.size, size));
  if (merkle::verify_consistency(seen.tree.size, size, proof, seen.tree.root, frontier_.root())) {
    return {};
  }
  return fork(seen.who, seen.tree.size);
}

Status Applier::check_against(const Head& head) const {
  std::vector<Seen> seen = ahead_;
  seen.push_back({"the local log", {frontier_.size(), frontier_.root()}});
  for (const Seen& one : seen) {
    if (one.tree.size > head.size) {
      return fail(Code::kDataLoss, "replica.queue_behind",
                  std::format("{} has {} entries, the commit queue only {}: etcd was put back to "
                              "an earlier state, and acknowledged entries are not in it",
                              one.who, one.tree.size, head.size));
    }
    if (one.tree.size == head.size && one.tree.root != head.root) {
      return fork(one.who, one.tree.size);
    }
  }
  return {};
}

Result<bool> Applier::prove_by(std::span<const Batch> batches) {
  proven_to_ = 0;
  merkle::Frontier tree = frontier_;
  std::size_t found = 0;
  for (const Batch& batch : batches) {
    if (batch.first_index > tree.size()) break;
    while (tree.size() < batch.end()) {
      const auto at = static_cast<std::size_t>(tree.size() - batch.first_index);
      tree.append(merkle::leaf_hash(batch.entries[at]));
      for (const Seen& one : ahead_) {
        if (one.tree.size != tree.size()) continue;
        if (one.tree.root != tree.root()) return fork(one.who, one.tree.size);
        ++found;
      }
    }
  }
  if (found < ahead_.size()) return false;
  proven_to_ = tree.size();
  return true;
}

bool Applier::follows(const Batch& batch) const {
  const std::uint64_t size = frontier_.size();
  const bool proven = ahead_.empty() || batch.end() <= proven_to_;
  return proven && batch.first_index <= size && batch.end() > size;
}

Status Applier::apply(Batch batch, std::vector<Done> done) {
  const std::uint64_t size = frontier_.size();
  merkle::Frontier next = frontier_;
  Status good;
  if (!follows(batch) || (!done.empty() && batch.first_index != size)) {
    good = fail(Code::kInternal, "replica.root",
                std::format("entries {} to {} do not follow a log of {}", batch.first_index,
                            batch.end() - 1, size));
  } else {
    // A crash may have left the first part of a batch here.
    batch.entries.erase(
        batch.entries.begin(),
        batch.entries.begin() + static_cast<std::ptrdiff_t>(size - batch.first_index));
    for (const Bytes& entry : batch.entries) next.append(merkle::leaf_hash(entry));
    if (next.root() != batch.root) {
      good = fail(Code::kDataLoss, "replica.root",
                  std::format("the batch that ends at {} has not the root that it was committed "
                              "with",
                              next.size()));
    }
  }
  if (good) return store(std::move(batch.entries), std::move(done), std::move(next));
  for (const Done& one : done) one(unknown(good.error()));
  return good;
}

// The guard first: nothing of this size is signed before the guard knows. `next` is proven to hold
// what was signed before.
Status Applier::store(std::vector<Bytes> entries, std::vector<Done> done, merkle::Frontier next) {
  Status guarded;
  if (next.size() > guard_.last().size) guarded = guard_.advance({next.size(), next.root()});
  if (!guarded) {
    for (const Done& one : done) one(unknown(guarded.error()));
    return fail(Code::kInternal, "replica.store", guarded.error().to_string());
  }
  Answers answers(entries.size(), *runtime_);
  std::vector<Done> told(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Done one = done.empty() ? Done() : std::move(done[i]);
    told[i] = [&answers, one = std::move(one)](Result<Receipt> receipt) {
      // The local log's word that it wrote nothing would mislead: the queue has the entry.
      if (one) one(receipt ? std::move(receipt) : Result<Receipt>(unknown(receipt.error())));
      answers.take(receipt);
    };
  }
  local_->append_each(std::move(entries), std::move(told));
  ATOMA_TRY_VOID(answers.wait());
  frontier_ = std::move(next);
  std::erase_if(ahead_, [this](const Seen& one) { return one.tree.size <= frontier_.size(); });
  const auto newest = local_->latest_checkpoint().checkpoint;
  if (newest.size == frontier_.size() && newest.root == frontier_.root()) return {};
  return fail(Code::kInternal, "replica.store", "the local log is not what was appended to it");
}

// All that was signed or seen here must be contained in what the queue now says.
Status Applier::prove_ahead(const Head& head) const {
  for (const Seen& one : ahead_) {
    bool good = one.tree.size == head.size && one.tree.root == head.root;
    for (std::size_t i = 0; !good && i < peers_.size(); ++i) {
      const auto proof = peers_[i]->consistency(one.tree.size, head.size);
      good = proof &&
             merkle::verify_consistency(one.tree.size, head.size, *proof, one.tree.root, head.root);
    }
    if (good) continue;
    return fail(Code::kUnavailable, "replica.no_peer",
                std::format("no peer proves that the replicated log contains {} at size {}",
                            one.who, one.tree.size));
  }
  return {};
}

Status Applier::catch_up(const Head& head) {
  ATOMA_TRY_VOID(check_against(head));
  ATOMA_TRY_VOID(prove_ahead(head));
  while (frontier_.size() < head.size) {
    Status got = fail(Code::kUnavailable, "replica.no_peer", "there are no peers");
    for (std::size_t i = 0; !got && i < peers_.size(); ++i) {
      got = fetch_page(*peers_[i], head);
      if (!got && got.error().reason == "replica.store") return got;
    }
    if (!got) return fail(Code::kUnavailable, "replica.no_peer", got.error().to_string());
  }
  return {};
}

// A page is believed when the tree that ends with it leads to the head's root.
Status Applier::fetch_page(Peer& peer, const Head& head) {
  ATOMA_TRY(auto entries, peer.entries(frontier_.size()));
  const std::uint64_t left = head.size - frontier_.size();
  if (entries.size() > left) entries.resize(static_cast<std::size_t>(left));
  merkle::Frontier next = frontier_;
  for (const Bytes& entry : entries) next.append(merkle::leaf_hash(entry));
  merkle::Proof proof;
  if (next.size() < head.size) {
    ATOMA_TRY(proof, peer.consistency(next.size(), head.size));
  }
  ATOMA_TRY_VOID(merkle::verify_consistency(next.size(), head.size, proof, next.root(), head.root));
  return store(std::move(entries), {}, std::move(next));
}

}  // namespace atoma::replica
