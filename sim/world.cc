#include "world.h"

#include <format>
#include <print>

#include "node.h"

namespace atoma::sim {
namespace {

using witness::Witness;

// Ten times what a world needs.
constexpr std::uint64_t kStepsMax = 2'000'000;

// A witness's memory: what was recorded stays.
class SimMemory final : public witness::Memory {
 public:
  Result<tlog::KnownTree> known(std::string_view) const override { return known_; }
  Status update(std::string_view, const Decide& decide) override {
    ATOMA_TRY(known_, decide(known_));
    return {};
  }

 private:
  tlog::KnownTree known_;
};

Secret<32> seed_of(std::uint8_t n) { return Secret<32>::copy_of(ByteArray<32>{n, 0x77}); }

}  // namespace

tlog::VerifierKey log_key() {
  ByteArray<32> seed{};
  seed.fill(0x5A);
  auto signer = tlog::NoteSigner::create(
      std::string(kOrigin), crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed)));
  ATOMA_CHECK(signer);
  return signer->verifier_key();
}

namespace {

std::string key_of(std::string_view name) { return std::format("{}/{}", kPrefix, name); }

std::optional<replica::Head> head_of(const Etcd::State& state) {
  const auto found = state.keys.find(key_of("head"));
  if (found == state.keys.end()) return std::nullopt;
  auto head = replica::parse_head(found->second.value);
  ATOMA_CHECK(head);
  return *head;
}

}  // namespace

struct World::SimWitness {
  std::string name;
  int place = 0;
  bool up = true;
  std::unique_ptr<Witness> witness;
};

World::World(const Options& options) : options_(options), random_(options.seed), plan_(random_) {
  scheduler_.slow_thread = 0;
  etcd_.on_commit = [this](const Etcd::State& before, const etcd::Transaction& transaction) {
    watch_commit(before, transaction);
  };
  etcd_.skips_fence = options.canary;
  note("world", plan_.to_string());
  make_witnesses();
  if (plan_.typed) make_genesis();
  for (std::size_t i = 0; i < plan_.nodes; ++i) {
    nodes_.push_back(std::make_unique<Node>(*this, static_cast<int>(i)));
  }
}

World::~World() = default;

void World::note(const std::string& who, const std::string& what) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      scheduler_.now().time_since_epoch() - std::chrono::hours(1000));
  const std::string line = std::format("{:>5}.{:06} {:<6} {}", now.count() / 1'000'000,
                                       now.count() % 1'000'000, who, what);
  // FNV-1a.
  for (const char c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  if (options_.trace) std::println("{}", line);
}

void World::every(Span mean, std::function<void()> what) {
  if (mean == Span(0)) return;
  scheduler_.after(around(mean), [this, mean, what = std::move(what)] {
    if (!faults_) return;
    what();
    every(mean, what);
  });
}

void World::make_witnesses() {
  for (std::size_t i = 0; i < plan_.witnesses; ++i) {
    auto made = std::make_unique<SimWitness>();
    made->name = std::format("w{}", i);
    made->place = kWitnessPlace + static_cast<int>(i);
    auto cosigner = tlog::Cosigner::create(
        "witness.example/" + made->name,
        crypto::Ed25519PrivateKey::from_seed(seed_of(static_cast<std::uint8_t>(i))));
    ATOMA_CHECK(cosigner);
    std::vector<tlog::Cosigner> cosigners;
    cosigners.push_back(*std::move(cosigner));
    auto witness = Witness::create({.name = made->name, .logs = {log_key()}}, std::move(cosigners),
                                   std::make_unique<SimMemory>(), clock_);
    ATOMA_CHECK(witness);
    made->witness = *std::move(witness);
    policy_ += std::format("witness {} {} http://{}\n", made->name,
                           made->witness->keys().front().to_string(), made->name);
    witnesses_.push_back(std::move(made));
  }
  policy_ += std::format("group all {}", plan_.quorum);
  for (const auto& witness : witnesses_) policy_ += " " + witness->name;
  policy_ += "\nquorum all\n";
}

