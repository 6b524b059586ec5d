#include "atoma/monitor/follower.h"

#include "test_log.h"

namespace atoma::monitor {
namespace {

using ledger::Body;
using ledger::kStart;
using ledger::TestLedger;

FollowerOptions options() { return {.log = log_signer().verifier_key(), .policy = {}}; }

std::string ids(const Findings& findings) {
  std::string out;
  for (const Finding& each : findings) out += (out.empty() ? "" : " ") + std::string(each.id);
  return out;
}

// One round as a monitor does it; the ids of what was found.
std::string round(Follower& follower, const FakeLog& log, const std::string& note,
                  Findings* kept = nullptr, Time now = kStart) {
  Findings out;
  follower.follow(note, "log", log.reader(), out);
  while (out.empty() && follower.replay("log", log.reader(), 300, out)) {
  }
  follower.judge(now, out);
  if (kept != nullptr) *kept = out;
  return ids(out);
}

std::string compared(Follower& follower, const std::string& note, const ReadTile& read,
                     Findings* kept = nullptr) {
  Findings out;
  follower.compare(note, "peer", read, out);
  if (kept != nullptr) *kept = out;
  return ids(out);
}

TEST(Follower, TakesAnHonestLogAtEverySize) {
  const TestLedger honest = ledger_of(700);
  const FakeLog log(honest.log);
  Follower follower(options());
  for (std::uint64_t size = 0; size <= log.size(); size += size < 20 ? 1 : 61) {
    ASSERT_EQ(round(follower, log, log.note(size)), "") << size;
    ASSERT_EQ(follower.verified()->checkpoint, log.at(size));
    ASSERT_EQ(follower.state().size(), size);
  }
  EXPECT_EQ(round(follower, log, log.note()), "");
  EXPECT_EQ(follower.state().root(), log.at(log.size()).root);
}

TEST(Follower, TakesAtOnceWhatItTakesInSteps) {
  const FakeLog log(ledger_of(700).log);
  Follower follower(options());
  EXPECT_EQ(round(follower, log, log.note()), "");
  EXPECT_EQ(follower.verified()->checkpoint, log.at(log.size()));
  EXPECT_EQ(round(follower, log, log.note()), "");
}

TEST(Follower, BelievesOnlyTheLogsKey) {
  const FakeLog log(ledger_of(3).log);
  Follower follower(options());
  const std::string strange = tlog::sign_checkpoint(log.at(4), log_signer("other")).note;
  EXPECT_EQ(round(follower, log, strange), "monitor.checkpoint");
  const std::string odd =
      tlog::sign_checkpoint({std::string(kOrigin), 0, log.at(4).root}, log_signer()).note;
  EXPECT_EQ(round(follower, log, odd), "monitor.checkpoint");
  EXPECT_EQ(round(follower, log, "nonsense"), "monitor.checkpoint");
  EXPECT_FALSE(follower.seen());
}

TEST(Follower, SeesARollback) {
  const FakeLog log(ledger_of(40).log);
  Follower follower(options());
  EXPECT_EQ(round(follower, log, log.note(40)), "");
  Findings found;
  EXPECT_EQ(round(follower, log, log.note(30), &found), "monitor.rollback");
  EXPECT_EQ(found[0].notes, (std::vector{log.note(30), log.note(40)}));
  EXPECT_EQ(follower.seen()->checkpoint.size, 40U);
  // Grown again, it is what it was.
  EXPECT_EQ(round(follower, log, log.note(41)), "");
}

TEST(Follower, SeesARollbackOverARestart) {
  const FakeLog log(ledger_of(40).log);
  Follower follower(options(), tlog::sign_checkpoint(log.at(40), log_signer()));
  EXPECT_EQ(round(follower, log, log.note(30)), "monitor.rollback");
  EXPECT_EQ(round(follower, log, log.note(41)), "");
  EXPECT_EQ(follower.verified()->checkpoint.size, 41U);
}

// Two ledgers with the first `common` entries in common.
std::pair<FakeLog, FakeLog> fork_at(int common, int left, int right) {
  TestLedger one = ledger_of(common);
  FakeLog a(one.log);
  FakeLog b(one.log);
  const auto grow = [&](FakeLog& log, int count, std::string_view label) {
    TestLedger copy = ledger_of(common);
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(copy.append("broker", "deployment", std::string(label), Body().take()), "");
      log.add(copy.log.back());
    }
  };
  grow(a, left, "left");
  grow(b, right, "right");
  return {std::move(a), std::move(b)};
}

TEST(Follower, SeesTwoTreesOfOneSize) {
  const auto [mine, other] = fork_at(30, 3, 3);
  Follower follower(options());
  EXPECT_EQ(round(follower, mine, mine.note()), "");
  Findings found;
  EXPECT_EQ(round(follower, other, other.note(), &found), "monitor.equivocation");
  ASSERT_TRUE(found[0].proof);
  EXPECT_TRUE(holds(*found[0].proof));
  EXPECT_EQ(found[0].notes, (std::vector{mine.note(), other.note()}));
  // It is not forgotten, whatever the log shows then.
  EXPECT_EQ(round(follower, mine, mine.note()), "monitor.equivocation");
  EXPECT_EQ(follower.contradictions().size(), 1U);
}

TEST(Follower, SeesALargerTreeThatIsNoExtension) {
  for (const int common : {1, 30, 300}) {
    const auto [mine, other] = fork_at(common, 3, 9);
    Follower follower(options());
    EXPECT_EQ(round(follower, mine, mine.note()), "");
    Findings found;
    EXPECT_EQ(round(follower, other, other.note(), &found), "monitor.equivocation") << common;
    ASSERT_TRUE(found[0].proof);
    EXPECT_TRUE(holds(*found[0].proof));
    Contradiction wrong = *found[0].proof;
    wrong.root[0] ^= 1;
    EXPECT_FALSE(holds(wrong));
    EXPECT_EQ(follower.seen()->checkpoint, mine.at(mine.size()));
  }
}

TEST(Follower, SeesALargerTreeThatIsNoExtensionOverARestart) {
  const auto [mine, other] = fork_at(30, 3, 9);
  Follower follower(options(), tlog::sign_checkpoint(mine.at(mine.size()), log_signer()));
  EXPECT_EQ(round(follower, other, other.note()), "monitor.equivocation");
  EXPECT_EQ(follower.size(), 0U);
}

TEST(Follower, SeesASmallerTreeElsewhereThatItDidNotGrowFrom) {
  const auto [mine, other] = fork_at(30, 9, 3);
  Follower follower(options());
  EXPECT_EQ(round(follower, mine, mine.note()), "");
  EXPECT_EQ(compared(follower, mine.note(10), nullptr), "");
  Findings found;
  EXPECT_EQ(compared(follower, other.note(), nullptr, &found), "monitor.equivocation");
  EXPECT_TRUE(holds(*found[0].proof));
  EXPECT_EQ(found[0].source, "peer");
}

TEST(Follower, KeepsALargerNoteUntilItCanBeCompared) {
  const auto [mine, other] = fork_at(30, 9, 6);
  Follower follower(options());
  EXPECT_EQ(compared(follower, other.note(), nullptr), "");
  EXPECT_EQ(round(follower, mine, mine.note(33)), "");
  Findings found;
  EXPECT_EQ(round(follower, mine, mine.note(), &found), "monitor.equivocation");
  EXPECT_TRUE(holds(*found[0].proof));
  EXPECT_EQ(found[0].source, "peer");
}

TEST(Follower, SeesALargerForkElsewhereByItsTiles) {
  const auto [mine, other] = fork_at(30, 3, 9);
  Follower follower(options());
  EXPECT_EQ(round(follower, mine, mine.note()), "");
  EXPECT_EQ(compared(follower, mine.note(20), nullptr), "");
  EXPECT_EQ(compared(follower, other.note(), other.reader()), "monitor.equivocation");
}

TEST(Follower, TakesNoEntryThatTheRootDoesNotHave) {
  const FakeLog log(ledger_of(600).log);
  FakeLog damaged(log.entries);
  damaged.entries[300][40] ^= 1;
  Follower follower(options());
  EXPECT_EQ(round(follower, damaged, log.note()), "monitor.data");
  EXPECT_EQ(follower.size(), 256U);
  EXPECT_FALSE(follower.verified());
  // Nothing of it stays behind.
  EXPECT_EQ(round(follower, log, log.note()), "");
  EXPECT_EQ(follower.verified()->checkpoint, log.at(log.size()));
}

TEST(Follower, BelievesNoTilesThatDoNotLeadToTheRoot) {
  const FakeLog log(ledger_of(40).log);
  Follower follower(options());
  EXPECT_EQ(round(follower, log, log.note(20)), "");
  FakeLog other(ledger_of(40, "other").log);
  EXPECT_EQ(round(follower, other, log.note()), "monitor.data");
  EXPECT_EQ(follower.seen()->checkpoint.size, 20U);
  // A bundle of another form is no answer either.
  Follower fresh(options());
  Findings found;
  const ReadTile longer = [&](const merkle::Tile& tile) {
    auto bytes = log.tile(tile);
    if (bytes) bytes->push_back(0);
    return bytes;
  };
  fresh.follow(log.note(), "log", longer, found);
  EXPECT_FALSE(fresh.replay("log", longer, 300, found));
  EXPECT_EQ(ids(found), "monitor.data");
}

// Tiles are not signed: whatever a server makes of them, the log is accused of nothing that it did
// not sign, and nothing is verified that it did not sign either.
TEST(Follower, OneBitOfATileAccusesNobody) {
  const FakeLog log(ledger_of(290).log);
  const std::uint64_t old = 70;
  for (std::size_t seed = 0; seed < 400; ++seed) {
    Follower follower(options(), tlog::sign_checkpoint(log.at(old), log_signer()));
    std::size_t asked = 0;
    bool touched = false;
    const ReadTile damaged = [&](const merkle::Tile& tile) {
      auto bytes = log.tile(tile);
      if (bytes && asked++ == seed % 4) {
        const std::size_t bit = seed * 7919 % (8 * bytes->size());
        (*bytes)[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        touched = true;
      }
      return bytes;
    };
    Findings found;
    follower.follow(log.note(), "log", damaged, found);
    while (found.empty() && follower.replay("log", damaged, 100, found)) {
    }
    follower.judge(kStart, found);
    ASSERT_TRUE(touched);
    // A hash of a tile that no proof needs may be anything.
    ASSERT_TRUE(ids(found) == "monitor.data" || (ids(found).empty() && follower.verified()))
        << seed << " " << ids(found);
    ASSERT_TRUE(!follower.verified() || follower.verified()->checkpoint == log.at(log.size()));
  }
}

TEST(Follower, SaysWhenDataIsNotThere) {
  const FakeLog log(ledger_of(40).log);
  const FakeLog shorter(ledger_of(20).log);
  Follower follower(options());
  EXPECT_EQ(round(follower, shorter, log.note()), "monitor.unreachable");
  EXPECT_FALSE(follower.verified());
  // A size that no log can show: nothing grows without end.
  const std::string huge =
      tlog::sign_checkpoint({std::string(kOrigin), merkle::kSizeMax, log.at(40).root}, log_signer())
          .note;
  Follower fresh(options());
  EXPECT_EQ(round(fresh, log, huge), "monitor.unreachable");
}

TEST(Follower, NamesTheFirstEntryThatBreaksARule) {
  TestLedger honest = ledger_of(20);
  FakeLog log(honest.log);
  log.add(honest.log.back());  // twice
  const std::uint64_t bad = log.size();
  log.add(to_bytes("not an entry"));
  Follower follower(options());
  Findings found;
  EXPECT_EQ(round(follower, log, log.note(), &found), "monitor.rule");
  EXPECT_EQ(found[0].index, bad - 1);
  EXPECT_EQ(found[0].rule, "rule.nonce");
  EXPECT_FALSE(follower.verified());
  // The tree goes on, what it says does not.
  EXPECT_EQ(follower.size(), log.size());
  EXPECT_EQ(follower.state().size(), bad - 1);
}

TEST(Follower, NamesAWrongIndexRoot) {
  TestLedger honest = ledger_of(20);
  FakeLog log(honest.log);
  // The sequencer says that nothing has a value.
  log.add(ledger::sign_entry(
      honest.statement("map-head", "map", Body().add(honest.state.size()).bytes(Hash{}).take()),
      ledger::key_named("sequencer")));
  Follower follower(options());
  Findings found;
  EXPECT_EQ(round(follower, log, log.note(log.size() - 1)), "");
  EXPECT_EQ(round(follower, log, log.note(), &found), "monitor.rule");
  EXPECT_EQ(found[0].rule, "rule.map_head");
  EXPECT_EQ(found[0].index, log.size() - 1);
  EXPECT_EQ(follower.verified()->checkpoint.size, log.size() - 1);
}

TEST(Follower, TakesAnybodysBytesWhenItIsToldTo) {
  FakeLog log;
  for (int i = 0; i < 600; ++i) log.add(to_bytes(std::format("entry {}", i)));
  FollowerOptions opaque = options();
  opaque.entries = EntryKind::kOpaque;
  Follower follower(std::move(opaque));
  EXPECT_EQ(round(follower, log, log.note(3)), "");
  EXPECT_EQ(round(follower, log, log.note()), "");
  EXPECT_EQ(follower.verified()->checkpoint.size, 600U);
}

TEST(Follower, MeasuresHowFarTheIndexIsBehind) {
  TestLedger ledger = ledger_of(100);  // and the genesis, and a map-head at 101
  FollowerOptions strict = options();
  strict.map_lag_max = 5;
  Follower follower(std::move(strict));
  const auto grown = [&](int count) {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(ledger.append("broker", "deployment", "more", Body().take()), "");
    }
    const FakeLog log(ledger.log);
    return round(follower, log, log.note());
  };
  EXPECT_EQ(grown(5), "");
  EXPECT_EQ(grown(1), "monitor.map_stale");
  EXPECT_EQ(ledger.map_head(), "");
  EXPECT_EQ(grown(0), "");
}

TEST(Follower, SeesAnEntryAheadOfItsClock) {
  TestLedger ledger = ledger_of(10);
  ledger.now = kStart + Duration{121};
  EXPECT_EQ(ledger.tick(), "");
  const FakeLog log(ledger.log);
  Follower follower(options());
  Findings found;
  EXPECT_EQ(round(follower, log, log.note(), &found), "monitor.time");
  EXPECT_EQ(found[0].index, 11U);
  EXPECT_EQ(round(follower, log, log.note(), nullptr, kStart + Duration{1}), "");
}

TEST(Follower, WantsYoungCosignaturesOfAQuorum) {
  const FakeLog log(ledger_of(10).log);
  const auto w1 = cosigner("witness.example/w1"), w2 = cosigner("witness.example/w2");
  FollowerOptions witnessed = options();
  witnessed.policy =
      *tlog::TlogPolicy::parse("witness w1 " + w1.key().to_string() + "\nwitness w2 " +
                               w2.key().to_string() + "\ngroup both all w1 w2\nquorum both\n");
  witnessed.cosignature_age_max = Duration{60};
  Follower follower(std::move(witnessed));
  const auto seen = [&](const tlog::Cosigner& who, std::int64_t age) {
    const auto at = static_cast<std::uint64_t>(kStart.unix_s - age);
    return *who.sign(tlog::encode_checkpoint(log.at(11)), at);
  };
  EXPECT_EQ(round(follower, log, log.note() + seen(w1, 5)), "monitor.witness_stale");
  EXPECT_EQ(round(follower, log, log.note() + seen(w1, 5) + seen(w2, 61)), "monitor.witness_stale");
  EXPECT_EQ(round(follower, log, log.note() + seen(w1, 5) + seen(w2, -121)),
            "monitor.witness_stale");
  EXPECT_EQ(round(follower, log, log.note() + seen(w1, 5) + seen(w2, 60)), "");
  EXPECT_EQ(follower.newest_cosignature(), kStart - Duration{5});
}

}  // namespace
}  // namespace atoma::monitor
