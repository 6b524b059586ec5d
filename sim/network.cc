#include "network.h"

namespace atoma::sim {

using namespace std::chrono_literals;

namespace {

constexpr Span kEtcdDeadline = 1'500ms;

}  // namespace

// One request under way.
struct Exchange {
  std::function<bool()> serve;
  TaskPtr asking;
  std::uint64_t wait = 0;
  bool answered = false;
  bool refused = false;
};

Span Network::way() {
  Random& random = scheduler_.random();
  Span out(random.between(20, static_cast<std::uint64_t>(faults_.delay.count())));
  if (random.chance(faults_.late)) {
    out += Span(random.below(static_cast<std::uint64_t>(faults_.late_time.count())));
  }
  return out;
}

void Network::arrive(Span after, const std::shared_ptr<Exchange>& exchange, int from, int to) {
  scheduler_.after(after, [this, exchange, from, to] {
    if (is_cut(from, to)) return;
    const bool there = exchange->serve();
    if (is_cut(from, to) || scheduler_.random().chance(faults_.lose_answer)) return;
    scheduler_.after(way(), [this, exchange, there] {
      if (exchange->answered) return;
      exchange->answered = true;
      exchange->refused = !there;
      if (exchange->asking->wait == exchange->wait) scheduler_.wake(exchange->asking);
    });
  });
}

Heard Network::ask(Process& from, int from_place, int to_place, std::function<bool()> serve,
                   Span deadline) {
  if (!from.alive()) return Heard::kUnreachable;
  Random& random = scheduler_.random();
  auto exchange = std::make_shared<Exchange>(
      Exchange{.serve = std::move(serve), .asking = scheduler_.running()});
  const bool lost = random.chance(faults_.lose_request);
  if (!lost) arrive(way(), exchange, from_place, to_place);
  if (!lost && random.chance(faults_.repeat)) arrive(way() * 2, exchange, from_place, to_place);
  const Moment end = from.now() + deadline;
  exchange->wait = exchange->asking->wait + 1;
  while (!exchange->answered && from.alive() && from.now() < end) {
    exchange->wait = exchange->asking->wait + 1;
    from.wait_until(end);
  }
  const bool heard = exchange->answered && from.alive();
  // What still comes is for nobody.
  exchange->answered = true;
  if (!heard) return Heard::kNothing;
  return exchange->refused ? Heard::kUnreachable : Heard::kAnswer;
}

void Network::cut(int a, int b, bool apart) {
  if (apart) {
    cuts_.insert(std::minmax(a, b));
  } else {
    cuts_.erase(std::minmax(a, b));
  }
}

template <typename T>
Result<T> EtcdClient::call(std::function<Result<T>()> act) const {
  auto result = std::make_shared<std::optional<Result<T>>>();
  const Heard heard = network_.ask(
      process_, place_, etcd_place_,
      [result, act = std::move(act), &up = up_] {
        if (up) *result = act();
        return up;
      },
      kEtcdDeadline);
  if (heard == Heard::kAnswer) return **result;
  return fail(Code::kUnavailable, "etcd.unavailable", "simulated");
}

Result<etcd::Range> EtcdClient::range(const etcd::Span& keys, etcd::RangeOptions options) const {
  return call<etcd::Range>([&etcd = etcd_, keys, options] { return etcd.range(keys, options); });
}

etcd::Outcome EtcdClient::commit(const etcd::Transaction& transaction) const {
  auto outcome = std::make_shared<etcd::Outcome>();
  const Heard heard = network_.ask(
      process_, place_, etcd_place_,
      [outcome, transaction, &etcd = etcd_, &up = up_] {
        if (up) *outcome = etcd.commit(transaction);
        return up;
      },
      kEtcdDeadline);
  if (heard == Heard::kAnswer) return *outcome;
  const bool unsent = heard == Heard::kUnreachable;
  return {.ended = unsent ? etcd::Ended::kUnsent : etcd::Ended::kUnknown,
          .revision = 0,
          .why = "simulated"};
}

Result<etcd::Lease> EtcdClient::grant(std::chrono::seconds ttl) const {
  return call<etcd::Lease>([&etcd = etcd_, ttl] { return etcd.grant(ttl); });
}

Result<etcd::Lease> EtcdClient::keep_alive(std::uint64_t lease) const {
  return call<etcd::Lease>([&etcd = etcd_, lease] { return etcd.keep_alive(lease); });
}

Status EtcdClient::revoke(std::uint64_t lease) const {
  const auto done =
      call<Status>([&etcd = etcd_, lease]() -> Result<Status> { return etcd.revoke(lease); });
  return done ? *done : Status(std::unexpected(done.error()));
}

}  // namespace atoma::sim
