// The log that is to be anchored: of a running Atoma, or in a data directory that this process
// holds. Its head and growth are checked against the log's key whichever it is.
#pragma once

#include <memory>
#include <optional>

#include "atoma/anchor/contract.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/registry/registry.h"
#include "atoma/registry/sequencer.h"
#include "remote_log.h"
#include "server/data_directory.h"
#include "system_clock.h"

namespace atoma::app {

struct AnchorGrowth {
  anchor::Word old_root{};
  merkle::Proof proof;  // from there to the head
};

class AnchorLog {
 public:
  // Errors: those of RemoteLog::open; of a directory "file.unreadable", those of
  // tlog::VerifierKey::parse, server::DataDirectory and registry::Registry::open ("store.locked"
  // while Atoma runs on it).
  static RemoteResult<AnchorLog> open_remote(const std::string& server, const std::string& log_key);
  static RemoteResult<AnchorLog> open_directory(const std::string& data);

  const std::string& origin() const { return origin_; }
  const anchor::Head& head() const { return head_; }
  // From 1 to the head's size. Errors: those of RemoteLog::grown and tlog::Ledger.
  RemoteResult<AnchorGrowth> grown_from(std::uint64_t size) const;
  // Where this process holds the log, puts the statement on it, as its broker, and gives its place;
  // else nothing happens. Errors: those of registry::Sequencer::open and write.
  Result<std::optional<std::uint64_t>> put(ledger::Draft draft);

 private:
  AnchorLog() = default;

  std::string origin_;
  anchor::Head head_;
  std::optional<RemoteLog> remote_;
  std::unique_ptr<SystemClock> clock_;
  std::unique_ptr<crypto::SystemEntropy> entropy_;
  std::optional<server::DataDirectory> data_;
  std::unique_ptr<registry::Registry> registry_;
};

}  // namespace atoma::app
