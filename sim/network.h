// Requests from processes to services, over a network that loses, delays and repeats.
#pragma once

#include <set>

#include "etcd.h"

namespace atoma::sim {

struct NetworkFaults {
  Span delay{500us};               // of one way, up to
  std::uint64_t lose_request = 0;  // in millionths
  std::uint64_t lose_answer = 0;
  std::uint64_t repeat = 0;  // a request arrives twice
  std::uint64_t late = 0;    // a request takes up to late_time
  Span late_time{6s};
};

enum class Heard : std::uint8_t { kNothing, kUnreachable, kAnswer };

class Network {
 public:
  Network(Scheduler& scheduler, const NetworkFaults& faults)
      : scheduler_(scheduler), faults_(faults) {}

  // The running thread of `from` asks and waits for the answer, as long as `deadline`. `serve` runs
  // when the request arrives, perhaps after that, perhaps twice; false when nobody is there.
  Heard ask(Process& from, int from_place, int to_place, std::function<bool()> serve,
            Span deadline);
  // Both ways.
  void cut(int a, int b, bool apart);
  bool is_cut(int a, int b) const { return cuts_.contains(std::minmax(a, b)); }
  void heal() { cuts_.clear(); }

 private:
  Span way();
  void arrive(Span after, const std::shared_ptr<struct Exchange>& exchange, int from, int to);

  Scheduler& scheduler_;
  const NetworkFaults& faults_;
  std::set<std::pair<int, int>> cuts_;
};

// A process's way to etcd.
class EtcdClient final : public etcd::Store {
 public:
  // `up` says whether etcd has a quorum. All outlive it.
  EtcdClient(Etcd& etcd, const bool& up, Network& network, Process& process, int place,
             int etcd_place)
      : etcd_(etcd),
        up_(up),
        network_(network),
        process_(process),
        place_(place),
        etcd_place_(etcd_place) {}

  Result<etcd::Range> range(const etcd::Span& keys, etcd::RangeOptions options) const override;
  etcd::Outcome commit(const etcd::Transaction& transaction) const override;
  Result<etcd::Lease> grant(std::chrono::seconds ttl) const override;
  Result<etcd::Lease> keep_alive(std::uint64_t lease) const override;
  Status revoke(std::uint64_t lease) const override;
  Status compact(std::uint64_t) const override { return {}; }

 private:
  template <typename T>
  Result<T> call(std::function<Result<T>()> act) const;

  Etcd& etcd_;
  const bool& up_;
  Network& network_;
  Process& process_;
  int place_, etcd_place_;
};

}  // namespace atoma::sim
