#include "atoma/store/segment_log.h"

#include <atomic>
#include <format>
#include <thread>

#include "atoma/base/limits.h"
#include "memory_files.h"
#include "test_support.h"

namespace atoma::store {
namespace {

const Path kDirectory = "/log";

Result<std::unique_ptr<SegmentLog>> open(FileSystem& files, const tlog::NoteSigner& signer,
                                         std::size_t queue_entries_max = 64) {
  return SegmentLog::open({.directory = kDirectory,
                           .signer = &signer,
                           .files = &files,
                           .create = true,
                           .queue_entries_max = queue_entries_max,
                           .queue_bytes_max = 1000,
                           .settle_interval = std::chrono::hours(1)});
}

TEST(SegmentLog, AppendsReadsProvesAndReopensOnARealDisk) {
  TemporaryDirectory directory;
  const tlog::NoteSigner signer = test_signer();
  const SegmentLog::Options options{
      .directory = directory.path() / "log", .signer = &signer, .create = true};
  for (int round = 0; round < 2; ++round) {
    auto log = SegmentLog::open(options);
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_EQ(SegmentLog::open(options).error().reason, "store.locked");
    for (std::uint64_t i = 0; i < 10; ++i) {
      const std::string entry = std::format("entry {}.{}", round, i);
      const auto receipt = append_and_wait(**log, entry);
      ASSERT_TRUE(receipt) << receipt.error().to_string();
      EXPECT_EQ(receipt->index, static_cast<std::uint64_t>(round) * 10 + i);
      expect_valid(*receipt, entry, signer.verifier_key());
      EXPECT_EQ(as_text(*(*log)->entry(receipt->index)), entry);
    }
    EXPECT_EQ(as_text(*(*log)->entry(0)), "entry 0.0");
    const auto latest = (*log)->latest_checkpoint().checkpoint;
    const auto proof = (*log)->prove_inclusion(3, 7);
    EXPECT_TRUE(proof);
    const auto growth = (*log)->prove_consistency(1, latest.size);
    ASSERT_TRUE(growth);
    EXPECT_TRUE(merkle::verify_consistency(1, latest.size, *growth,
                                           merkle::leaf_hash(as_bytes("entry 0.0")), latest.root));
  }
}

// Each is answered by itself; those that may be are one frame, whenever the writer wakes up.
TEST(SegmentLog, AppendsEachOfSomeInOneFrame) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  {
    auto log = *open(files, signer);
    std::vector<Bytes> entries;
    std::vector<tlog::Ledger::Done> done;
    std::vector<std::promise<Result<tlog::Receipt>>> told(50);
    for (std::size_t i = 0; i < told.size(); ++i) {
      entries.push_back(i == 7 ? Bytes() : to_bytes(std::format("entry {}", i)));
      done.emplace_back([&told, i](Result<tlog::Receipt> r) { told[i].set_value(std::move(r)); });
    }
    log->append_each(std::move(entries), std::move(done));
    for (std::size_t i = 0; i < told.size(); ++i) {
      const auto receipt = told[i].get_future().get();
      if (i == 7) {
        EXPECT_EQ(receipt.error().reason, "ledger.entry_size");
        continue;
      }
      ASSERT_TRUE(receipt) << receipt.error().to_string();
      EXPECT_EQ(receipt->index, i < 7 ? i : i - 1);
      EXPECT_EQ(receipt->checkpoint.checkpoint.size, told.size() - 1);
      expect_valid(*receipt, std::format("entry {}", i), signer.verifier_key());
    }
  }
  const auto again = open(files, signer);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ((*again)->opened().frames, 1U);
}

TEST(SegmentLog, StartsWithASignedCheckpointOfNothing) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = open(files, signer);
  ASSERT_TRUE(log) << log.error().to_string();
  const auto latest = (*log)->latest_checkpoint();
  EXPECT_EQ(latest.checkpoint.size, 0u);
  EXPECT_TRUE(tlog::verify_checkpoint(latest.note, signer.verifier_key()));
}

TEST(SegmentLog, RefusesEntriesAndReadsOutOfBounds) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = *open(files, signer);
  EXPECT_EQ(append_and_wait(*log, "").error().reason, "ledger.entry_size");
  EXPECT_EQ(append_and_wait(*log, std::string(limits::kLogEntryMax + 1, 'a')).error().reason,
            "ledger.entry_size");
  EXPECT_EQ(log->entry(0).error().reason, "ledger.index");
  EXPECT_EQ(log->prove_inclusion(0, 1).error().reason, "ledger.size");
  EXPECT_EQ(log->prove_consistency(1, 1).error().reason, "ledger.size");
  ASSERT_TRUE(append_and_wait(*log, "a"));
  EXPECT_EQ(log->entry(1).error().reason, "ledger.index");
  EXPECT_EQ(log->prove_inclusion(1, 1).error().reason, "merkle.index");
}

