// A whole system in one thread: etcd, replicas with their disks, publishers, witnesses and writers;
// and everything that happens to them, drawn from one seed.
//
// Swarm: the seed first draws which kinds of fault this run has, and how often. For a while they
// happen; then everything is repaired, and the system must go on by itself.
#pragma once

#include <memory>
#include <string>

#include "atoma/registry/sequencer.h"
#include "atoma/witness/witness.h"
#include "disk.h"
#include "network.h"
#include "oracle.h"

namespace atoma::sim {

class Node;

struct Plan {
  explicit Plan(Random& random);
  std::string to_string() const;

  std::size_t nodes = 3;
  std::size_t witnesses = 3;
  std::size_t quorum = 2;  // of witnesses
  Span faults_for = 20s;
  std::size_t batch_entries_max = 4;
  std::size_t window_bytes_max = 4096;
  NetworkFaults network;
  DiskFaults disk;
  std::uint64_t slow_thread = 0;
  // How often on the average; none where it is zero.
  Span write_every{}, partition_every{}, outage_every{}, pause_every{}, kill_every{}, stop_every{};
  Span witness_outage_every{}, lost_lease_every{};
  bool power_cuts = false;  // some of the kills
  bool lying_peers = false;
  // etcd is put back to a snapshot, once: under load, or when nobody writes any more.
  bool put_back = false;
  bool put_back_idle = false;
  // From the snapshot on one node hears nothing of etcd, so that it alone can go on after; another
  // one loses its log.
  bool put_back_split = false;
  bool lose_log = false;  // of one node, once, or an older copy comes back
  bool typed = false;     // entries of the ledger, through sequencers; else any bytes
  std::chrono::milliseconds map_head_every{1000};
};

struct Statistics {
  std::uint64_t steps = 0, acknowledged = 0, refused = 0, unknown = 0, terms = 0, kills = 0;
  std::uint64_t pauses = 0, put_back = 0, lost_logs = 0, published = 0;
  void add(const Statistics& other);
};

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t steps_max = 0;  // 0: until the world ends by itself
  bool trace = false;
  bool canary = false;  // an etcd that does not fence: the oracle must see it
};

class SimEntropy final : public Entropy {
 public:
  explicit SimEntropy(Random& random) : random_(random) {}
  void fill(MutableByteView out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_.below(256));
  }

 private:
  Random& random_;
};

tlog::VerifierKey log_key();

class World {
 public:
  explicit World(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // "" or what did not hold, with when.
  std::string run();
  // Of all that was noted, for comparing two runs.
  std::uint64_t digest() const { return digest_; }
  const Statistics& statistics() const { return statistics_; }

 private:
  friend class Node;
  struct SimWitness;
  struct Sent;

  void note(const std::string& who, const std::string& what);
  Span around(Span mean) {
    return Span(random_.between(1, 2 * static_cast<std::uint64_t>(mean.count())));
  }
  // Calls `what` now and then, while there are faults.
  void every(Span mean, std::function<void()> what);
  Node& any_node() { return *nodes_[random_.below(nodes_.size())]; }

  void make_witnesses();
  void start_faults();
  void write();
  // Of typed entries (typed.cc).
  void make_genesis();
  void write_typed(Node& to);
  void write_new(Node& to, Node& reader);
  void write_own(Node& to);
  void send(Node& to, const std::shared_ptr<Sent>& sent);
  void answered(const Node& by, Sent& sent, bool knew, const Result<registry::Submitted>& outcome);
  void refused(const Node& by, const std::string& what, std::string_view reason);
  void check_ledgers();
  void plan_to_put_back();
  void put_back();
  void watch_commit(const Etcd::State& before, const etcd::Transaction& transaction);
  void check();
  void check_published(Node& node);
  Result<http::ClientResponse> post(Process& from, int place, const http::Url& url,
                                    std::string_view body);
  bool run_until(Moment end, const std::function<bool()>& done);
  void repair();
  void expect_progress();
  bool settled() const;
  std::string describe_nodes() const;
  void expect_noticed();
  void check_all_entries();

  const Options options_;
  Random random_;
  const Plan plan_;
  NetworkFaults network_faults_;  // now; as planned while there are faults
  DiskFaults disk_faults_;
  Scheduler scheduler_{random_};
  SimClock clock_{scheduler_};
  SimEntropy entropy_{random_};
  Oracle oracle_;
  Etcd etcd_{scheduler_};
  bool etcd_up_ = true;
  Network network_{scheduler_, network_faults_};
  std::vector<std::unique_ptr<SimWitness>> witnesses_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::string policy_;
  bool faults_ = false;
  std::uint64_t writes_ = 0;
  Bytes genesis_;  // empty: entries are not typed
  std::vector<std::shared_ptr<Sent>> sent_;
  Etcd::State snapshot_;
  int laggard_ = 0;  // the place of the node that sees nothing after the snapshot
  std::uint64_t digest_ = 0xCBF29CE484222325;
  Statistics statistics_;
};

}  // namespace atoma::sim
