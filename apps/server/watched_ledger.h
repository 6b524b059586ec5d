// The ledger with a memory of its last failure, for /healthz.
#pragma once

#include <atomic>
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

  void append(Bytes entry, Done done) override {
    ledger_.append(std::move(entry), [this, done = std::move(done)](Result<tlog::Receipt> receipt) {
      if (!receipt) note(receipt.error());
      done(std::move(receipt));
    });
  }
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
  void note(const Error& error) {
    if (error.reason == "ledger.stopped") failure_ = "ledger.stopped";
    if (error.reason == "ledger.unknown_outcome") failure_ = "ledger.unknown_outcome";
  }

  tlog::Ledger& ledger_;
  std::atomic<const char*> failure_ = nullptr;
};

}  // namespace atoma::server