TEST(SegmentLog, AnswersBusyWhenTheQueueIsFull) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = *open(files, signer, 4);
  std::promise<void> writing;
  std::promise<void> go_on;
  std::atomic<int> done = 0;
  log->append(to_bytes("first"), [&](const Result<tlog::Receipt>&) {
    writing.set_value();
    go_on.get_future().wait();
  });
  writing.get_future().wait();  // the writer is held in the callback
  const auto count = [&](const Result<tlog::Receipt>& r) { done += r ? 1 : 0; };
  for (int i = 0; i < 3; ++i) log->append(to_bytes("queued"), count);
  // Bytes are bounded too: 18 + 990 is above 1000.
  EXPECT_EQ(append_and_wait(*log, std::string(990, 'a')).error().reason, "ledger.busy");
  log->append(to_bytes("queued"), count);
  EXPECT_EQ(append_and_wait(*log, "one too many").error().reason, "ledger.busy");
  go_on.set_value();
  log->close();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(log->latest_checkpoint().checkpoint.size, 5u);
}

TEST(SegmentLog, StopsForGoodAtTheFirstFailure) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = *open(files, signer);
  ASSERT_TRUE(append_and_wait(*log, "good"));
  files.arm({1, Fault::kFail});  // the sync after the next write
  const auto unknown = append_and_wait(*log, "lost?");
  EXPECT_EQ(unknown.error().reason, "ledger.unknown_outcome");
  EXPECT_EQ(append_and_wait(*log, "more").error().reason, "ledger.stopped");
  EXPECT_EQ(log->latest_checkpoint().checkpoint.size, 1u);
  EXPECT_EQ(as_text(*log->entry(0)), "good");
  EXPECT_EQ(log->entry(1).error().reason, "ledger.index");
}

TEST(SegmentLog, QueuedEntriesOfAStoppedLogWereNotWritten) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = *open(files, signer);
  std::promise<void> all;
  log->append(to_bytes("first"), [&](const Result<tlog::Receipt>&) {
    files.arm({0, Fault::kFail});
    log->append(to_bytes("second"), [&](const Result<tlog::Receipt>& r) {
      EXPECT_EQ(r.error().reason, "ledger.unknown_outcome");
      // Asked from the writer's own callback, after the stop: answered, not queued.
      log->append(to_bytes("third"), [&](const Result<tlog::Receipt>& s) {
        EXPECT_EQ(s.error().reason, "ledger.stopped");
        all.set_value();
      });
    });
  });
  all.get_future().wait();
}

TEST(SegmentLog, CloseAnswersEverythingAndEndsIt) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = *open(files, signer);
  std::atomic<int> acknowledged = 0;
  for (int i = 0; i < 50; ++i) {
    log->append(to_bytes("x"), [&](const Result<tlog::Receipt>& r) { acknowledged += r ? 1 : 0; });
  }
  log->close();
  EXPECT_EQ(acknowledged, 50);
  EXPECT_EQ(append_and_wait(*log, "late").error().reason, "ledger.stopped");
}

TEST(SegmentLog, NoticesAnEntryThatChangedUnderIt) {
  MemoryFiles files;
  const tlog::NoteSigner signer = test_signer();
  const auto log = *open(files, signer);
  ASSERT_TRUE(append_and_wait(*log, "the entry"));
  Bytes& disk = files.contents(kDirectory / "entries.log");
  disk[as_text(disk).find("the entry")] = 'T';
  EXPECT_EQ(log->entry(0).error().reason, "store.corrupt");
}

