#include "atoma/replica/queue.h"

#include <gtest/gtest.h>

#include "atoma/replica/settle.h"
#include "test_queue.h"

namespace atoma::replica {
namespace {

template <typename T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason);
}

Batch some_batch(std::uint64_t first = 7, std::uint64_t term = 3) {
  Batch out{.first_index = first, .term = term, .root = {}, .entries = {}};
  out.root.fill(9);
  out.entries = {to_bytes("one"), to_bytes("two")};
  return out;
}

TEST(QueueForms, ReadBackAsWritten) {
  const auto batch = parse_batch(encode_batch(some_batch()));
  ASSERT_TRUE(batch);
  EXPECT_EQ(*batch, some_batch());
  const auto head = parse_head(encode_head({.size = 5, .root = some_batch().root, .revision = 0}));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size, 5U);
  EXPECT_EQ(head->root, some_batch().root);
  const auto leader = parse_leader(encode_leader("a", "http://a"));
  ASSERT_TRUE(leader);
  EXPECT_EQ(leader->node, "a");
  EXPECT_EQ(leader->url, "http://a");
}

TEST(QueueForms, RefuseWhatIsCutOrLonger) {
  for (const Bytes& good : {encode_batch(some_batch()), encode_head({}), encode_leader("a", "b")}) {
    for (std::size_t size = 0; size <= good.size() + 1; ++size) {
      if (size == good.size()) continue;
      Bytes bad = good;
      bad.resize(size);
      EXPECT_EQ(reason(parse_batch(bad)), "queue.corrupt");
      EXPECT_EQ(reason(parse_head(bad)), "queue.corrupt");
      EXPECT_EQ(reason(parse_leader(bad)), "queue.corrupt");
    }
  }
  EXPECT_EQ(reason(parse_leader(encode_leader("", "b"))), "queue.corrupt");
  EXPECT_EQ(reason(parse_leader(encode_leader("a b", "b"))), "queue.corrupt");
  Batch empty = some_batch();
  empty.entries.clear();
  EXPECT_EQ(reason(parse_batch(encode_batch(empty))), "queue.corrupt");
  EXPECT_EQ(reason(parse_batch(encode_batch(some_batch(~std::uint64_t{0})))), "queue.corrupt");
}

// What flips changes what is read, or is refused: nothing is ignored.
TEST(QueueForms, EveryBitCounts) {
  const Bytes good = encode_batch(some_batch());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    const auto batch = parse_batch(bad);
    EXPECT_FALSE(batch && *batch == some_batch()) << bit;
  }
}

class Settle : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(*mine.found({.size = 7, .root = {}, .revision = 0}));
    term = **mine.campaign("a", "http://a");
    head = *shared.head;
  }
  Settlement settle() {
    return commit_settled(mine, some_batch(7, term), head, [this] { return --tries > 0; });
  }
  void arm(QueueFault fault) {
    mine.fault_at = 2;  // after found() and campaign(): the commit
    mine.fault = fault;
  }

  SharedQueue shared;
  TestQueue mine{shared};
  TestQueue other{shared};
  std::uint64_t term = 0;
  Head head;
  int tries = 10;
};

TEST_F(Settle, Commits) {
  const auto end = settle();
  EXPECT_EQ(end.settled, Settled::kCommitted);
  EXPECT_EQ(end.head.size, 9U);
  EXPECT_EQ(end.head.revision, shared.head->revision);
}

TEST_F(Settle, TriesTheSameAgainWhereNothingHappened) {
  arm(QueueFault::kFail);
  EXPECT_EQ(settle().settled, Settled::kCommitted);
  EXPECT_EQ(shared.history.size(), 1U);
}

// ledger.md §3.3: a request that timed out had committed.
TEST_F(Settle, FindsWhatCommittedUnheard) {
  arm(QueueFault::kLose);
  const auto end = settle();
  EXPECT_EQ(end.settled, Settled::kCommitted);
  EXPECT_EQ(end.head.revision, shared.head->revision);
  EXPECT_EQ(shared.history.size(), 1U) << "not a second time";
}

TEST_F(Settle, FindsWhatArrivesLate) {
  arm(QueueFault::kDelay);
  EXPECT_EQ(settle().settled, Settled::kCommitted);
  EXPECT_EQ(shared.history.size(), 1U);
}

TEST_F(Settle, OldLeaderIsFenced) {
  shared.end_lease();
  EXPECT_EQ(settle().settled, Settled::kNotWritten);
  const auto next = other.campaign("b", "http://b");
  EXPECT_NE(**next, term);
  EXPECT_EQ(settle().settled, Settled::kNotWritten);
  EXPECT_TRUE(shared.history.empty());
}

// The late one meets the fence, also after it was answered as not written.
TEST_F(Settle, LateOneOfAnOldLeaderMeetsTheFence) {
  arm(QueueFault::kDelay);
  std::vector<std::function<void()>> late;
  const auto end = commit_settled(mine, some_batch(7, term), head, [&] { return true; });
  EXPECT_EQ(end.settled, Settled::kCommitted);
  shared.delayed.emplace_back([this] { (void)mine.commit(some_batch(9, term), head.revision); });
  shared.end_lease();
  ASSERT_TRUE(other.view(0));
  EXPECT_EQ(shared.history.size(), 1U);
}

TEST_F(Settle, AnothersBatchAtOurPlace) {
  arm(QueueFault::kFail);
  shared.end_lease();
  const auto next = other.campaign("b", "http://b");
  ASSERT_EQ(other.commit(some_batch(7, **next), head.revision).ended, CommitEnded::kDone);
  EXPECT_EQ(settle().settled, Settled::kNotWritten) << "the same entries, of another term";
}

TEST_F(Settle, TrimmedSinceIsUnknownUnlessTheHeadTells) {
  arm(QueueFault::kLose);
  (void)mine.commit(some_batch(7, term), head.revision);
  shared.batches.clear();
  EXPECT_EQ(settle().settled, Settled::kCommitted) << "the head has its root";
  shared.head->size = 20;
  EXPECT_EQ(settle().settled, Settled::kUnknown);
}

TEST_F(Settle, QueueThatWentBackIsBroken) {
  shared.head->size = 3;
  shared.head->revision = 99;
  EXPECT_EQ(settle().settled, Settled::kBroken);
  shared.head->size = 7;
  shared.head->root.fill(1);
  EXPECT_EQ(settle().settled, Settled::kBroken);
  shared.head.reset();
  EXPECT_EQ(settle().settled, Settled::kBroken);
}

TEST_F(Settle, GivesUpWithoutGuessing) {
  tries = 1;
  mine.fault_at = 2;
  mine.fault = QueueFault::kFail;
  SharedQueue& all = shared;
  const auto end = commit_settled(mine, some_batch(7, term), head, [&] { return false; });
  EXPECT_EQ(end.settled, Settled::kUnknown);
  EXPECT_TRUE(all.history.empty());
}

}  // namespace
}  // namespace atoma::replica
