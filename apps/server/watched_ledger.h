// The ledger with a memory of its last failure, for /healthz.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include "atoma/tlog/ledger.h"

namespace atoma::server {

class WatchedLedger final : public tlog::Ledger {
 public:
  explicit WatchedLedger(tlog::Ledger& ledger) : ledger_(ledger) {}

  // The reason of the last append that failed for the log's sake, "" when none did: those errors
  // last until the log is opened again.
  std::string_view failure() const {
    const char* reason = failure_.load();
    return reason == nullptr ? std::string_view() : std::string_view(reason);
  }

  bool halted() const { return failure() == "ledger.halted"; }
  // From now on nothing is appended: "ledger.halted".
  void halt() { failure_ = "ledger.halted"; }
  // Called after each commit, on the log's writer thread. Before the first append.
  void on_commit(std::function<void()> told) { committed_ = std::move(told); }

  void append(Bytes entry, Done done) override {
    if (halted()) return done(halt_error());
    ledger_.append(std::move(entry), watched(std::move(done)));
  }
  void append_at(tlog::Place place, Bytes entry, Done done) override {
    if (halted()) return done(halt_error());
    ledger_.append_at(place, std::move(entry), watched(std::move(done)));
  }
  std::uint64_t term() const override { return ledger_.term(); }
  tlog::SignedCheckpoint latest_checkpoint() const override { return ledger_.latest_checkpoint(); }
  Result<Bytes> entry(std::uint64_t index) const override { return ledger_.entry(index); }
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const override {
    return ledger_.prove_inclusion(index, size);
  }
  Result<merkle::Proof> prove_consistency(std::uint64_t old_size,
                                          std::uint64_t new_size) const override {
    return ledger_.prove_consistency(old_size, new_size);
  }
  const tlog::VerifierKey& verifier_key() const override { return ledger_.verifier_key(); }

 private:
  static std::unexpected<Error> halt_error() {
    return fail(Code::kUnavailable, "ledger.halted",
                "a witness has seen another history of this log; GET /healthz says more");
  }
  Done watched(Done done) {
    return [this, done = std::move(done)](Result<tlog::Receipt> receipt) {
      if (!receipt) note(receipt.error());
      if (receipt && committed_) committed_();
      done(std::move(receipt));
    };
  }
  void note(const Error& error) {
    const char* failed = error.reason == "ledger.stopped"           ? "ledger.stopped"
                         : error.reason == "ledger.unknown_outcome" ? "ledger.unknown_outcome"
                                                                    : nullptr;
    const char* none = failure_.load();
    // A halt stays one.
    if (failed != nullptr && (none == nullptr || std::string_view(none) != "ledger.halted")) {
      failure_.compare_exchange_strong(none, failed);
    }
  }

  tlog::Ledger& ledger_;
  std::function<void()> committed_;
  std::atomic<const char*> failure_ = nullptr;
};

}  // namespace atoma::server
