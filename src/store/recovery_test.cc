// What opening refuses, and what it repairs.
#include <format>

#include "atoma/base/limits.h"
#include "atoma/store/log_directory.h"
#include "memory_files.h"
#include "test_support.h"

namespace atoma::store {
namespace {

const Path kDirectory = "/log";
const Path kEntries = kDirectory / kEntriesFile;
const Path kCheckpoint = kDirectory / kCheckpointFile;

class Recovery : public testing::Test {
 protected:
  Result<std::unique_ptr<SegmentLog>> open(bool create = false) {
    return SegmentLog::open(
        {.directory = kDirectory, .signer = &signer_, .files = &files_, .create = create});
  }
  std::string_view refusal() {
    const auto log = open();
    return log ? std::string_view() : log.error().reason;
  }
  // A log of `n` entries, one a frame.
  void fill(int n, std::string_view what = "entry") {
    auto log = open(true);
    ASSERT_TRUE(log) << log.error().to_string();
    for (int i = 0; i < n; ++i) {
      ASSERT_TRUE(append_and_wait(**log, std::format("{} {}", what, i)));
    }
  }
  Bytes& entries() { return files_.contents(kEntries); }
  Bytes& checkpoint() { return files_.contents(kCheckpoint); }

  MemoryFiles files_;
  tlog::NoteSigner signer_ = test_signer();
};

TEST_F(Recovery, OpensWhatWasWritten) {
  fill(5);
  const auto log = open();
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ((*log)->opened().frames, 5u);
  EXPECT_EQ((*log)->opened().torn_bytes, 0u);
  EXPECT_EQ((*log)->latest_checkpoint().checkpoint.size, 5u);
}

TEST_F(Recovery, NothingThereIsNotAnEmptyLog) {
  EXPECT_EQ(refusal(), "store.missing");
  EXPECT_TRUE(open(true));
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(create_log(files_, kDirectory, signer_).error().reason, "store.exists");
}

TEST_F(Recovery, RefusesEveryChangedByte) {
  fill(4);
  const Bytes good = entries();
  for (std::size_t i = 0; i < good.size(); ++i) {
    entries() = good;
    entries()[i] ^= 0x10;
    ASSERT_EQ(refusal(), "store.corrupt") << "byte " << i;
  }
  entries() = good;
  EXPECT_EQ(refusal(), "");
}

TEST_F(Recovery, NamesTheFirstEntryOfTheFrameThatChanged) {
  fill(4);
  const std::string text(as_text(entries()));
  entries()[text.find("entry 2")] = 'E';
  const auto log = open();
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("entry 2: expected a frame"), std::string::npos)
      << log.error().message;
}

TEST_F(Recovery, RefusesALogThatEndsBeforeItsCheckpoint) {
  fill(3);
  const Bytes three = entries();
  fill(2);
  const Bytes five = entries();
  entries() = three;
  EXPECT_EQ(refusal(), "store.rollback");
  entries() = Bytes(three.begin(), three.begin() + 8);
  EXPECT_EQ(refusal(), "store.rollback");
  // Cut inside a frame: what is missing was acknowledged.
  for (std::size_t size = three.size() + 1; size < five.size(); ++size) {
    entries() = Bytes(five.begin(), five.begin() + static_cast<std::ptrdiff_t>(size));
    const auto reason = refusal();
    ASSERT_TRUE(reason == "store.corrupt" || reason == "store.rollback") << reason;
  }
}

TEST_F(Recovery, CutsATornTailBeyondTheCheckpoint) {
  fill(3);
  const Bytes three = entries();
  const Bytes shown = checkpoint();
  fill(2);
  const Bytes five = entries();
  for (const std::size_t left :
       {std::size_t{1}, std::size_t{31}, std::size_t{40}, std::size_t{100}}) {
    entries() =
        Bytes(five.begin(), five.begin() + static_cast<std::ptrdiff_t>(three.size() + left));
    checkpoint() = shown;
    const auto log = open();
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_EQ((*log)->opened().torn_bytes, left);
    EXPECT_EQ(entries(), three);
  }
}

TEST_F(Recovery, CutsGarbageUpToOneFrameAndNoMore) {
  fill(3);
  const Bytes three = entries();
  entries().resize(three.size() + 5000, 0xAA);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(entries(), three);
  entries().resize(three.size() + kFrameBytesMax + 1, 0xAA);
  EXPECT_EQ(refusal(), "store.corrupt");
}

TEST_F(Recovery, RefusesDamageWithMoreBehindIt) {
  fill(3);
  const Bytes shown = checkpoint();
  const std::size_t at = entries().size();
  fill(2);
  checkpoint() = shown;
  entries()[at + 60] ^= 1;  // in the first of two whole frames beyond the checkpoint
  EXPECT_EQ(refusal(), "store.corrupt");
}

TEST_F(Recovery, KeepsAWholeFrameBeyondTheCheckpoint) {
  fill(3);
  const Bytes shown = checkpoint();
  fill(1, "unacknowledged");
  const Bytes newest = checkpoint();
  checkpoint() = shown;
  const auto log = open();
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ((*log)->opened().entries_rescued, 1u);
  EXPECT_EQ((*log)->latest_checkpoint().checkpoint.size, 4u);
  EXPECT_EQ(checkpoint(), newest);
}

TEST_F(Recovery, RefusesTwoHistories) {
  fill(3);
  const Bytes shown = checkpoint();
  files_.lose(kEntries);
  files_.lose(kCheckpoint);
  fill(4, "other");
  checkpoint() = shown;
  EXPECT_EQ(refusal(), "store.fork");
}

TEST_F(Recovery, RefusesFramesThatDoNotFit) {
  fill(2);
  const Bytes two = entries();
  const Bytes frame(two.begin() + 8,
                    two.begin() + 8 + static_cast<std::ptrdiff_t>(two.size() - 8) / 2);
  append(entries(), frame);  // entry 0 again
  const auto log = open();
  EXPECT_EQ(log.error().reason, "store.corrupt");
  EXPECT_NE(log.error().message.find("begins with entry 2, found 0"), std::string::npos);
}

TEST_F(Recovery, RefusesAFrameThatTheLogDidNotSign) {
  fill(2);
  const auto entry = as_bytes("forged");
  const merkle::Hash leaf = merkle::leaf_hash(entry);
  merkle::Frontier tree;
  for (const char* text : {"entry 0", "entry 1"}) tree.append(merkle::leaf_hash(as_bytes(text)));
  tree.append(leaf);
  const tlog::Checkpoint checkpoint{"example.org/log", 3, tree.root()};
  const std::string note = tlog::sign_checkpoint(checkpoint, test_signer(2)).note;
  append(entries(), encode_frame(2, {{entry}}, {{leaf}}, note));
  EXPECT_EQ(refusal(), "store.corrupt");
}

TEST_F(Recovery, RefusesAnotherKeysLog) {
  fill(2);
  const tlog::NoteSigner other = test_signer(2);
  const auto log = SegmentLog::open({.directory = kDirectory, .signer = &other, .files = &files_});
  EXPECT_EQ(log.error().reason, "store.checkpoint");
}

TEST_F(Recovery, RefusesABadOrMissingCheckpoint) {
  fill(2);
  const Bytes good = checkpoint();
  checkpoint()[0] ^= 1;
  EXPECT_EQ(refusal(), "store.checkpoint");
  checkpoint().clear();
  EXPECT_EQ(refusal(), "store.checkpoint");
  checkpoint() = to_bytes(tlog::sign_checkpoint({"example.org/log", 0, {}}, signer_).note);
  EXPECT_EQ(refusal(), "store.checkpoint");
  checkpoint().assign(limits::kNoteMax + 1, 'a');
  EXPECT_EQ(refusal(), "store.size");
  files_.lose(kCheckpoint);
  EXPECT_EQ(refusal(), "store.checkpoint_missing");
  const auto log = open(true);  // and creating does not step over it
  EXPECT_EQ(log.error().reason, "store.checkpoint_missing");
}

TEST_F(Recovery, RefusesAMissingEntriesFile) {
  fill(2);
  files_.lose(kEntries);
  EXPECT_EQ(refusal(), "store.missing");
  EXPECT_EQ(open(true).error().reason, "store.missing");
}

}  // namespace
}  // namespace atoma::store
