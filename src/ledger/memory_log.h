// For tests: a log in memory. It answers at once, or holds entries until it is told what becomes of
// them, as a log whose lead may be lost; it can be told to fail, and how much of it is shown.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "atoma/merkle/frontier.h"
#include "atoma/merkle/tree.h"
#include "atoma/tlog/ledger.h"

namespace atoma::ledger {

class MemoryLog final : public tlog::Ledger {
 public:
  MemoryLog() = default;
  explicit MemoryLog(const std::vector<Bytes>& entries) {
    for (const Bytes& entry : entries) put(entry);
  }

  struct Held {
    Bytes entry;
    Done done;
  };

  void append(Bytes entry, Done done) override {
    append_at({term(), next()}, std::move(entry), std::move(done));
  }
  void append_at(tlog::Place place, Bytes entry, Done done) override {
    std::unique_lock lock(mutex_);
    if (!refusal.empty()) {
      lock.unlock();
      return done(std::unexpected(Error{Code::kUnavailable, refusal, "as the test wants it"}));
    }
    if (place.term != term_ || place.index != entries_.size() + held_.size()) {
      lock.unlock();
      return done(fail(Code::kAborted, "ledger.moved", "another place"));
    }
    held_.push_back({std::move(entry), std::move(done)});
    lock.unlock();
    if (!hold) land();
  }
  // What is held is on the log now.
  void land() {
    for (auto& [entry, done] : take_held()) {
      const std::uint64_t index = put(entry);
      done(tlog::Receipt{index, merkle::leaf_hash(entry), latest_checkpoint(),
                         *prove_inclusion(index, index + 1)});
    }
  }
  // What is held is not on the log; `others` wrote meanwhile, and another term has begun.
  void lose(const std::vector<Bytes>& others = {}) {
    for (const auto& [entry, done] : overtake(others)) {
      done(fail(Code::kUnavailable, "ledger.not_leader", "the lead was lost"));
    }
  }
  // The same; whoever appended what was held is not told yet.
  std::vector<Held> overtake(const std::vector<Bytes>& others) {
    auto held = take_held();
    for (const Bytes& entry : others) put(entry);
    const std::lock_guard lock(mutex_);
    ++term_;
    return held;
  }
  std::uint64_t term() const override {
    const std::lock_guard lock(mutex_);
    return term_;
  }

  tlog::SignedCheckpoint latest_checkpoint() const override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t size = shown.value_or(entries_.size());
    return tlog::sign_checkpoint({std::string(kOrigin), size, *merkle::root_at(tree_, size)},
                                 signer_);
  }
  Result<Bytes> entry(std::uint64_t index) const override {
    const std::lock_guard lock(mutex_);
    return entries_.at(index);
  }
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const override {
    const std::lock_guard lock(mutex_);
    return merkle::prove_inclusion(tree_, index, size);
  }
  Result<merkle::Proof> prove_consistency(std::uint64_t a, std::uint64_t b) const override {
    const std::lock_guard lock(mutex_);
    return merkle::prove_consistency(tree_, a, b);
  }
  const tlog::VerifierKey& verifier_key() const override { return signer_.verifier_key(); }
  std::vector<Bytes> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }

  std::string_view refusal;            // reason with which each append fails at once
  bool hold = false;                   // until land() or lose()
  std::optional<std::uint64_t> shown;  // the size of its checkpoints; else that of all entries

 private:
  static constexpr std::string_view kOrigin = "example.org/log";

  std::uint64_t next() const {
    const std::lock_guard lock(mutex_);
    return entries_.size() + held_.size();
  }
  std::vector<Held> take_held() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
  }
  std::uint64_t put(const Bytes& entry) {
    const std::lock_guard lock(mutex_);
    tree_.append(merkle::leaf_hash(entry));
    entries_.push_back(entry);
    return entries_.size() - 1;
  }

  mutable std::mutex mutex_;
  std::vector<Bytes> entries_;
  std::vector<Held> held_;
  std::uint64_t term_ = 1;
  merkle::MemoryTree tree_;
  tlog::NoteSigner signer_ = *tlog::NoteSigner::create(
      std::string(kOrigin),
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{1})));
};

}  // namespace atoma::ledger
