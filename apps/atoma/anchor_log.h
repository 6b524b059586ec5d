// The log that is to be anchored: of a running Atoma, or in a data directory that this process
// holds. Its head and growth are checked against the log's key whichever it is.
#pragma once

#include <memory>
#include <optional>

#include "atoma/anchor/contract.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/registry/publisher.h"
#include "atoma/registry/registry.h"
#include "atoma/registry/sequencer.h"
#include "remote_log.h"
#include "server/data_directory.h"
#include "system_clock.h"

namespace atoma::app {

struct AnchorGrowth {
  anchor::Word old_root{}, new_root{};
  merkle::Proof proof;  // from the one to the other
};

class AnchorLog {
 public:
  // Errors: those of RemoteLog::open; of a directory "file.unreadable", those of
  // tlog::VerifierKey::parse, server::DataDirectory and registry::Registry::open ("store.locked"
  // while Atoma runs on it) and load_published.
  static RemoteResult<AnchorLog> open_remote(const std::string& server, const std::string& log_key);
  static RemoteResult<AnchorLog> open_directory(const std::string& data);

  const tlog::VerifierKey& key() const { return *key_; }
  const std::string& origin() const { return key_->name(); }
  std::uint64_t size() const { return size_; }
  // What the log shows: where it has witnesses, the newest that they cosigned.
  const anchor::Head& head() const { return head_; }
  const std::string& note() const { return note_; }
  // Sizes from 1 to the head's. Errors: those of RemoteLog::grown and tlog::Ledger.
  RemoteResult<AnchorGrowth> grown(std::uint64_t from, std::uint64_t to) const;
  // Where this process holds the log, puts the statement on it, as its broker, and gives its place;
  // else nothing happens. Errors: those of registry::Sequencer::open and write.
  Result<std::optional<std::uint64_t>> put(ledger::Draft draft);

 private:
  AnchorLog() = default;

  Result<merkle::Hash> root_at(std::uint64_t size) const;
  void show(const tlog::SignedCheckpoint& checkpoint);

  std::optional<tlog::VerifierKey> key_;
  anchor::Head head_;
  std::uint64_t size_ = 0;
  std::string note_;
  std::optional<RemoteLog> remote_;
  std::unique_ptr<SystemClock> clock_;
  std::unique_ptr<crypto::SystemEntropy> entropy_;
  std::optional<server::DataDirectory> data_;
  std::unique_ptr<registry::Registry> registry_;
};

}  // namespace atoma::app
