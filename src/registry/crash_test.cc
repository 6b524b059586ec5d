// Kills a process that appends under load at a random moment, 200 times on the same log, and checks
// after each that every acknowledged entry is at its index and that the log grew out of every
// checkpoint it ever showed. The seed is printed; ATOMA_SEED repeats a run's moments.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <format>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "atoma/crypto/system_entropy.h"
#include "atoma/registry/audit.h"
#include "registry/test_genesis.h"

namespace atoma::registry {
namespace {

constexpr int kRounds = 200;
constexpr int kSubmitters = 4;
constexpr int kOutstanding = 8;  // a submitter's appends under way
constexpr std::string_view kOrigin = "example.org/crash";

// One report through the pipe; below PIPE_BUF, so it arrives whole or not at all.
struct Report {
  std::uint64_t number = 0;  // index, or size
  merkle::Hash hash{};       // leaf hash, or root
  char kind = 0;             // 'A'cknowledged entry, 'C'heckpoint shown
};

void send(int fd, const Report& report) {
  if (::write(fd, &report, sizeof report) != static_cast<ssize_t>(sizeof report)) ::_exit(3);
}

Result<std::unique_ptr<Registry>> open(const store::Path& directory) {
  static crypto::SystemEntropy entropy;
  static const auto genesis = test::first_entry(Time{1'795'338'000}, entropy);
  return Registry::open(directory, kOrigin, entropy, genesis);
}

// The child: appends without end and reports what it is told. Never returns.
[[noreturn]] void run_child(const store::Path& directory, int fd, int round) {
  auto opened = open(directory);
  if (!opened) {
    std::cerr << opened.error().to_string() << "\n";
    ::_exit(2);
  }
  Registry& registry = **opened;
  const auto show = [&](const tlog::Checkpoint& c) { send(fd, {c.size, c.root, 'C'}); };
  show(registry.latest_checkpoint().checkpoint);
  std::vector<std::thread> threads;
  for (int t = 0; t < kSubmitters; ++t) {
    threads.emplace_back([&, t] {
      std::atomic<int> outstanding = 0;
      for (std::uint64_t n = 0;; ++n) {
        while (outstanding >= kOutstanding) std::this_thread::yield();
        ++outstanding;
        registry.append(to_bytes(std::format("round {} thread {} entry {}", round, t, n)),
                        [&](const Result<tlog::Receipt>& receipt) {
                          if (!receipt) ::_exit(4);
                          send(fd, {receipt->index, receipt->leaf_hash, 'A'});
                          --outstanding;
                        });
      }
    });
  }
  // Shown to readers as well as to writers.
  for (std::uint64_t last = 0;;) {
    const tlog::Checkpoint latest = registry.latest_checkpoint().checkpoint;
    if (latest.size != last) show(latest);
    last = latest.size;
    std::this_thread::yield();
  }
}

struct Told {
  std::map<std::uint64_t, merkle::Hash> entries;
  std::map<std::uint64_t, merkle::Hash> checkpoints;
};

class Child {
 public:
  Child(const store::Path& directory, int round) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    read_end_ = ends[0];
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      run_child(directory, ends[1], round);
    }
    ::close(ends[1]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { ::close(read_end_); }

  // Collects reports; kills `delay` after the first acknowledgement; then collects the rest.
  int run(std::chrono::microseconds delay, Told& told) {
    using SteadyClock = std::chrono::steady_clock;
    bool killed = false;
    auto deadline = SteadyClock::now() + std::chrono::seconds(30);
    bool acknowledged = false;
    for (;;) {
      const auto left = deadline - SteadyClock::now();
      if (!killed && left <= left.zero()) {
        ::kill(pid_, SIGKILL);
        killed = true;
      }
      if (!killed && !readable(left)) continue;
      Report report;
      if (!read_report(report)) break;
      take(report, told);
      if (report.kind == 'A' && !acknowledged) {
        acknowledged = true;
        deadline = SteadyClock::now() + delay;
      }
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return status;
  }

 private:
  bool readable(std::chrono::nanoseconds timeout) const {
    const timespec wait{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
    pollfd fd{read_end_, POLLIN, 0};
    return ::ppoll(&fd, 1, &wait, nullptr) > 0;
  }

  bool read_report(Report& report) const {
    Bytes raw(sizeof report);
    std::size_t have = 0;
    while (have < raw.size()) {
      const ssize_t got = ::read(read_end_, raw.data() + have, raw.size() - have);
      if (got <= 0) return false;
      have += static_cast<std::size_t>(got);
    }
    std::memcpy(&report, raw.data(), raw.size());
    return true;
  }

  static void take(const Report& report, Told& told) {
    auto& where = report.kind == 'A' ? told.entries : told.checkpoints;
    const auto [at, fresh] = where.emplace(report.number, report.hash);
    EXPECT_EQ(at->second, report.hash) << "two answers for " << report.kind << report.number;
  }

  pid_t pid_ = -1;
  int read_end_ = -1;
};

void check(const Registry& registry, const Told& told) {
  for (const auto& [index, leaf] : told.entries) {
    const auto entry = registry.entry(index);
    ASSERT_TRUE(entry) << "acknowledged entry lost: " << entry.error().to_string();
    ASSERT_EQ(merkle::leaf_hash(*entry), leaf) << "entry " << index << " is another";
  }
  const tlog::Checkpoint now = registry.latest_checkpoint().checkpoint;
  for (const auto& [size, root] : told.checkpoints) {
    if (size == 0) continue;
    ASSERT_LE(size, now.size) << "the log is shorter than a checkpoint it showed";
    const auto proof = registry.prove_consistency(size, now.size);
    ASSERT_TRUE(proof) << proof.error().to_string();
    const auto same = merkle::verify_consistency(size, now.size, *proof, root, now.root);
    ASSERT_TRUE(same) << same.error().to_string();
  }
}

std::uint64_t seed() {
  const char* given = std::getenv("ATOMA_SEED");
  return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

TEST(Crash, KilledAtAnyMomentNothingAcknowledgedIsLost) {
  const std::uint64_t first = seed();
  std::cout << "seed " << first << " (ATOMA_SEED=" << first << " repeats it)\n";
  std::mt19937_64 random(first);
  std::string name = (std::filesystem::temp_directory_path() / "atoma-crash-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const store::Path directory = name;
  Told all;
  std::uint64_t torn = 0;
  std::uint64_t rescued = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(std::format("round {} of seed {} in {}", round, first, name));
    Told told;
    const std::chrono::microseconds delay(random() % 30'000);
    const int status = Child(directory, round).run(delay, told);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
    ASSERT_FALSE(told.entries.empty()) << "the child acknowledged nothing in 30 s";
    const auto registry = open(directory);
    ASSERT_TRUE(registry) << registry.error().to_string();
    torn += (*registry)->opened().torn_bytes > 0 ? 1 : 0;
    rescued += (*registry)->opened().entries_rescued > 0 ? 1 : 0;
    check(**registry, told);
    if (testing::Test::HasFatalFailure()) return;
    all.entries.merge(told.entries);
    all.checkpoints.merge(told.checkpoints);
  }
  const auto registry = open(directory);
  ASSERT_TRUE(registry) << registry.error().to_string();
  check(**registry, all);
  const auto report = audit_log(directory, (*registry)->verifier_key(), {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->ok());
  std::cout << kRounds << " kills: " << all.entries.size() << " acknowledged entries, "
            << all.checkpoints.size() << " checkpoints shown, " << report->entries << " entries in "
            << report->frames << " batches; tails cut " << torn
            << ", batches kept that nobody was told of " << rescued << "\n";
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace atoma::registry
