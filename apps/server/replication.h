// A server's log as one of several replicas: the commit queue in etcd, what was signed here, where
// the others are. Without endpoints of etcd a server keeps its log alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atoma/http/client.h"
#include "atoma/http/message.h"
#include "atoma/replica/ledger.h"
#include "atoma/store/file.h"

namespace atoma::server {

struct ReplicationOptions {
  std::vector<std::string> etcd;  // endpoints; none: not replicated
  std::string etcd_authorities;   // for https, a file in PEM; "": those of the system
  // For an etcd that asks who is there, files in PEM; both or neither.
  std::string etcd_certificate;
  std::string etcd_key;
  std::string node;                // this one's name
  std::vector<std::string> peers;  // all other replicas, "http://10.0.0.2:8470"
  std::string advertise;           // where peers and clients reach this one; "": where it listens
  std::vector<std::string> known_files;  // checkpoints seen elsewhere; the log must contain them
  bool found = false;                    // this log begins the replicated one, once

  bool any() const { return !etcd.empty(); }
};

// The signer's memory, in the data directory: not beside the log, which may be put back.
inline constexpr std::string_view kSignerFile = "signer";

class Replication {
 public:
  // `local` outlives it. Errors: "up.replica" (the options contradict themselves), those of
  // etcd::Client, HttpPeer, Guard, Applier, ReplicatedLedger and tlog::verify_checkpoint.
  static Result<std::unique_ptr<Replication>> start(const ReplicationOptions& options,
                                                    tlog::Ledger& local, const store::Path& data);

  replica::ReplicatedLedger& ledger() { return *ledger_; }
  // How many entries the log has, asked of etcd. From any thread.
  Result<std::uint64_t> committed() const;
  // The checkpoints that the other replicas show, not verified; from any thread.
  std::vector<std::string> shown_elsewhere() const;

 private:
  explicit Replication(std::unique_ptr<replica::CommitQueue> queue) : queue_(std::move(queue)) {}

  std::unique_ptr<replica::CommitQueue> queue_;
  std::vector<http::Url> shown_at_;
  std::unique_ptr<replica::ReplicatedLedger> ledger_;
};

// Errors: "up.replica".
Status check_replication(const ReplicationOptions& options);

// {"leads": true, …}: 200 where appends are taken, else 503.
http::Response leader_answer(const replica::Standing& standing);

}  // namespace atoma::server
