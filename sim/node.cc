#include "node.h"

#include <format>

#include "registry/test_genesis.h"

namespace atoma::sim {
namespace {

using replica::Peer;

constexpr std::string_view kLogFolder = "/registry/log/";
constexpr Span kPeerDeadline = 5s;

// What a restart mends; all else needs a person.
bool passes(std::string_view reason) {
  return reason == "replica.store" || reason == "store.io" || reason == "queue.unavailable" ||
         reason == "replica.no_peer" || reason == "replica.not_founded";
}

// The other replica's reading API (replica/peer.h), when it is there.
class SimPeer final : public Peer {
 public:
  SimPeer(Network& network, Process& process, int place, const Node& other, bool lies)
      : network_(network), process_(process), place_(place), other_(other), lies_(lies) {}

  Result<std::vector<Bytes>> entries(std::uint64_t from) override {
    // It may outlive who asks.
    return ask<std::vector<Bytes>>([from, lies = lies_, &random = process_.scheduler().random()](
                                       const registry::Registry& log) {
      std::vector<Bytes> out;
      const std::uint64_t size = log.latest_checkpoint().checkpoint.size;
      for (std::uint64_t i = from; i < size && out.size() < replica::kPageEntriesMax; ++i) {
        if (auto entry = log.entry(i)) out.push_back(*std::move(entry));
      }
      if (lies && !out.empty() && random.one_in(2)) out[random.below(out.size())][0] ^= 1;
      return out;
    });
  }
  Result<merkle::Proof> consistency(std::uint64_t old_size, std::uint64_t new_size) override {
    auto proof = ask<Result<merkle::Proof>>([old_size, new_size](const registry::Registry& log) {
      return log.prove_consistency(old_size, new_size);
    });
    return proof ? *std::move(proof) : Result<merkle::Proof>(std::unexpected(proof.error()));
  }

 private:
  template <typename T>
  Result<T> ask(std::function<T(const registry::Registry&)> what) {
    auto result = std::make_shared<std::optional<T>>();
    const Heard heard = network_.ask(
        process_, place_, other_.place(),
        [result, &other = other_, what = std::move(what)] {
          const registry::Registry* log = other.log();
          if (log == nullptr || !other.runs()) return false;
          *result = what(*log);
          return true;
        },
        kPeerDeadline);
    if (heard == Heard::kAnswer && *result) return **std::move(result);
    return fail(Code::kUnavailable, "peer.unavailable", "simulated");
  }

  Network& network_;
  Process& process_;
  const int place_;
  const Node& other_;
  const bool lies_;
};

}  // namespace

// One run of the process.
struct Node::Life {
  Life(Scheduler& scheduler, std::shared_ptr<Disk> disk, const DiskFaults& faults,
       std::function<void()> die)
      : process(scheduler), files(std::move(disk), process, faults, std::move(die)) {}

