// Logs of several tiles: opened from their end, read from files of hashes that nobody believes.
#include <format>

#include "atoma/merkle/tile.h"
#include "atoma/store/log_directory.h"
#include "memory_files.h"
#include "test_support.h"

namespace atoma::store {
namespace {

const Path kDirectory = "/log";
constexpr std::uint64_t kEntries = 1000;  // three tiles and an edge
constexpr std::size_t kBatch = 100;

Bytes entry(std::uint64_t index) { return to_bytes(std::format("entry {} of the log", index)); }

class Tail : public testing::Test {
 protected:
  void SetUp() override {
    auto log = open(true);
    ASSERT_TRUE(log) << log.error().to_string();
    for (std::uint64_t first = 0; first < kEntries; first += kBatch) append(**log, first);
  }

  Result<std::unique_ptr<SegmentLog>> open(bool create = false) {
    return SegmentLog::open({.directory = kDirectory,
                             .signer = &signer_,
                             .files = &files_,
                             .create = create,
                             .settle_interval = std::chrono::hours(1)});
  }
  void append(SegmentLog& log, std::uint64_t first) {
    std::vector<Bytes> entries;
    for (std::uint64_t i = first; i < first + kBatch; ++i) {
      entries.push_back(entry(i));
      oracle_.append(merkle::leaf_hash(entries.back()));
    }
    const auto written = append_all_and_wait(log, std::move(entries));
    ASSERT_TRUE(written) << written.error().to_string();
    ASSERT_EQ(*written, first);
  }
  Bytes& contents(std::string_view name) { return files_.contents(kDirectory / name); }

  // Every answer is right, or "store.corrupt"; returns how many were not given.
  int check_reads(const SegmentLog& log) {
    int refused = 0;
    const auto good = [&](const auto& result) {
      if (!result) {
        EXPECT_EQ(result.error().reason, "store.corrupt") << result.error().message;
      }
      refused += result ? 0 : 1;
      return result.has_value();
    };
    const std::uint64_t size = oracle_.size();
    for (std::uint64_t i = 0; i < size; i += 7) {
      if (const auto read = log.entry(i); good(read)) {
        EXPECT_EQ(*read, entry(i)) << i;
      }
      if (const auto proof = log.prove_inclusion(i, size); good(proof)) {
        EXPECT_TRUE(*proof == *merkle::prove_inclusion(oracle_, i, size)) << i;
      }
    }
    for (std::uint64_t t = 0; t < size / merkle::kTileWidth; ++t) {
      const auto hashes = log.tile({.kind = merkle::TileKind::kHashes, .level = 0, .index = t});
      if (good(hashes)) {
        for (unsigned i = 0; i < merkle::kTileWidth; ++i) {
          EXPECT_TRUE(equal(ByteView(*hashes).subspan(i * 32, 32),
                            *oracle_.node(0, t * merkle::kTileWidth + i)));
        }
      }
      for (const unsigned width : {3u, merkle::kTileWidth}) {
        const auto bundle =
            log.tile({.kind = merkle::TileKind::kEntries, .level = 0, .index = t, .width = width});
        if (!good(bundle)) continue;
        const auto entries = merkle::parse_entry_bundle(*bundle, width);
        EXPECT_TRUE(entries && equal(entries->back(), entry(t * merkle::kTileWidth + width - 1)));
      }
    }
    return refused;
  }