// Several writers and a reader at once: every receipt holds, indices are each given once. Run it
// under the tsan preset.
TEST(SegmentLog, ManyThreads) {
  TemporaryDirectory directory;
  const tlog::NoteSigner signer = test_signer();
  auto log = *SegmentLog::open({.directory = directory.path(), .signer = &signer, .create = true});
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  std::mutex mutex;
  std::vector<std::pair<tlog::Receipt, std::string>> receipts;
  std::atomic<bool> reading = true;
  std::thread reader([&] {
    while (reading) {
      const auto latest = log->latest_checkpoint().checkpoint;
      if (latest.size < 2) continue;
      const auto proof = log->prove_inclusion(latest.size / 2, latest.size);
      const auto entry = log->entry(latest.size / 2);
      ASSERT_TRUE(proof && entry);
      ASSERT_TRUE(merkle::verify_inclusion(latest.size / 2, latest.size, merkle::leaf_hash(*entry),
                                           *proof, latest.root));
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string entry = std::format("{}.{}", t, i);
        const auto receipt = append_and_wait(*log, entry);
        ASSERT_TRUE(receipt) << receipt.error().to_string();
        const std::lock_guard guard(mutex);
        receipts.emplace_back(*receipt, entry);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  reading = false;
  reader.join();
  std::vector<bool> seen(kThreads * kEach);
  for (const auto& [receipt, entry] : receipts) {
    expect_valid(receipt, entry, signer.verifier_key());
    ASSERT_LT(receipt.index, seen.size());
    EXPECT_FALSE(seen[receipt.index]);
    seen[receipt.index] = true;
  }
  EXPECT_EQ(receipts.size(), seen.size());
}

TEST(SegmentLog, KeepsEntriesThatComeTogetherTogether) {
  const TemporaryDirectory directory;
  const auto signer = test_signer();
  auto log = SegmentLog::open({.directory = directory.path(), .signer = &signer, .create = true});
  ASSERT_TRUE(log);
  std::vector<std::jthread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&log, w] {
      for (int round = 0; round < 20; ++round) {
        std::vector<Bytes> entries;
        for (int i = 0; i < 70; ++i) {
          entries.push_back(to_bytes(std::format("{} {} {}", w, round, i)));
        }
        const auto first = append_all_and_wait(**log, std::move(entries));
        ASSERT_TRUE(first);
        for (const int i : {0, 69}) {
          EXPECT_EQ(as_text(*(*log)->entry(*first + static_cast<std::uint64_t>(i))),
                    std::format("{} {} {}", w, round, i));
        }
      }
    });
  }
  writers.clear();
  EXPECT_EQ((*log)->latest_checkpoint().checkpoint.size, 4u * 20 * 70);
  const auto receipt = append_and_wait(**log, "one more");
  ASSERT_TRUE(receipt);
  expect_valid(*receipt, "one more", signer.verifier_key());
}

TEST(SegmentLog, RefusesWhatDoesNotFitABatch) {
  const TemporaryDirectory directory;
  const auto signer = test_signer();
  auto log = SegmentLog::open({.directory = directory.path(),
                               .signer = &signer,
                               .create = true,
                               .queue_entries_max = 5000});
  ASSERT_TRUE(log);
  const auto reason = [&](std::vector<Bytes> entries) {
    const auto first = append_all_and_wait(**log, std::move(entries));
    return first ? std::string_view() : first.error().reason;
  };
  EXPECT_EQ(reason({}), "ledger.batch_size");
  EXPECT_EQ(reason(std::vector<Bytes>(kAppendEntriesMax + 1, Bytes{1})), "ledger.batch_size");
  EXPECT_EQ(reason(std::vector<Bytes>(129, Bytes(65'535))), "ledger.batch_size");
  EXPECT_EQ(reason({Bytes{1}, Bytes{}}), "ledger.entry_size");
  EXPECT_EQ(reason({Bytes{1}, Bytes(65'536)}), "ledger.entry_size");
  EXPECT_EQ(reason(std::vector<Bytes>(kAppendEntriesMax, Bytes(2000))), "");
  EXPECT_EQ((*log)->latest_checkpoint().checkpoint.size, kAppendEntriesMax);
  (*log)->close();
  EXPECT_EQ(reason({Bytes{1}}), "ledger.stopped");
}

TEST(SegmentLog, GivesTilesOfEachWidthThatItHas) {
  const TemporaryDirectory directory;
  const auto signer = test_signer();
  auto log = SegmentLog::open({.directory = directory.path(), .signer = &signer, .create = true});
  ASSERT_TRUE(log);
  std::vector<Bytes> entries;
  for (int i = 0; i < 600; ++i) entries.push_back(to_bytes(std::format("entry {}", i)));
  ASSERT_TRUE(append_all_and_wait(**log, entries));
  const merkle::TileNodes tiles(600, [&](const merkle::Tile& tile) { return (*log)->tile(tile); });
  EXPECT_EQ(*merkle::root_at(tiles, 600), (*log)->latest_checkpoint().checkpoint.root);
  for (const unsigned width : {1u, 87u, 88u}) {
    const auto bundle =
        (*log)->tile({.kind = merkle::TileKind::kEntries, .index = 2, .width = width});
    ASSERT_TRUE(bundle);
    const auto read = merkle::parse_entry_bundle(*bundle, width);
    ASSERT_TRUE(read);
    EXPECT_EQ(to_bytes(read->back()), entries[511 + width]);
  }
  for (const merkle::Tile& tile :
       {merkle::Tile{.index = 2, .width = 89}, merkle::Tile{.index = 2},
        merkle::Tile{.index = 3, .width = 1}, merkle::Tile{.level = 1, .width = 3}}) {
    EXPECT_EQ((*log)->tile(tile).error().reason, "ledger.tile") << merkle::tile_path(tile);
  }
}

}  // namespace
}  // namespace atoma::store