Result<http::ClientResponse> World::post(Process& from, int place, const http::Url& url,
                                         std::string_view body) {
  const auto found = std::ranges::find(witnesses_, url.host, [](const auto& w) { return w->name; });
  ATOMA_CHECK(found != witnesses_.end());
  SimWitness& to = **found;
  auto response = std::make_shared<http::Response>();
  const auto serve = [this, &to, response, request = http::Request{.body = to_bytes(body)}] {
    if (!to.up) return false;
    *response = to.witness->answer(request);
    if (response->status == 200) {
      const auto known = *to.witness->known(kOrigin);
      note(to.name, std::format("cosigns {} entries", known.size));
      oracle_.cosigns(to.name, {known.size, known.root});
    }
    return true;
  };
  const Heard heard = network_.ask(from, place, to.place, serve, 5s);
  if (heard != Heard::kAnswer) return fail(Code::kUnavailable, "http.client.timeout", "simulated");
  http::ClientResponse out{.status = response->status, .headers = {}, .body = response->body};
  out.headers.push_back({"Content-Type", response->content_type});
  return out;
}

// The oracle reads what is stored by itself, and believes no compare.
void World::watch_commit(const Etcd::State& before, const etcd::Transaction& transaction) {
  std::optional<replica::Batch> batch;
  std::optional<replica::Head> head;
  for (const etcd::Put& put : transaction.puts) {
    if (put.key == key_of("head")) head = *replica::parse_head(put.value);
    if (put.key.starts_with(key_of("batch/"))) batch = *replica::parse_batch(put.value);
    if (put.key == key_of("leader")) {
      ++statistics_.terms;
      note("etcd", std::format("{} leads from {}", replica::parse_leader(put.value)->node,
                               before.revision + 1));
    }
  }
  for (const etcd::Span& span : transaction.deletes) {
    std::uint64_t below = 0;
    const auto end = before.keys.lower_bound(span.end);
    for (auto at = before.keys.lower_bound(span.begin); at != end; ++at) {
      below = std::max(below, replica::parse_batch(at->second.value)->end());
    }
    if (below == 0) continue;
    note("etcd", std::format("forgets batches below {}", below));
    // Where there are two histories, sizes of the other one were reported, too.
    if (!oracle_.branched()) oracle_.trims(below, plan_.nodes / 2 + 1);
  }
  if (!head || !batch) return;
  const auto leader = before.keys.find(key_of("leader"));
  note("etcd", std::format("{} to {} in term {}", batch->first_index, batch->end(), batch->term));
  oracle_.commits(head_of(before), leader == before.keys.end() ? 0 : leader->second.create_revision,
                  *batch, *head);
}

void World::write() {
  const auto leads = [](const auto& node) { return node->leads(); };
  const auto leader = std::ranges::find_if(nodes_, leads);
  Node& to = leader != nodes_.end() && !random_.one_in(8) ? **leader : any_node();
  if (plan_.typed) return write_typed(to);
  std::string text = std::format("e{}", ++writes_);
  if (random_.one_in(8)) text += std::string(random_.below(1000), '.');
  to.write(std::move(text));
}

void World::plan_to_put_back() {
  const Span taken(random_.below(static_cast<std::uint64_t>(plan_.faults_for.count())));
  laggard_ = any_node().place();
  scheduler_.after(taken, [this] {
    snapshot_ = etcd_.state();
    if (plan_.put_back_split) network_.cut(laggard_, kEtcdPlace, true);
  });
  if (plan_.put_back_idle) return;
  scheduler_.after(taken + around(3s), [this] {
    if (faults_) put_back();
  });
}

void World::put_back() {
  const auto head = head_of(snapshot_);
  if (!head) return;
  note("etcd", std::format("is put back to {} entries", head->size));
  ++statistics_.put_back;
  oracle_.goes_back(head->size);
  etcd_.put_back(snapshot_);
  if (!plan_.put_back_split) return;
  network_.cut(laggard_, kEtcdPlace, false);
  Node& other = *nodes_[(static_cast<std::size_t>(laggard_) + 1) % nodes_.size()];
  other.lose_log(around(6s));
}

