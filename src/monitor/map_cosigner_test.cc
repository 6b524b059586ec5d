#include "atoma/monitor/map_cosigner.h"

#include <filesystem>

#include "atoma/crypto/system_entropy.h"
#include "test_log.h"

namespace atoma::monitor {
namespace {

struct FixedClock final : Clock {
  Time now() const override { return ledger::kStart; }
};

class MapCosignerTest : public testing::Test {
 protected:
  MapCosignerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "atoma-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  ~MapCosignerTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  Result<MapCosigner> open() {
    return MapCosigner::open(directory, "monitor.example/m1", log_signer().verifier_key(), clock,
                             entropy);
  }
  static Follower replayed(const FakeLog& log, std::uint64_t size) {
    Follower out({.log = log_signer().verifier_key(), .policy = {}});
    Findings found;
    out.follow(log.note(size), "log", log.reader(), found);
    while (out.replay("log", log.reader(), 10'000, found)) {
    }
    EXPECT_TRUE(found.empty());
    return out;
  }
  store::Path directory;
  FixedClock clock;
  crypto::SystemEntropy entropy;
};

TEST_F(MapCosignerTest, CosignsWhatWasReplayedByBothKeys) {
  const FakeLog log(ledger_of(30).log);
  auto map_cosigner = open();
  ASSERT_TRUE(map_cosigner);
  EXPECT_EQ(*map_cosigner->cosign(Follower({.log = log_signer().verifier_key(), .policy = {}})),
            "");
  for (const std::uint64_t size : {0, 1, 7, 7, 31}) {
    const auto note = map_cosigner->cosign(replayed(log, size));
    ASSERT_TRUE(note) << note.error().message;
    const auto parsed = tlog::parse_note(*note);
    EXPECT_EQ(tlog::verify_checkpoint(*note, log_signer().verifier_key())->checkpoint,
              log.at(size));
    for (const auto& key : map_cosigner->keys()) {
      EXPECT_EQ(*tlog::verify_cosignature(*parsed, key),
                static_cast<std::uint64_t>(ledger::kStart.unix_s));
    }
  }
}

TEST_F(MapCosignerTest, NeverGoesBackAndKnowsItAfterARestart) {
  const FakeLog log(ledger_of(30).log);
  ASSERT_NE(*open()->cosign(replayed(log, 20)), "");
  EXPECT_EQ(*open()->cosign(replayed(log, 19)), "");
  EXPECT_NE(*open()->cosign(replayed(log, 20)), "");
}

TEST_F(MapCosignerTest, NeverCosignsAnotherTree) {
  const FakeLog log(ledger_of(30).log), other(ledger_of(30, "other").log);
  ASSERT_NE(*open()->cosign(replayed(log, 20)), "");
  EXPECT_EQ(open()->cosign(replayed(other, 20)).error().reason, "witness.fork");
  EXPECT_EQ(open()->cosign(replayed(other, 25)).error().reason, "witness.proof");
}

}  // namespace
}  // namespace atoma::monitor
