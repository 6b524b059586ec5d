#include "atoma/monitor/records.h"

#include <filesystem>

#include "test_log.h"

namespace atoma::monitor {
namespace {

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "atoma-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  ~RecordsTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  Result<Records> open(std::string_view key = "log") {
    return Records::open(store::posix_file_system(), directory / "state",
                         log_signer(key).verifier_key());
  }
  std::string read(const std::string& file) {
    const auto bytes = store::read_file(store::posix_file_system(), file, 100'000);
    return bytes ? std::string(as_text(*bytes)) : bytes.error().to_string();
  }
  store::Path directory;
};

TEST_F(RecordsTest, KnowsTheNewestCheckpointAgain) {
  const FakeLog log(ledger_of(5).log);
  {
    auto records = open();
    ASSERT_TRUE(records);
    EXPECT_FALSE(records->kept());
    EXPECT_EQ(open().error().reason, "store.locked");
    EXPECT_TRUE(records->keep(tlog::sign_checkpoint(log.at(3), log_signer())));
    EXPECT_TRUE(records->keep(tlog::sign_checkpoint(log.at(6), log_signer())));
  }
  const auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kept()->note, log.note(6));
  EXPECT_EQ(again->alarm(), "");
}

TEST_F(RecordsTest, RefusesTheCheckpointOfAnotherLog) {
  const FakeLog log(ledger_of(5).log);
  ASSERT_TRUE(open()->keep(tlog::sign_checkpoint(log.at(3), log_signer())));
  EXPECT_EQ(open("other").error().reason, "monitor.state");
}

TEST_F(RecordsTest, KeepsWhatContradictsAndTheAlarm) {
  const FakeLog mine(ledger_of(5).log), other(ledger_of(9, "other").log);
  Follower follower({.log = log_signer().verifier_key(), .policy = {}});
  Findings found;
  follower.follow(mine.note(), "log", mine.reader(), found);
  follower.compare(other.note(), "peer", other.reader(), found);
  ASSERT_EQ(found.size(), 1U);
  {
    auto records = open();
    ASSERT_TRUE(records->keep_evidence(found[0]));
    EXPECT_EQ(found[0].files.size(), 3U);
    EXPECT_EQ(read(found[0].files[0]), mine.note());
    EXPECT_EQ(read(found[0].files[1]), other.note());
    EXPECT_NE(read(found[0].files[2]).find("\"larger_size\": 10"), std::string::npos);
    Finding again = found[0];
    ASSERT_TRUE(records->keep_evidence(again));
    EXPECT_EQ(again.files, found[0].files);
  }
  EXPECT_NE(open()->alarm().find("a tree of 6 entries"), std::string::npos);
}

TEST_F(RecordsTest, ARollbackRaisesNoAlarm) {
  const FakeLog log(ledger_of(5).log);
  Follower follower({.log = log_signer().verifier_key(), .policy = {}});
  Findings found;
  follower.follow(log.note(), "log", log.reader(), found);
  follower.follow(log.note(3), "log", log.reader(), found);
  ASSERT_EQ(found.size(), 1U);
  auto records = open();
  ASSERT_TRUE(records->keep_evidence(found[0]));
  EXPECT_EQ(read(found[0].files.at(0)), log.note(3));
  EXPECT_EQ(found[0].files.size(), 2U);
  EXPECT_EQ(records->alarm(), "");
}

}  // namespace
}  // namespace atoma::monitor