void World::start_faults() {
  faults_ = true;
  network_faults_ = plan_.network;
  disk_faults_ = plan_.disk;
  scheduler_.slow_thread = plan_.slow_thread;
  every(plan_.write_every, [this] { write(); });
  every(plan_.kill_every, [this] { any_node().kill(plan_.power_cuts && random_.one_in(2)); });
  every(plan_.stop_every, [this] { any_node().shut_down(); });
  every(plan_.pause_every, [this] { any_node().pause(around(2s)); });
  every(plan_.lost_lease_every, [this] {
    note("etcd", "loses its leases");
    etcd_.lose_leases();
  });
  every(plan_.outage_every, [this] {
    note("etcd", "has no quorum");
    etcd_up_ = false;
    scheduler_.after(around(1500ms), [this] { etcd_up_ = true; });
  });
  every(plan_.partition_every, [this] {
    const int node = any_node().place();
    const bool from_etcd = witnesses_.empty() || random_.one_in(2);
    const int other = from_etcd           ? kEtcdPlace
                      : random_.one_in(2) ? any_node().place()
                                          : witnesses_[random_.below(witnesses_.size())]->place;
    note("world", std::format("{} and {} are apart", node, other));
    network_.cut(node, other, true);
    scheduler_.after(around(2s), [this, node, other] { network_.cut(node, other, false); });
  });
  if (!witnesses_.empty()) {
    every(plan_.witness_outage_every, [this] {
      SimWitness& witness = *witnesses_[random_.below(witnesses_.size())];
      witness.up = false;
      scheduler_.after(around(4s), [&witness] { witness.up = true; });
    });
  }
  const auto during = [this] {
    return Span(random_.below(static_cast<std::uint64_t>(plan_.faults_for.count())));
  };
  if (plan_.lose_log) {
    scheduler_.after(during(), [this] {
      for (const auto& node : nodes_) node->keep_copy();
    });
    scheduler_.after(during(), [this] { any_node().lose_log(around(700ms)); });
  }
  if (plan_.put_back) plan_to_put_back();
}

void World::check() {
  for (const auto& node : nodes_) {
    node->check();
    check_published(*node);
  }
  if (scheduler_.steps() % 64 != 0) return;
  // A reader.
  const Node& node = any_node();
  const std::uint64_t size = oracle_.shown(node.name());
  if (node.log() == nullptr || !node.runs() || size == 0) return;
  const std::uint64_t index = random_.below(size);
  oracle_.reads(node.name(), index, node.log()->entry(index));
}

void World::check_published(Node& node) {
  if (!node.runs() || node.publisher() == nullptr) return;
  const auto shown = node.publisher()->published();
  if (!shown) return;
  const auto& point = shown->checkpoint;
  if (!oracle_.publishes(node.name(), {point.size, point.root}, plan_.quorum)) return;
  ++statistics_.published;
  note(node.name(), std::format("publishes {} entries", point.size));
}

bool World::run_until(Moment end, const std::function<bool()>& done) {
  Moment next = scheduler_.now();
  const std::uint64_t steps_max = options_.steps_max != 0 ? options_.steps_max : kStepsMax;
  while (oracle_.violation().empty() && scheduler_.steps() < steps_max) {
    if (scheduler_.now() >= next) {
      if (done()) return true;
      if (scheduler_.now() >= end) return false;
      next = scheduler_.now() + 10ms;
    }
    if (!scheduler_.step()) return false;
    check();
  }
  if (options_.steps_max == 0 && scheduler_.steps() >= kStepsMax) {
    oracle_.violate("the world does not end");
  }
  return true;  // somebody else says why
}

void World::repair() {
  note("world", "is repaired");
  faults_ = false;
  scheduler_.slow_thread = 0;
  network_faults_ = {};
  disk_faults_ = {};
  network_.heal();
  etcd_up_ = true;
  for (const auto& witness : witnesses_) witness->up = true;
}

