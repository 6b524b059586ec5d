// An etcd that is one place: keys with revisions, transactions, leases that end by themselves, and
// snapshots that it can be put back to. What reaches it, when, and whether its answer arrives is
// the network's affair (network.h).
#pragma once

#include <map>

#include "atoma/etcd/client.h"
#include "scheduler.h"

namespace atoma::sim {

class Etcd {
 public:
  explicit Etcd(Scheduler& scheduler) : scheduler_(scheduler) {}

  struct Key {
    Bytes value;
    std::uint64_t create_revision = 0;
    std::uint64_t mod_revision = 0;
    std::uint64_t lease = 0;
  };
  struct State {
    std::uint64_t revision = 1;
    std::map<std::string, Key, std::less<>> keys;
    std::map<std::uint64_t, std::chrono::seconds> leases;
  };
  // For the canary: no compare with the revision at which a key was made fails.
  bool skips_fence = false;
  // Sees each transaction that takes effect, before it does.
  std::function<void(const State& before, const etcd::Transaction& transaction)> on_commit;

  Result<etcd::Range> range(const etcd::Span& keys, etcd::RangeOptions options) const;
  etcd::Outcome commit(const etcd::Transaction& transaction);
  Result<etcd::Lease> grant(std::chrono::seconds ttl);
  Result<etcd::Lease> keep_alive(std::uint64_t lease);
  Status revoke(std::uint64_t lease);

  const State& state() const { return state_; }
  // As a restored member has it: every lease begins anew.
  void put_back(State snapshot);
  // All leases end now.
  void lose_leases();

 private:
  void expire_at(std::uint64_t lease, std::chrono::seconds ttl);

  Scheduler& scheduler_;
  State state_;
  std::map<std::uint64_t, std::uint64_t> expiries_;  // by lease: the event that counts
  std::uint64_t expiries_made_ = 0;
  std::uint64_t leases_made_ = 0;
};

}  // namespace atoma::sim
