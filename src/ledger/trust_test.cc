#include "atoma/merkle/tile.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

const Bytes kImage = to_bytes(ByteView(digest_of("image 1")));

TEST(LedgerTrust, AddingIsSlowAndHigh) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.propose("measurement.add", bytes_item(kImage)), "");
  const std::uint64_t proposal = ledger.last();
  EXPECT_EQ(ledger.activate("broker", proposal), "rule.threshold");
  EXPECT_EQ(ledger.vote("anna", proposal), "");
  EXPECT_EQ(ledger.vote("anna", proposal), "rule.vote");
  EXPECT_EQ(ledger.vote("broker", proposal), "rule.role");
  EXPECT_EQ(ledger.activate("broker", proposal), "rule.threshold");
  EXPECT_EQ(ledger.vote("ben", proposal), "");
  EXPECT_EQ(ledger.activate("broker", proposal), "rule.time_lock");
  ledger.now = ledger.now + Duration{3599};
  ASSERT_EQ(ledger.tick(), "");
  EXPECT_EQ(ledger.activate("broker", proposal), "rule.time_lock");
  ledger.now = ledger.now + Duration{1};
  // The activator's own date moves nothing.
  EXPECT_EQ(ledger.activate("broker", proposal), "rule.time_lock");
  ASSERT_EQ(ledger.tick(), "");
  EXPECT_EQ(ledger.activate("broker", proposal), "");
  EXPECT_TRUE(ledger.state.trust().measurements.contains(kImage));
  EXPECT_EQ(ledger.append("ben", "policy.activate", "trust", Body().add(proposal).take()),
            "rule.proposal");
  EXPECT_EQ(ledger.vote("chloe", proposal), "rule.proposal");
}

TEST(LedgerTrust, RemovingIsFastAndLow) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.change("measurement.add", bytes_item(kImage)), "");
  ASSERT_EQ(ledger.propose("measurement.remove", bytes_item(kImage)), "");
  const std::uint64_t proposal = ledger.last();
  ASSERT_EQ(ledger.vote("chloe", proposal), "");
  EXPECT_EQ(ledger.activate("broker", proposal), "");
  EXPECT_TRUE(ledger.state.trust().measurements.empty());
  EXPECT_TRUE(ledger.state.trust().revoked_measurements.contains(kImage));
}

TEST(LedgerTrust, AProposalIsAboutTheLedgerThatItsAuthorSaw) {
  TestLedger ledger = TestLedger::begun();
  const auto propose = [&](std::uint64_t size, const Hash& root) {
    wire::CborWriter seen;
    seen.begin_array().value(size).bytes(root).end_array();
    return ledger.append(
        "anna", "policy.propose", "trust",
        Body().add("measurement.add").raw(bytes_item(kImage)).raw(seen.take()).take());
  };
  const Hash first = ledger.state.root();
  EXPECT_EQ(propose(0, Hash{}), "rule.observed");
  EXPECT_EQ(propose(2, first), "rule.observed");
  EXPECT_EQ(propose(1, digest_of("another ledger")), "rule.observed");
  ASSERT_EQ(ledger.tick(), "");
  EXPECT_EQ(propose(1, first), "");
  while (ledger.state.size() % merkle::kTileWidth != 0) ASSERT_EQ(ledger.tick(), "");
  const std::uint64_t whole = ledger.state.size();
  const Hash tile = ledger.state.root();
  ASSERT_EQ(ledger.tick(), "");
  const Hash beyond = ledger.state.root();
  for (std::size_t i = 0; i < kRootsKept; ++i) ASSERT_EQ(ledger.tick(), "");
  EXPECT_EQ(propose(1, first), "rule.observed");
  // Of what is long ago, sizes of whole tiles are known still.
  EXPECT_EQ(propose(whole + 1, beyond), "rule.observed");
  EXPECT_EQ(propose(whole, beyond), "rule.observed");
  EXPECT_EQ(propose(whole, tile), "");
  EXPECT_EQ(ledger.state.root_at(whole), tile);
  EXPECT_EQ(ledger.state.root_at(0), std::nullopt);
}

TEST(LedgerTrust, VotesAreForOneText) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.propose("measurement.add", bytes_item(kImage)), "");
  const std::uint64_t proposal = ledger.last();
  EXPECT_EQ(ledger.append("ben", "policy.vote", "trust",
                          Body().add(proposal).bytes(digest_of("another text")).take()),
            "rule.vote");
  EXPECT_EQ(ledger.vote("ben", proposal + 1), "rule.proposal");
}

TEST(LedgerTrust, WhoIsNoMemberAnyMoreDoesNotCount) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.propose("policy.add", bytes_item(kImage)), "");
  const std::uint64_t proposal = ledger.last();
  ASSERT_EQ(ledger.vote("ben", proposal), "");
  ASSERT_EQ(ledger.vote("chloe", proposal), "");
  ASSERT_EQ(ledger.change("issuer.remove", bytes_item(id_of("chloe"))), "");
  EXPECT_EQ(ledger.activate("broker", proposal), "rule.threshold");
  EXPECT_EQ(ledger.vote("chloe", proposal), "rule.issuer");
  ASSERT_EQ(ledger.vote("anna", proposal), "");
  EXPECT_EQ(ledger.activate("broker", proposal), "");
}

TEST(LedgerTrust, MembersAndThresholdsChange) {
  TestLedger ledger = TestLedger::begun();
  EXPECT_EQ(ledger.propose("king", bytes_item(kImage)), "rule.body");
  EXPECT_EQ(ledger.propose("thresholds", thresholds_item(4, 1, 0)), "rule.threshold");
  EXPECT_EQ(ledger.propose("issuer.remove", bytes_item(id_of("mallory"))), "rule.body");
  ASSERT_EQ(ledger.change("issuer.add", issuer_item("dora", 2, {"member"})), "");
  ASSERT_EQ(ledger.change("thresholds", thresholds_item(5, 2, 60)), "");
  EXPECT_EQ(ledger.state.trust().thresholds.add, 5U);
  // Three members of weight 1 and one of 2: nobody can be spared.
  EXPECT_EQ(ledger.propose("issuer.remove", bytes_item(id_of("ben"))), "rule.threshold");
  // The new weights count: 1 + 1 are not enough to add, 2 to remove.
  EXPECT_EQ(ledger.change("measurement.add", bytes_item(kImage)), "rule.threshold");
  EXPECT_EQ(ledger.change("measurement.remove", bytes_item(kImage)), "");
}

TEST(LedgerTrust, OpenProposalsAreBounded) {
  TestLedger ledger = TestLedger::begun();
  for (int i = 0; i < 256; ++i) {
    ASSERT_EQ(ledger.propose("measurement.remove", bytes_item(kImage)), "");
  }
  EXPECT_EQ(ledger.propose("measurement.remove", bytes_item(kImage)), "rule.proposal");
}

}  // namespace
}  // namespace atoma::ledger
