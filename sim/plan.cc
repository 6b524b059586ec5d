#include <format>

#include "world.h"

namespace atoma::sim {
namespace {

Span seconds_between(Random& random, std::uint64_t low_ms, std::uint64_t high_ms) {
  return Span(random.between(low_ms * 1000, high_ms * 1000));
}

}  // namespace

// Each kind of fault is there in half of the runs, or less.
Plan::Plan(Random& random) {
  constexpr std::size_t kNodes[] = {1, 2, 3, 3, 3, 3, 5};
  nodes = kNodes[random.below(std::size(kNodes))];
  witnesses = random.below(4);
  quorum = witnesses / 2 + 1;
  faults_for = seconds_between(random, 5'000, 20'000);
  batch_entries_max = random.between(1, 8);
  window_bytes_max = random.one_in(3) ? 300 : 1024 * 1024;
  write_every = seconds_between(random, 20, 250);
  const auto sometimes = [&](Span& span, std::uint64_t low_ms, std::uint64_t high_ms) {
    const Span drawn = seconds_between(random, low_ms, high_ms);
    if (random.one_in(2)) span = drawn;
  };
  const auto rate = [&](std::uint64_t& chance, std::uint64_t millionths) {
    const std::uint64_t drawn = random.below(millionths);
    if (random.one_in(2)) chance = drawn;
  };
  network.delay = Span(random.between(100, random.one_in(3) ? 60'000 : 3'000));
  rate(network.lose_request, 100'000);
  rate(network.lose_answer, 100'000);
  rate(network.repeat, 50'000);
  rate(network.late, 30'000);
  rate(slow_thread, 50'000);
  disk.sync_time = Span(random.between(50, random.one_in(3) ? 30'000 : 500));
  if (random.one_in(3)) disk.error = random.below(10'000);
  if (random.one_in(3)) disk.crash = random.below(10'000);
  sometimes(partition_every, 700, 5'000);
  sometimes(outage_every, 2'000, 8'000);
  sometimes(pause_every, 700, 5'000);
  sometimes(kill_every, 1'000, 6'000);
  sometimes(stop_every, 2'000, 8'000);
  sometimes(witness_outage_every, 1'000, 6'000);
  sometimes(lost_lease_every, 1'000, 6'000);
  power_cuts = random.one_in(2);
  lying_peers = random.one_in(3);
  put_back = random.one_in(3);
  put_back_idle = put_back && random.one_in(3);
  put_back_split = put_back && nodes >= 3 && random.one_in(2);
  lose_log = nodes >= 3 && random.one_in(3);
  typed = random.one_in(2);
  map_head_every = std::chrono::milliseconds(random.between(200, 2'000));
}

std::string Plan::to_string() const {
  return std::format(
      "{} nodes, {} witnesses (quorum {}), {} of faults, batches of {}, window {}, write {}; "
      "network "
      "delay {} lose {}/{} repeat {} late {}; slow {}; disk {} error {} crash {}; partition {} "
      "outage "
      "{} pause {} kill {}{} stop {} witness {} lease {}; {}{}{}{}{}{}",
      nodes, witnesses, quorum, faults_for, batch_entries_max, window_bytes_max, write_every,
      network.delay, network.lose_request, network.lose_answer, network.repeat, network.late,
      slow_thread, disk.sync_time, disk.error, disk.crash, partition_every, outage_every,
      pause_every, kill_every, power_cuts ? " (power)" : "", stop_every, witness_outage_every,
      lost_lease_every, lying_peers ? "lying peers, " : "", put_back ? "etcd put back, " : "",
      put_back_idle ? "when idle, " : "", put_back_split ? "and the nodes split, " : "",
      lose_log ? "a log lost, " : "", typed ? "typed entries" : "");
}

void Statistics::add(const Statistics& other) {
  steps += other.steps;
  acknowledged += other.acknowledged;
  refused += other.refused;
  unknown += other.unknown;
  terms += other.terms;
  kills += other.kills;
  pauses += other.pauses;
  put_back += other.put_back;
  lost_logs += other.lost_logs;
  published += other.published;
}

}  // namespace atoma::sim
