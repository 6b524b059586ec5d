// What durable appends cost beside a bare loop that does the least a log must: write, hash, sign,
// fdatasync. Then the log behind HTTP, in a process of its own.
#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <mutex>

#include "atoma/base/check.h"
#include "atoma/crypto/system_entropy.h"
#include "atoma/http/server.h"
#include "atoma/merkle/frontier.h"
#include "atoma/registry/tile_api.h"
#include "bench.h"
#include "bench_process.h"
#include "load.h"
#include "system_clock.h"

namespace atoma::app {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kEntrySize = 512;
constexpr std::size_t kSmallEntrySize = 64;
constexpr std::size_t kBatch = 1024;
constexpr std::string_view kOrigin = "bench.example/log";

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

tlog::NoteSigner make_signer() {
  ByteArray<32> seed{};
  seed.fill(7);
  auto signer = tlog::NoteSigner::create(
      std::string(kOrigin), crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed)));
  ATOMA_CHECK(signer.has_value());
  return std::move(*signer);
}

// No two alike, as in a log.
Bytes make_entry(std::uint64_t n, std::size_t size) {
  Bytes out(size, 0x5A);
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return out;
}

std::vector<Bytes> make_entries(std::uint64_t first, std::size_t count, std::size_t size) {
  std::vector<Bytes> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(make_entry(first + i, size));
  return out;
}

// The reference: everything that durability and a signed root need, and nothing else.
class BareLoop {
 public:
  BareLoop(const std::filesystem::path& file, std::size_t batch)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), batch_(batch) {
    ATOMA_CHECK(fd_ >= 0);
    // Written once, so that later writes change no size and allocate no block.
    const Bytes zeros(1024 * 1024);
    for (std::size_t at = 0; at < kFileSize; at += zeros.size()) write(at, zeros);
    ATOMA_CHECK(::fdatasync(fd_) == 0);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;
  ~BareLoop() { ::close(fd_); }

  double operator()(std::uint64_t batches) {
    double seconds = 0;
    for (std::uint64_t b = 0; b < batches; ++b) {
      const auto entries = make_entries(frontier_.size(), batch_, kEntrySize);
      const auto begin = steady_clock::now();
      commit(entries);
      seconds += seconds_since(begin);
    }
    return seconds;
  }

 private:
  static constexpr std::size_t kFileSize = 64 * 1024 * 1024;

  void write(std::size_t at, ByteView data) const {
    ATOMA_CHECK(::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(at)) ==
                static_cast<ssize_t>(data.size()));
  }
  void commit(const std::vector<Bytes>& entries) {
    Bytes out;
    out.reserve(entries.size() * (kEntrySize + sizeof(merkle::Hash)) + 1024);
    for (const Bytes& entry : entries) {
      const merkle::Hash leaf = merkle::leaf_hash(entry);
      frontier_.append(leaf);
      append(out, leaf);
      append(out, entry);
    }
    const auto signed_root =
        tlog::sign_checkpoint({std::string(kOrigin), frontier_.size(), frontier_.root()}, signer_);
    append(out, signed_root.note);
    if (at_ + out.size() > kFileSize) at_ = 0;
    write(at_, out);
    ATOMA_CHECK(::fdatasync(fd_) == 0);
    at_ += out.size();
  }

  const int fd_;
  const std::size_t batch_;
  std::size_t at_ = 0;
  merkle::Frontier frontier_;
  const tlog::NoteSigner signer_ = make_signer();
};

// Appends of so many entries, one behind the other; another waits while one is written.
class Library {
 public:
  Library(const std::filesystem::path& folder, std::size_t batch, std::size_t entry_size,
          std::size_t at_once)
      : batch_(batch), entry_size_(entry_size), at_once_(at_once) {
    auto opened =
        store::SegmentLog::open({.directory = folder, .signer = &signer_, .create = true});
    ATOMA_CHECK(opened.has_value());
    log = *std::move(opened);
  }

