// What a replicated log takes through etcd, beside a bare compare-and-swap loop on the same etcd
// with the same batches, in turns. Wall-clock time: both wait for etcd's disks.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <format>
#include <mutex>
#include <thread>

#include "atoma/base/check.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/registry/registry.h"
#include "atoma/replica/etcd_queue.h"
#include "atoma/replica/ledger.h"
#include "atoma/wire/text.h"
#include "bench.h"

namespace atoma::app {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kEntrySize = 512;
constexpr std::size_t kBatch = 128;  // 64 KiB of entries
constexpr std::size_t kWaiting = 8 * kBatch;
constexpr int kRounds = 5;
constexpr auto kRound = std::chrono::seconds(2);
constexpr double kGoal = 0.7;

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

// Puts a batch's bytes and a head when the head is the one before: what any log on etcd does.
double bare_loop(const etcd::Client& etcd, const std::string& prefix, const Bytes& value) {
  std::uint64_t revision = 0, done = 0;
  const std::string head = prefix + "/head";
  if (const auto now = etcd.range({head, head + '\0'}, {}); now && !now->kvs.empty()) {
    revision = now->kvs[0].mod_revision;
  }
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < kRound) {
    const auto put = etcd.commit(
        {.compares = {{.key = head, .of = etcd::Compare::Of::kModRevision, .revision = revision}},
         .puts = {{.key = prefix + "/batch", .value = value, .lease = 0},
                  {.key = head, .value = Bytes(48, 1), .lease = 0}},
         .deletes = {}});
    if (put.ended != etcd::Ended::kDone) break;
    revision = put.revision;
    done += kBatch;
  }
  return static_cast<double>(done) / seconds_since(begin);
}

// Keeps so many appends under way, and remembers how long each took.
class Load {
 public:
  explicit Load(tlog::Ledger& ledger) : ledger_(ledger) {}

  double run() {
    const auto begin = steady_clock::now();
    const std::uint64_t before = acknowledged();
    for (std::uint64_t i = 0; steady_clock::now() - begin < kRound; ++i) {
      {
        std::unique_lock guard(mutex_);
        room_.wait(guard, [this] { return waiting_ < kWaiting; });
        ++waiting_;
      }
      Bytes entry(kEntrySize);
      std::ranges::copy(as_bytes(std::format("{:020}", i)), entry.begin());
      ledger_.append(std::move(entry), [this, sent = steady_clock::now()](const auto& receipt) {
        took(receipt.has_value(), seconds_since(sent));
      });
    }
    const double rate = static_cast<double>(acknowledged() - before) / seconds_since(begin);
    std::unique_lock guard(mutex_);
    room_.wait(guard, [this] { return waiting_ == 0; });
    return rate;
  }
  std::uint64_t acknowledged() const {
    const std::lock_guard guard(mutex_);
    return acknowledged_;
  }
  double latency_ms(double part) {
    const std::lock_guard guard(mutex_);
    if (latencies_.empty()) return 0;
    std::ranges::sort(latencies_);
    const auto at = static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1));
    return latencies_[at] * 1e3;
  }

 private:
  void took(bool good, double seconds) {
    const std::lock_guard guard(mutex_);
    --waiting_;
    if (good) {
      ++acknowledged_;
      latencies_.push_back(seconds);
    }
    room_.notify_one();
  }

  tlog::Ledger& ledger_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::size_t waiting_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::vector<double> latencies_;
};

// A log of its own in a new folder and under a name that no other run has.
struct World {
  store::Path folder;
  std::string prefix;
  std::unique_ptr<registry::Registry> log;
  std::unique_ptr<replica::EtcdQueue> queue;
  std::unique_ptr<replica::ReplicatedLedger> ledger;

  ~World() {
    ledger.reset();
    log.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
};

Result<std::unique_ptr<World>> make_world(const ReplicaBenchOptions& options) {
  auto out = std::make_unique<World>();
  auto& files = store::posix_file_system();
  crypto::SystemEntropy entropy;
  Bytes seed(32);
  entropy.fill(seed);
  out->prefix = "atoma-bench/" + wire::hex_encode(ByteView(seed).first(8));
  out->folder =
      store::Path(options.folder) / ("bench-" + wire::hex_encode(ByteView(seed).first(4)));
  ATOMA_TRY_VOID(files.make_directory(out->folder / "registry"));
  ATOMA_TRY_VOID(store::replace_file(files, out->folder / "registry" / "log.key", seed));
  ATOMA_TRY(out->log,
            registry::Registry::open_replica(out->folder / "registry", "bench.local/log"));
  ATOMA_TRY(auto client, etcd::Client::create(options.etcd, {}));
  out->queue =
      std::make_unique<replica::EtcdQueue>(std::make_unique<etcd::Client>(std::move(client)),
                                           replica::EtcdQueue::Options{.prefix = out->prefix});
  ATOMA_TRY(auto guard, replica::Guard::open(files, out->folder / "signer"));
  ATOMA_TRY(auto applier, replica::Applier::open(*out->log, std::move(guard), {}, {}));
  replica::ReplicaOptions how{.node = "bench", .nodes = 1};
  how.batch_entries_max = kBatch;
  ATOMA_TRY(out->ledger, replica::ReplicatedLedger::start(*out->queue, *out->log,
                                                          std::move(applier), how, true));
  out->ledger->announce("http://bench");
  for (int tries = 0; !out->ledger->standing().leads; ++tries) {
    if (tries > 500) return fail(Code::kUnavailable, "queue.unavailable", "nobody leads");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return out;
}

}  // namespace

Result<std::vector<Measurement>> bench_replica(const ReplicaBenchOptions& options,
                                               const Progress& progress) {
  ATOMA_TRY(const auto world, make_world(options));
  ATOMA_TRY(const auto etcd, etcd::Client::create(options.etcd, {}));
  replica::Batch batch{.first_index = 0, .term = 1, .root = {}, .entries = {}};
  batch.entries.assign(kBatch, Bytes(kEntrySize, 0x5A));
  const Bytes value = replica::encode_batch(batch);
  Load load(*world->ledger);
  std::vector<double> rates, bare, ratios;
  for (int round = 0; round < kRounds; ++round) {
    progress(std::format("round {} of {}", round + 1, kRounds));
    bare.push_back(bare_loop(etcd, world->prefix + "-bare", value));
    rates.push_back(load.run());
    ratios.push_back(rates.back() / std::max(bare.back(), 1e-9));
  }
  for (auto* values : {&rates, &bare, &ratios}) std::ranges::sort(*values);
  return std::vector{Measurement{
      .name = "replicated append",
      .value = rates[kRounds / 2],
      .unit = "entries/s",
      .reference = bare[kRounds / 2],
      .ratio = ratios[kRounds / 2],
      .goal = kGoal,
      .note =
          std::format("{} entries of {} B a batch, {} under way; p50 {:.1f} ms, p99 {:.1f} ms",
                      kBatch, kEntrySize, kWaiting, load.latency_ms(0.5), load.latency_ms(0.99))}};
}

}  // namespace atoma::app