bool World::settled() const {
  const std::uint64_t size = oracle_.now().entries.size();
  return std::ranges::all_of(
      nodes_, [&](const auto& node) { return node->is_settled(size, !witnesses_.empty()); });
}

std::string World::describe_nodes() const {
  std::string out;
  for (const auto& node : nodes_)
    out += std::format("\n    {}: {}", node->name(), node->describe());
  return out;
}

// Nothing was lost: all of them go on, and agree.
void World::expect_progress() {
  const std::uint64_t before = statistics_.acknowledged;
  Moment next = scheduler_.now() + 1s;
  const auto acknowledged = [&] {
    if (scheduler_.now() >= next) {
      write();
      next = scheduler_.now() + 300ms;
    }
    return statistics_.acknowledged > before + 2;
  };
  if (!run_until(scheduler_.now() + 60s, acknowledged)) {
    return oracle_.violate("no progress: nothing is acknowledged" + describe_nodes());
  }
  if (run_until(scheduler_.now() + 60s, [this] { return settled(); })) return check_ledgers();
  oracle_.violate(
      std::format("no progress: not all have {} entries", oracle_.now().entries.size()) +
      describe_nodes());
}

// etcd has lost what was acknowledged: who has seen more must not go on as if nothing was.
void World::expect_noticed() {
  if (statistics_.put_back == 0) {
    run_until(scheduler_.now() + 10s, [] { return false; });
    put_back();
  }
  run_until(scheduler_.now() + 20s, [] { return false; });
  for (const auto& node : nodes_) {
    if (!node->log()) continue;
    const auto newest = node->log()->latest_checkpoint().checkpoint;
    if (oracle_.now().has({newest.size, newest.root}) || !node->is_content()) continue;
    oracle_.violate(std::format("unnoticed: {} has {} entries that etcd does not know",
                                node->name(), newest.size));
  }
}

void World::check_all_entries() {
  for (const auto& node : nodes_) {
    if (!node->log()) continue;
    const std::uint64_t size = oracle_.shown(node->name());
    for (std::uint64_t i = 0; i < size; ++i) oracle_.reads(node->name(), i, node->log()->entry(i));
  }
  if (oracle_.branched()) return;
  for (const Acknowledged& one : oracle_.acknowledged()) {
    const auto index = static_cast<std::size_t>(one.index);
    const auto& entries = oracle_.now().entries;
    if (index < entries.size() && entries[index] == one.entry) continue;
    oracle_.violate("lost: " + one.entry);
  }
}

std::string World::run() {
  // Each looks after its processes all the time.
  std::function<void()> supervise = [&] {
    for (const auto& node : nodes_) node->supervise();
    scheduler_.after(100ms, supervise);
  };
  supervise();
  nodes_[0]->boot(true);
  const auto led = [this] { return nodes_[0]->leads(); };
  if (!run_until(scheduler_.now() + 10s, led)) oracle_.violate("the first node does not lead");
  for (const auto& node : nodes_) node->boot();
  // The first entry never was in etcd: whoever has it alone must not lose it.
  const auto begun = [this] {
    return std::ranges::all_of(nodes_, [&](const auto& n) { return oracle_.shown(n->name()) > 0; });
  };
  if (plan_.typed && !run_until(scheduler_.now() + 10s, begun)) {
    oracle_.violate("not all have the first entry");
  }
  start_faults();
  run_until(scheduler_.now() + plan_.faults_for, [] { return false; });
  repair();
  if (oracle_.branched() || (plan_.put_back_idle && !snapshot_.keys.empty())) {
    expect_noticed();
  } else {
    expect_progress();
  }
  check_all_entries();
  statistics_.steps = scheduler_.steps();
  if (oracle_.violation().empty()) return "";
  const std::string out =
      std::format("{} (after {} steps)", oracle_.violation(), scheduler_.steps());
  note("world", "VIOLATION " + out);
  return out;
}

}  // namespace atoma::sim
