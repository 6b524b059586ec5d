// Every operation that changes the disk fails once, in each way, with each outcome of the crash
// after it; then recovery itself is made to fail at each of its steps. Afterwards the log opens,
// has every acknowledged entry, and grew out of every checkpoint that was ever shown.
#include <format>
#include <iostream>

#include "memory_files.h"
#include "test_support.h"

namespace atoma::store {
namespace {

const Path kDirectory = "/log";

struct Acknowledged {
  std::uint64_t index;
  std::string entry;
};

struct Witness {
  std::vector<Acknowledged> entries;
  std::vector<tlog::Checkpoint> shown;
};

// The checkpoint file follows each batch, or only when the log is closed.
constexpr std::chrono::milliseconds kSettle[] = {std::chrono::milliseconds(0),
                                                 std::chrono::hours(1)};
constexpr int kManyEntries = 300;  // more than a tile

class Scenario {
 public:
  explicit Scenario(std::chrono::milliseconds settle) : settle_(settle) {}

  MemoryFiles files;
  Witness seen;

  Result<std::unique_ptr<SegmentLog>> open() {
    return SegmentLog::open({.directory = kDirectory,
                             .signer = &signer_,
                             .files = &files,
                             .create = true,
                             .settle_interval = settle_});
  }

  // One entry, then a batch of three that queue while the first is written, then one more, a batch
  // that fills a tile, and a last one.
  void run() {
    auto log = open();
    if (!log) return;
    show(**log);
    std::promise<void> all_done;
    int left = 3;
    (*log)->append(to_bytes("first"), [&](Result<tlog::Receipt> receipt) {
      record(**log, "first", receipt);
      for (int i = 0; i < 3; ++i) {
        const std::string entry = std::format("of three {}", i);
        (*log)->append(to_bytes(entry), [&, entry](Result<tlog::Receipt> r) {
          record(**log, entry, r);
          if (--left == 0) all_done.set_value();
        });
      }
    });
    all_done.get_future().wait();
    record(**log, "next", append_and_wait(**log, "next"));
    append_many(**log);
    record(**log, "last", append_and_wait(**log, "last"));
  }

  // Opens what is left and checks the promises.
  void check() {
    auto log = open();
    ASSERT_TRUE(log) << log.error().to_string();
    for (const Acknowledged& a : seen.entries) {
      const auto entry = (*log)->entry(a.index);
      ASSERT_TRUE(entry) << a.index << ": " << entry.error().to_string();
      EXPECT_EQ(as_text(*entry), a.entry);
    }
    const auto receipt = append_and_wait(**log, "after");
    ASSERT_TRUE(receipt) << receipt.error().to_string();
    expect_valid(*receipt, "after", signer_.verifier_key());
    const tlog::Checkpoint now = receipt->checkpoint.checkpoint;
    for (const tlog::Checkpoint& old : seen.shown) {
      if (old.size == 0) continue;
      const auto proof = (*log)->prove_consistency(old.size, now.size);
      ASSERT_TRUE(proof) << proof.error().to_string();
      const auto same = merkle::verify_consistency(old.size, now.size, *proof, old.root, now.root);
      EXPECT_TRUE(same) << same.error().to_string();
    }
    log->reset();
    log = open();
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_EQ((*log)->opened().torn_bytes, 0u) << "a torn tail was left behind";
  }

  void show(const SegmentLog& log) { seen.shown.push_back(log.latest_checkpoint().checkpoint); }

 private:
  void append_many(SegmentLog& log) {
    std::vector<Bytes> entries;
    for (int i = 0; i < kManyEntries; ++i) entries.push_back(to_bytes(std::format("many {}", i)));
    const auto first = append_all_and_wait(log, entries);
    show(log);
    failed_ = failed_ || !first;
    for (std::size_t i = 0; first && i < entries.size(); ++i) {
      seen.entries.push_back({*first + i, std::string(as_text(entries[i]))});
    }
  }

  void record(const SegmentLog& log, std::string_view entry, const Result<tlog::Receipt>& receipt) {
    show(log);
    if (!receipt) {
      const bool first = !failed_ && receipt.error().reason == "ledger.unknown_outcome";
      EXPECT_TRUE(first || receipt.error().reason == "ledger.stopped" || batch_failed(entry))
          << receipt.error().to_string();
      failed_ = true;
      return;
    }
    EXPECT_FALSE(failed_) << "the log went on after a failure";
    seen.entries.push_back({receipt->index, std::string(entry)});
    seen.shown.push_back(receipt->checkpoint.checkpoint);
  }

  // The three of one batch share its outcome.
  static bool batch_failed(std::string_view entry) { return entry.starts_with("of three"); }

  const std::chrono::milliseconds settle_;
  bool failed_ = false;
  const tlog::NoteSigner signer_ = test_signer();
};

constexpr Fault kFaults[] = {Fault::kFail, Fault::kTear, Fault::kLie};
constexpr Crash kCrashes[] = {Crash::kLoseUnsynced, Crash::kKeepAll, Crash::kKeepHalf};

int fail_everywhere(std::chrono::milliseconds settle, int& acknowledged) {
  int cases = 0;
  for (int at = 0;; ++at) {
    bool fired = false;
    for (const Fault fault : kFaults) {
      for (const Crash crash : kCrashes) {
        SCOPED_TRACE(std::format("settle {}, operation {}, fault {}, crash {}", settle.count(), at,
                                 static_cast<int>(fault), static_cast<int>(crash)));
        Scenario scenario(settle);
        scenario.files.arm({at, fault});
        scenario.run();
        fired = fired || scenario.files.fired;
        scenario.files.arm({});
        scenario.files.crash(crash);
        scenario.check();
        ++cases;
        acknowledged += static_cast<int>(scenario.seen.entries.size());
      }
    }
    if (!fired) return cases;
  }
}

TEST(Fault, NothingAcknowledgedIsLostAndNoForkAtAnyStep) {
  for (const auto settle : kSettle) {
    int acknowledged = 0;
    const int cases = fail_everywhere(settle, acknowledged);
    std::cout << cases << " cases, " << acknowledged << " acknowledged entries found again\n";
    EXPECT_GT(cases, 150);
  }
}

int fail_recovery_too(std::chrono::milliseconds settle) {
  int cases = 0;
  for (int at = 0; at < 40; ++at) {
    for (const Fault fault : kFaults) {
      for (int second = 0; second < 12; ++second) {
        for (const Fault second_fault : kFaults) {
          SCOPED_TRACE(std::format("settle {}, operation {}, fault {}, then {}, fault {}",
                                   settle.count(), at, static_cast<int>(fault), second,
                                   static_cast<int>(second_fault)));
          Scenario scenario(settle);
          scenario.files.arm({at, fault});
          scenario.run();
          scenario.files.arm({second, second_fault});
          // Without a crash first: the page cache shows what the disk may not have.
          if (auto log = scenario.open()) scenario.show(**log);
          const bool fired = scenario.files.fired;
          scenario.files.arm({});
          scenario.files.crash(kCrashes[cases++ % 3]);
          scenario.check();
          if (!fired) second = 12;
        }
      }
    }
  }
  return cases;
}

TEST(Fault, RecoveryMayFailAtAnyStepToo) {
  for (const auto settle : kSettle) {
    const int cases = fail_recovery_too(settle);
    std::cout << cases << " cases\n";
    EXPECT_GT(cases, 150);
  }
}

}  // namespace
}  // namespace atoma::store