  double operator()(std::uint64_t batches) {
    double making = 0;
    const auto begin = steady_clock::now();
    for (std::uint64_t b = 0; b < batches; ++b) {
      const auto before = steady_clock::now();
      auto entries = make_entries(next_, batch_, entry_size_);
      making += seconds_since(before);
      next_ += batch_;
      wait_below(at_once_);
      ++out_;
      log->append_all(std::move(entries), [this](Result<std::uint64_t> first) {
        ATOMA_CHECK(first.has_value());
        const std::lock_guard guard(mutex_);
        --out_;
        changed_.notify_one();
      });
    }
    wait_below(1);
    const double seconds = seconds_since(begin);
    // Where one waits for the disk meanwhile, making the next entries is free.
    return at_once_ > 1 ? seconds : seconds - making;
  }

  std::unique_ptr<store::SegmentLog> log;

 private:
  void wait_below(std::size_t count) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return out_ < count; });
  }

  const tlog::NoteSigner signer_ = make_signer();
  const std::size_t batch_, entry_size_, at_once_;
  std::uint64_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::size_t> out_ = 0;
};

Measurement bench_library(const std::filesystem::path& parent, std::size_t batch,
                          std::size_t at_once, double goal) {
  const ScratchFolder folder(parent);
  const auto bare = std::make_shared<BareLoop>(folder.path / "bare", batch);
  const auto library = std::make_shared<Library>(folder.path / "log", batch, kEntrySize, at_once);
  auto out = compare_timed(
      std::format("append_{}", batch), [library](std::uint64_t n) { return (*library)(n); },
      [bare](std::uint64_t n) { return (*bare)(n); }, 1, goal,
      std::format("entries of 512 bytes, {} batch{} at a time; reference: the bare loop", at_once,
                  at_once == 1 ? "" : "es"));
  library->log->close();
  out.value *= static_cast<double>(batch);
  out.reference *= static_cast<double>(batch);
  return out;
}

// What `atoma log serve` does.
void serve_log(const std::filesystem::path& data,
               const ServerProcess::UntilStopped& until_stopped) {
  const SystemClock clock;
  crypto::SystemEntropy entropy;
  auto log = registry::Registry::open(data, kOrigin, entropy, nullptr);
  ATOMA_CHECK(log.has_value());
  http::Router router;
  registry::mount_tile_api(router, **log);
  registry::mount_add_api(router, **log);
  http::ServerOptions options;
  options.connections_max = options.in_flight_max = 2048;
  auto server = http::Server::start(std::move(router), options);
  ATOMA_CHECK(server.has_value());
  until_stopped((*server)->port());
  (*server)->stop();
  (*log)->close();
}

