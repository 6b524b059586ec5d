// All roles in one process: registry, verifier and broker over one data directory, and their HTTP
// edge.
//
//   ATOMA_TRY(auto server, Server::start({.data = dir, .sample = true}, clock, entropy));
//   …server->url()…
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "atoma/base/clock.h"
#include "atoma/base/entropy.h"
#include "atoma/http/server.h"
#include "atoma/registry/evidence_store.h"
#include "atoma/registry/sequencer.h"
#include "atoma/store/file.h"
#include "atoma/verifier/service.h"
#include "server/collateral_keeper.h"
#include "server/reference_files.h"
#include "server/replication.h"

namespace atoma::server {

struct Options {
  store::Path data;
  std::string policy_file;  // empty: the sample's own, with `sample`
  // Policies beside it, by their tenant's name.
  std::vector<std::pair<std::string, std::string>> tenant_files;
  std::string collateral_directory;
  ReferenceFiles references;
  FetchOptions fetch;
  bool sample = false;  // make (or use) a sample platform in the data directory
  Duration ear_key_period = verifier::kKeyPeriodDefault;
  http::ServerOptions http;
  // Policy of witnesses with their URLs; empty: nobody cosigns, every checkpoint is shown.
  std::string witness_policy_file;
  std::string build;
  ReplicationOptions replication;
  // Who may write what on a new ledger, and how much weight a change takes; this server's verifier,
  // broker and sequencer are added. Not set: the data directory's operator alone decides.
  std::optional<registry::Genesis> genesis;
  // How far behind the index over all labels may be; at least a second, at most a day.
  std::chrono::seconds index_interval{1};
  std::uint64_t evidence_bytes_max = registry::kEvidenceBytesDefault;
  bool open_evidence = false;  // to whoever knows its digest, without a token
  std::string trace_file;      // spans of requests, OTLP JSON lines; empty: nothing is traced
};

class Server {
 public:
  // Errors: "up.policy" (neither a policy nor the sample), "up.ear_key_period",
  // "up.index_interval", "up.evidence_bytes", "trace.file", those of Replication, WitnessedLog,
  // Sequencer, EvidenceStore, CollateralKeeper, DataDirectory, SamplePlatform, load_at_hand,
  // load_reference_sets, parse_policy, Policies, Registry, Kv and http::Server.
  static Result<std::unique_ptr<Server>> start(Options options, const Clock& clock,
                                               Entropy& entropy);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // stop().
  ~Server();

  const std::string& url() const;      // "http://127.0.0.1:8080"
  const std::string& log_key() const;  // the verifier key of the log
  std::string log_ml_dsa_key() const;  // "" without witnesses
  std::string sequencer_key() const;   // that signs the ledger's index; raw, in base64
  store::Path token_file() const;
  store::Path evidence_token_file() const;
  bool sample() const;
  std::uint64_t log_size() const;
  // "GET /healthz" for each route.
  const std::vector<std::string>& routes() const;

  // Finishes requests in flight, commits the log, takes back the address file.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// api/openapi.json as it was when this was built.
std::string_view openapi_json();

}  // namespace atoma::server