  Process process;
  SimFiles files;
  TaskPtr main;
  Status opened;
  bool is_open = false;
  bool closing = false;
  std::string halted;
  std::unique_ptr<registry::Registry> log;
  std::unique_ptr<replica::EtcdQueue> queue;
  std::unique_ptr<replica::ReplicatedLedger> ledger;
  std::unique_ptr<registry::Publisher> publisher;
  std::unique_ptr<registry::Sequencer> sequencer;
};

Node::Node(World& world, int place)
    : world_(world),
      name_(1, static_cast<char>('a' + place)),
      place_(place),
      disk_(std::make_shared<Disk>()) {
  disk_->put("/registry/log.key", Bytes(32, 0x5A));
}

// The world ends: nobody looks any more.
Node::~Node() {
  if (!life_) return;
  life_->process.kill();
  bury();
}

void Node::boot(bool found) {
  if (life_ || for_good_) return;
  world_.note(name_, "starts");
  life_ = std::make_unique<Life>(world_.scheduler_, disk_, world_.disk_faults_,
                                 [this] { kill(world_.plan_.power_cuts); });
  Life& life = *life_;
  life.main = world_.scheduler_.start(life.process, [this, &life, found] { main(life, found); });
}

void Node::main(Life& life, bool found) {
  life.opened = open(life, found);
  life.is_open = true;
  if (!life.opened) world_.note(name_, "does not start: " + life.opened.error().to_string());
  while (!life.closing) life.process.wait_until(std::nullopt);
  life.publisher.reset();
  // What the sequencer waits for is answered.
  if (life.ledger) life.ledger->close();
  life.sequencer.reset();
  life.ledger.reset();
  life.queue.reset();
  life.log.reset();
}

Status Node::open(Life& life, bool found) {
  Process& process = life.process;
  ATOMA_TRY(life.log, registry::Registry::open_replica("/registry", kOrigin, life.files, process));
  const auto newest = life.log->latest_checkpoint().checkpoint;
  if (process.alive()) world_.oracle_.opens(name_, {newest.size, newest.root});
  if (found && !world_.genesis_.empty()) {
    ATOMA_TRY_VOID(begin_log(life));
  }
  ATOMA_TRY(auto guard, replica::Guard::open(life.files, "/signer"));
  if (process.alive()) world_.oracle_.remembers(name_, guard.last());
  ATOMA_TRY(auto applier,
            replica::Applier::open(*life.log, std::move(guard), peers(life), {}, process));
  life.queue = std::make_unique<replica::EtcdQueue>(
      std::make_unique<EtcdClient>(world_.etcd_, world_.etcd_up_, world_.network_, process, place_,
                                   kEtcdPlace),
      replica::EtcdQueue::Options{.prefix = std::string(kPrefix)});
  const Plan& plan = world_.plan_;
  const replica::ReplicaOptions options{.node = name_,
                                        .nodes = plan.nodes,
                                        .poll = 50ms,
                                        .tend = 400ms,
                                        .settle = 5s,
                                        .batch_entries_max = plan.batch_entries_max,
                                        .queue_entries_max = 64,
                                        .window_bytes_max = plan.window_bytes_max,
                                        .runtime = &process};
  ATOMA_TRY(life.ledger, replica::ReplicatedLedger::start(*life.queue, *life.log,
                                                          std::move(applier), options, found));
  ATOMA_TRY_VOID(start_services(life));
  life.ledger->announce("http://" + name_);
  return {};
}

// As whoever founds a replicated log brings its first entry.
Status Node::begin_log(Life& life) {
  const auto answer = std::make_shared<std::optional<Status>>();
  life.log->append(world_.genesis_, [answer](const Result<tlog::Receipt>& receipt) {
    *answer = receipt ? Status() : Status(std::unexpected(receipt.error()));
  });
  while (!*answer) life.process.sleep(1ms);
  return **answer;
}

Status Node::start_services(Life& life) {
  if (!world_.genesis_.empty()) {
    ATOMA_TRY(life.sequencer,
              registry::Sequencer::open(*life.ledger,
                                        {.key = test::issuer_key("sequencer"),
                                         .map_head_interval = world_.plan_.map_head_every,
                                         .shared = true,
                                         .published = {},
                                         .runtime = &life.process,
                                         .files = &life.files,
                                         .mark = "/verified"},
                                        world_.clock_, world_.entropy_));
  }
  if (world_.plan_.witnesses == 0) return {};
  auto policy = tlog::TlogPolicy::parse(world_.policy_);
  ATOMA_CHECK(policy);
  ATOMA_TRY(life.publisher, registry::Publisher::start(*life.ledger, *std::move(policy),
                                                       publisher_options(life), world_.clock_));
  return {};
}

std::vector<std::unique_ptr<Peer>> Node::peers(Life& life) {
  std::vector<std::unique_ptr<Peer>> out;
  for (const auto& other : world_.nodes_) {
    if (other.get() == this) continue;
    const bool lies = world_.faults_ && world_.plan_.lying_peers;
    out.push_back(std::make_unique<SimPeer>(world_.network_, life.process, place_, *other, lies));
  }
  return out;
}

registry::PublisherOptions Node::publisher_options(Life& life) {
  return {.directory = "/witnesses",
          .ml_dsa = {},
          .on_halt =
              [this, &life](const Error& error) {
                life.halted = error.reason;
                if (life.process.alive()) world_.note(name_, "halts: " + error.to_string());
              },
          .backoff_min = 100ms,
          .backoff_max = 1s,
          .refresh = 10s,
          .committed = [&life]() -> Result<std::uint64_t> {
            ATOMA_TRY(const auto view, life.queue->view(merkle::kSizeMax));
            return view.head ? view.head->size : 0;
          },
          .post =
              [this, &life](const http::Url& url, std::string_view body) {
                return world_.post(life.process, place_, url, body);
              },
          .files = &life.files,
          .runtime = &life.process};
}

void Node::kill(bool power, Span time) {
  if (!life_ || !life_->process.alive()) return;
  world_.note(name_, power ? "loses power" : "is killed");
  ++world_.statistics_.kills;
  check();
  life_->process.kill();
  disk_ = power ? disk_->after_power_cut(world_.random_) : disk_->as_left();
  world_.scheduler_.after(Span(0), [this, time] {
    bury();
    reboot_after(time == Span(0) ? world_.around(700ms) : time);
  });
}

void Node::bury() {
  life_->closing = true;
  world_.scheduler_.wake(life_->main);
  world_.scheduler_.run_down(life_->process);
  life_.reset();
}

void Node::reboot_after(Span time) {
  world_.scheduler_.after(time, [this] { boot(); });
}

void Node::shut_down() {
  if (!runs() || !life_->is_open) return;
  world_.note(name_, "is shut down");
  life_->closing = true;
  world_.scheduler_.wake(life_->main);
}

void Node::pause(Span time) {
  if (!runs()) return;
  world_.note(name_, std::format("is stopped for {}", time));
  ++world_.statistics_.pauses;
  life_->process.stop(true);
  // Whoever it then is.
  world_.scheduler_.after(time, [this, stopped = life_.get()] {
    if (life_.get() != stopped || !life_->process.stopped()) return;
    world_.note(name_, "goes on");
    life_->process.stop(false);
  });
}

void Node::lose_log(Span time) {
  if (!life_ || !life_->process.alive()) return;
  kill(false, time);
  const bool copied = copy_ && world_.random_.one_in(2);
  world_.note(name_, copied ? "its log is an older copy" : "its log is lost");
  ++world_.statistics_.lost_logs;
  disk_ = disk_->with_folder_of(copied ? copy_.get() : nullptr, kLogFolder);
  world_.oracle_.loses_log(name_);
}

bool Node::runs() const {
  return life_ && life_->process.alive() && !life_->process.stopped() && !life_->closing;
}

const registry::Registry* Node::log() const { return life_ ? life_->log.get() : nullptr; }

const registry::Publisher* Node::publisher() const {
  return life_ && life_->is_open ? life_->publisher.get() : nullptr;
}

replica::ReplicatedLedger* Node::ledger() const {
  return life_ && life_->is_open ? life_->ledger.get() : nullptr;
}

registry::Sequencer* Node::sequencer() const {
  return life_ && life_->is_open ? life_->sequencer.get() : nullptr;
}

bool Node::leads() const { return runs() && ledger() != nullptr && ledger()->standing().leads; }

std::string Node::failure() const {
  if (!life_ || !life_->is_open) return "";
  if (!life_->opened) return std::string(life_->opened.error().reason);
  if (!life_->halted.empty()) return life_->halted;
  if (sequencer() != nullptr && !sequencer()->failure().empty()) {
    return std::string(sequencer()->failure());
  }
  return ledger() != nullptr ? std::string(ledger()->standing().failure) : "";
}

bool Node::is_content() const {
  return failure().empty() && ledger() != nullptr && ledger()->standing().why.empty();
}

bool Node::is_settled(std::uint64_t size, bool published) const {
  if (!runs() || ledger() == nullptr) return false;
  if (log()->latest_checkpoint().checkpoint.size != size || !ledger()->standing().caught_up) {
    return false;
  }
  if (sequencer() != nullptr && sequencer()->size() != size) return false;
  if (!published || size == 0) return true;
  const auto shown = publisher()->published();
  return shown && shown->checkpoint.size == size;
}

std::string Node::describe() const {
  if (!runs()) return "does not run";
  if (ledger() == nullptr) return "has not started";
  const auto standing = ledger()->standing();
  std::string out =
      std::format("applied {} of {}, {}", standing.applied, standing.head, standing.why);
  if (publisher() == nullptr) return out;
  const auto shown = publisher()->published();
  out += std::format("; published {}", shown ? shown->checkpoint.size : 0);
  for (const auto& report : publisher()->reports()) {
    out += std::format("; {} {} {}", report.name, report.size, report.error);
  }
  return out;
}

void Node::write(std::string text) {
  if (!runs() || ledger() == nullptr) return;
  world_.note(name_, "is asked to append " + text);
  Bytes entry = to_bytes(text);
  ledger()->append(std::move(entry), [this, life = life_.get(), text = std::move(text)](
                                         const Result<tlog::Receipt>& receipt) {
    if (life->process.alive()) answered(text, receipt);
  });
}

void Node::submit(Bytes entry, std::function<void(const Result<registry::Submitted>&)> done) {
  sequencer()->submit(std::move(entry), [life = life_.get(), done = std::move(done)](
                                            const Result<registry::Submitted>& outcome) {
    if (life->process.alive()) done(outcome);
  });
}

void Node::write_own(ledger::Draft draft,
                     std::function<void(const Result<ledger::Written>&)> done) {
  sequencer()->write(
      std::move(draft), test::issuer_key("broker"),
      [life = life_.get(), done = std::move(done)](const Result<ledger::Written>& outcome) {
        if (life->process.alive()) done(outcome);
      });
}

void Node::answered(const std::string& text, const Result<tlog::Receipt>& receipt) {
  if (receipt) {
    ++world_.statistics_.acknowledged;
    world_.note(name_, std::format("acknowledges {} at {}", text, receipt->index));
    world_.oracle_.acknowledges(name_, text, *receipt);
  } else if (receipt.error().reason == "ledger.unknown_outcome") {
    ++world_.statistics_.unknown;
    world_.note(name_, "does not know of " + text);
  } else {
    ++world_.statistics_.refused;
    world_.note(name_, std::format("refuses {}: {}", text, receipt.error().reason));
    world_.oracle_.refuses(name_, text);
  }
}

void Node::check() {
  if (!life_ || !life_->process.alive() || log() == nullptr) return;
  const auto newest = log()->latest_checkpoint().checkpoint;
  if (newest.size == last_size_) return;
  world_.note(name_, std::format("has {} entries", newest.size));
  last_size_ = newest.size;
  world_.oracle_.shows(name_, {newest.size, newest.root});
  if (life_->is_open && life_->publisher) life_->publisher->wake();
}

void Node::supervise() {
  if (!life_ || !life_->process.alive()) return;
  if (life_->process.tasks.empty()) {
    life_->process.kill();
    disk_ = disk_->as_left();
    life_.reset();
    return reboot_after(world_.around(700ms));
  }
  const std::string why = failure();
  if (why.empty() || !runs()) return;
  if (passes(why)) {
    if (why == "replica.store" && world_.plan_.disk.error == 0) {
      world_.oracle_.violate(name_ + " can't write to a disk that has no fault");
    }
    kill(false);
  } else if (!world_.oracle_.branched()) {
    world_.oracle_.violate(std::format("{} stops for nothing: {}", name_, why));
  }
}

}  // namespace atoma::sim