std::string post(std::string_view path, ByteView body) {
  return std::format(
      "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path, body.size(), as_text(body));
}

// An absolute goal, as a ratio to it.
Measurement against(std::string name, double value, double goal, std::string note) {
  return {.name = std::move(name),
          .value = value,
          .unit = "1/s",
          .reference = goal,
          .ratio = value / goal,
          .goal = 1,
          .note = std::move(note)};
}

LoadResult load(const ServerProcess& server, const std::string& request, int connections) {
  auto result = put_load({.port = server.port, .request = request, .connections = connections});
  ATOMA_CHECK(result.failed == 0 && result.answered > 0);
  return result;
}

void bench_http(const ServerProcess& server, const Progress& progress,
                std::vector<Measurement>& out) {
  progress("batches of 1,024 over HTTP");
  Bytes bundle;
  for (const Bytes& entry : make_entries(0, kBatch, kEntrySize)) {
    merkle::append_bundle_entry(bundle, entry);
  }
  for (const int connections : {1, 4}) {
    const auto batches = load(server, post("/v1/log/entries", bundle), connections);
    const double p99 = batches.quantile(0.99);
    out.push_back(against(std::format("http_batch_{}", connections),
                          batches.rate() * static_cast<double>(kBatch), 150'000,
                          std::format("{} connections; median {:.1f} ms", connections,
                                      1000 * batches.quantile(0.5))));
    out.push_back(against(std::format("http_batch_{}_p99", connections), 1 / p99, 1 / 0.010,
                          std::format("{:.1f} ms; goal 10 ms", 1000 * p99)));
  }
  const std::string one = post("/add", make_entry(1, kEntrySize));
  progress("POST /add, 64 writers");
  const auto few = load(server, one, 64);
  const double median = few.quantile(0.5);
  out.push_back(against("http_add_64", few.rate(), 10'000, "entries of 512 bytes, one a request"));
  out.push_back(against("http_add_64_median", 1 / median, 1 / 0.002,
                        std::format("{:.2f} ms, p99 {:.2f} ms; goal 2 ms", 1000 * median,
                                    1000 * few.quantile(0.99))));
  progress("POST /add, 1,024 writers");
  const auto many = load(server, one, 1024);
  out.push_back(against("http_add_1024", many.rate(), 24'000,
                        std::format("median {:.1f} ms, p99 {:.1f} ms", 1000 * many.quantile(0.5),
                                    1000 * many.quantile(0.99))));
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// What entries cost when there are many: a proof, memory, disk.
void bench_large(const std::filesystem::path& parent, std::uint64_t entries,
                 std::vector<Measurement>& out) {
  const ScratchFolder folder(parent);
  const double before = resident_bytes();
  Library library(folder.path, store::kAppendEntriesMax, kSmallEntrySize, 2);
  library((entries + store::kAppendEntriesMax - 1) / store::kAppendEntriesMax);
  const std::uint64_t size = library.log->latest_checkpoint().checkpoint.size;
  const auto each = static_cast<double>(size);
  const double memory = (resident_bytes() - before) / each;
  double disk = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path)) {
    if (file.is_regular_file()) disk += static_cast<double>(file.file_size());
  }
  std::uint64_t at = 12345;
  const double proofs = operations_per_second([&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      at = at * 6364136223846793005u + 1442695040888963407u;
      ATOMA_CHECK(library.log->prove_inclusion(at % size, size).has_value());
    }
  });
  out.push_back(against("inclusion_proof", proofs, 1 / 20e-6,
                        std::format("{:.2f} us at {} entries; goal 20 us", 1e6 / proofs, size)));
  const double beside = disk / each - static_cast<double>(kSmallEntrySize);
  out.push_back(against("disk_per_entry", 1 / beside, 1 / 40.0,
                        std::format("entry + {:.1f} bytes; goal 40", beside)));
  out.push_back({.name = "memory_per_entry",
                 .value = memory,
                 .unit = "bytes",
                 .reference = 0,
                 .ratio = 0,
                 .goal = 0,
                 .note = std::format("bytes of resident memory, at {} entries", size)});
}

}  // namespace

// Wall-clock time: waiting for the disk is what is measured.
std::vector<Measurement> bench_ledger(const LedgerOptions& options, const Progress& progress) {
  std::vector<Measurement> out;
  {
    const ScratchFolder folder(options.folder);
    const ServerProcess server(
        [&](const auto& until_stopped) { serve_log(folder.path, until_stopped); });
    bench_http(server, progress, out);
  }
  progress("appends in process");
  out.push_back(bench_library(options.folder, 1, 1, 0));
  out.push_back(bench_library(options.folder, 64, 1, 0));
  out.push_back(bench_library(options.folder, kBatch, 1, 0));
  out.push_back(bench_library(options.folder, kBatch, 2, 0.6));
  out.back().name += "_ahead";
  progress(std::format("a log of {} entries", options.entries));
  bench_large(options.folder, options.entries, out);
  progress(std::format("a ledger of {} labels", options.labels));
  bench_lookup(options.folder, options.labels, out);
  return out;
}

}  // namespace atoma::app
