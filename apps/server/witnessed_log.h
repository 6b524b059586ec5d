// The log's side of its witnesses in a server: the policy's file, the publisher, what health and
// metrics say of them.
#pragma once

#include <memory>
#include <string>

#include "atoma/registry/publisher.h"
#include "atoma/telemetry/metrics.h"
#include "atoma/wire/json_writer.h"
#include "data_directory.h"
#include "replication.h"
#include "watched_ledger.h"

namespace atoma::server {

class WitnessedLog {
 public:
  // `ledger` outlives it and is halted by it; so does `replication`, null where the log is this
  // server's alone. Errors: those of store::read_file, with the file's
  // name those of tlog::TlogPolicy::parse, and those of registry::Publisher::start.
  static Result<std::unique_ptr<WitnessedLog>> start(const std::string& policy_file,
                                                     const DataDirectory& data,
                                                     WatchedLedger& ledger,
                                                     Replication* replication, const Clock& clock);
  ~WitnessedLog();

  Result<tlog::SignedCheckpoint> published() const { return publisher_->published(); }
  // Verifier key of the log's ML-DSA-44 signatures.
  const std::string& ml_dsa_key() const { return ml_dsa_key_; }
  // Member "witnesses": a list; and "halted" with its reason.
  void write_health(wire::JsonWriter& out) const;
  double published_size() const;
  telemetry::Gauges::Values lags() const;
  telemetry::Gauges::Values successes() const;
  void stop() { publisher_->stop(); }

 private:
  WitnessedLog(const tlog::Ledger& ledger, Replication* replication, std::string ml_dsa_key,
               std::unique_ptr<registry::Publisher> publisher)
      : ledger_(ledger),
        replication_(replication),
        ml_dsa_key_(std::move(ml_dsa_key)),
        publisher_(std::move(publisher)) {}

  const tlog::Ledger& ledger_;
  Replication* const replication_;
  std::string ml_dsa_key_;
  std::unique_ptr<registry::Publisher> publisher_;
};

}  // namespace atoma::server