  MemoryFiles files_;
  tlog::NoteSigner signer_ = test_signer();
  merkle::MemoryTree oracle_;
};

TEST_F(Tail, OpeningReadsTheEndAlone) {
  const auto log = open();
  ASSERT_TRUE(log) << log.error().to_string();
  // The last whole tile ends with entry 768, in the eighth frame of ten.
  EXPECT_EQ((*log)->opened().frames, 2u);
  EXPECT_EQ((*log)->opened().entries_rescued, 0u);
  EXPECT_EQ((*log)->latest_checkpoint().checkpoint.root, *merkle::root_at(oracle_, kEntries));
  EXPECT_EQ(check_reads(**log), 0);
}

TEST_F(Tail, ProofsOfEverySizeComeFromFiles) {
  const auto log = open();
  ASSERT_TRUE(log);
  for (std::uint64_t size = 1; size <= kEntries; size += 13) {
    for (std::uint64_t index = size % 5; index < size; index += 37) {
      ASSERT_TRUE(*(*log)->prove_inclusion(index, size) ==
                  *merkle::prove_inclusion(oracle_, index, size))
          << index << " of " << size;
    }
    ASSERT_TRUE(*(*log)->prove_consistency(size, kEntries) ==
                *merkle::prove_consistency(oracle_, size, kEntries))
        << size;
  }
}

TEST_F(Tail, GrowsOnFromThere) {
  for (std::uint64_t first = kEntries; first < 2 * kEntries; first += kBatch) {
    auto log = open();
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_LE((*log)->opened().frames, 4u);
    append(**log, first);
    EXPECT_EQ(check_reads(**log), 0);
  }
}

TEST_F(Tail, MakesTheFilesOfHashesAgain) {
  const Bytes leaves = contents(kLeavesFile);
  const Bytes groups = contents(kGroupsFile);
  EXPECT_EQ(leaves.size(), 3 * merkle::kTileBytes);
  const auto damage = [&](const std::function<void()>& change) {
    change();
    const auto log = open();
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_EQ(check_reads(**log), 0);
    EXPECT_EQ(contents(kLeavesFile), leaves);
    EXPECT_EQ(contents(kGroupsFile), groups);
    EXPECT_EQ((*log)->opened().frames, 10u);
  };
  damage([&] { files_.lose(kDirectory / kLeavesFile); });
  damage([&] { files_.lose(kDirectory / kGroupsFile); });
  damage([&] { contents(kGroupsFile)[8] ^= 1; });        // a root
  damage([&] { contents(kGroupsFile)[47 * 40] ^= 1; });  // where the last group is
}

TEST_F(Tail, NothingWrongIsServed) {
  for (const std::string_view name : {kLeavesFile, kGroupsFile, kEntriesFile}) {
    for (std::size_t at = 8; at < contents(name).size(); at += 401) {
      const Bytes good = contents(name);
      auto log = open();
      ASSERT_TRUE(log) << log.error().to_string();
      contents(name)[at] ^= 0x20;
      static_cast<void>(check_reads(**log));
      contents(name) = good;
    }
  }
  auto log = open();
  contents(kLeavesFile)[5] ^= 1;
  EXPECT_GT(check_reads(**log), 0);
}

// Opening does not read old entries: reading them and the audit tell.
TEST_F(Tail, ReadingNoticesAnOldEntryThatChanged) {
  const Bytes good = contents(kEntriesFile);
  const std::size_t at = as_text(good).find("entry 5 of the log");
  contents(kEntriesFile)[at] = 'E';
  const auto log = open();
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ((*log)->entry(5).error().reason, "store.corrupt");
  EXPECT_EQ((*log)->tile({.kind = merkle::TileKind::kEntries}).error().reason, "store.corrupt");
  EXPECT_TRUE((*log)->entry(6));
}

TEST_F(Tail, RefusesACheckpointOfAnotherHistoryAtAnySize) {
  for (const std::uint64_t size : {1u, 255u, 256u, 300u, 768u, 800u, 1000u}) {
    const auto good = contents(kCheckpointFile);
    contents(kCheckpointFile) = to_bytes(
        tlog::sign_checkpoint({"example.org/log", size, merkle::leaf_hash(entry(size))}, signer_)
            .note);
    const auto log = open();
    ASSERT_FALSE(log) << size;
    EXPECT_EQ(log.error().reason, "store.fork") << size;
    contents(kCheckpointFile) = good;
  }
}

TEST_F(Tail, TheCheckpointFileFollowsAMomentLater) {
  TemporaryDirectory directory;
  const SegmentLog::Options options{.directory = directory.path() / "log",
                                    .signer = &signer_,
                                    .create = true,
                                    .settle_interval = std::chrono::milliseconds(20)};
  auto log = SegmentLog::open(options);
  ASSERT_TRUE(log);
  ASSERT_TRUE(append_and_wait(**log, "an entry"));
  const auto size = [&] {
    return read_checkpoint(posix_file_system(), options.directory, signer_.verifier_key())
        ->checkpoint.size;
  };
  while (size() != 1) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace atoma::store
