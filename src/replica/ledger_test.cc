#include "atoma/replica/ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "test_node.h"
#include "test_queue.h"

namespace atoma::replica {
namespace {

using namespace std::chrono_literals;

// Every committed batch follows the one before it, and each log is a part of that history.
void expect_one_history(const SharedQueue& shared, std::initializer_list<const Node*> nodes) {
  std::vector<Bytes> entries;
  for (const Batch& batch : shared.history) {
    ASSERT_EQ(batch.first_index, entries.size());
    for (const Bytes& entry : batch.entries) entries.push_back(entry);
  }
  for (const Node* node : nodes) {
    for (std::uint64_t i = 0; i < node->size(); ++i) {
      ASSERT_LT(i, entries.size()) << node->name_ << " has what was never committed";
      EXPECT_EQ(*node->log->entry(i), entries[i]) << node->name_;
    }
  }
}

std::set<std::string> texts_of(const SharedQueue& shared) {
  std::set<std::string> out;
  for (const Batch& batch : shared.history) {
    for (const Bytes& entry : batch.entries) out.emplace(as_text(entry));
  }
  return out;
}

class Replicated : public ::testing::Test {
 protected:
  void SetUp() override {
    for (Node* node : {&a, &b}) node->open();
  }
  // Whoever leads is told; followers say so.
  Node& leader() {
    EXPECT_TRUE(wait_until([&] { return a.leads() || b.leads(); }));
    return a.leads() ? a : b;
  }

  SharedQueue shared;
  TestQueue to_a{shared}, to_b{shared};
  Node a{"a"}, b{"b"};
};

TEST_F(Replicated, StartsOnlyWhereALogIs) {
  EXPECT_EQ(a.start(to_a), "replica.not_founded");
  EXPECT_EQ(a.start(to_a, true), "");
  EXPECT_EQ(b.start(to_b, true), "replica.founded");
  auto nameless = b.options();
  nameless.node = "a b";
  const auto refused = ReplicatedLedger::start(to_b, *b.log, *b.applier(), nameless, false);
  EXPECT_EQ(refused.error().reason, "replica.options");
}

TEST_F(Replicated, FollowersHaveTheSameLog) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  ASSERT_EQ(b.start(to_b), "");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(append_wait(*a.ledger, std::format("e{}", i)), "");
  EXPECT_EQ(append_wait(*b.ledger, "x"), "ledger.not_leader");
  EXPECT_EQ(append_wait(*a.ledger, ""), "ledger.entry_size");
  ASSERT_TRUE(wait_until([&] { return b.size() == 20; }));
  EXPECT_EQ(a.ledger->latest_checkpoint().note, b.ledger->latest_checkpoint().note);
  EXPECT_EQ(b.ledger->standing().leader->url, "http://a");
  // A quorum of three is two: both have all of it, and nothing is held any more.
  EXPECT_TRUE(wait_until([&] {
    const std::lock_guard guard(shared.mutex);
    return shared.batches.empty();
  }));
  expect_one_history(shared, {&a, &b});
}

TEST_F(Replicated, TellsOfGrowthWhoeverLeads) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  ASSERT_EQ(b.start(to_b), "");
  std::atomic<std::uint64_t> at_a = 0, at_b = 0;
  a.ledger->on_growth([&] { at_a = a.size(); });
  b.ledger->on_growth([&] { at_b = b.size(); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(append_wait(*a.ledger, std::format("e{}", i)), "");
  EXPECT_TRUE(wait_until([&] { return at_a == 5 && at_b == 5; }));
  b.ledger->on_growth(nullptr);
  EXPECT_EQ(append_wait(*a.ledger, "x"), "");
  EXPECT_TRUE(wait_until([&] { return at_a == 6 && b.size() == 6; }));
  EXPECT_EQ(at_b, 5u);
  a.ledger->on_growth(nullptr);
}

TEST_F(Replicated, LeadPassesOnAndIsGivenBack) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  ASSERT_EQ(b.start(to_b), "");
  EXPECT_EQ(append_wait(*a.ledger, "one"), "");
  a.ledger->close();
  EXPECT_EQ(append_wait(*a.ledger, "two"), "ledger.stopped");
  ASSERT_TRUE(wait_until([&] { return b.leads(); }));
  EXPECT_EQ(append_wait(*b.ledger, "two"), "");
  expect_one_history(shared, {&a, &b});
}

// A place is of one term: what was decided in an earlier one is not written in a later one, though
// the number would fit.
TEST_F(Replicated, TakesEntriesAtTheirPlaceAlone) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  const auto append_at = [](tlog::Ledger& ledger, tlog::Place place) {
    std::promise<std::string> done;
    auto outcome = done.get_future();
    ledger.append_at(place, to_bytes("x"), [&](const auto& receipt) {
      done.set_value(receipt ? "" : std::string(receipt.error().reason));
    });
    return outcome.get();
  };
  const std::uint64_t term = a.ledger->term();
  EXPECT_NE(term, 0u);
  EXPECT_EQ(append_at(*a.ledger, {term, 1}), "ledger.moved");
  EXPECT_EQ(append_at(*a.ledger, {term, 0}), "");
  EXPECT_EQ(append_at(*a.ledger, {term, 0}), "ledger.moved");
  EXPECT_EQ(append_at(*a.ledger, {term - 1, 1}), "ledger.moved");
  ASSERT_EQ(b.start(to_b), "");
  EXPECT_EQ(b.ledger->term(), 0u);
  EXPECT_EQ(append_at(*b.ledger, {term, 1}), "ledger.not_leader");
  a.ledger->close();
  ASSERT_TRUE(wait_until([&] { return b.leads(); }));
  EXPECT_EQ(append_at(*b.ledger, {term, 1}), "ledger.moved");
  EXPECT_EQ(append_at(*b.ledger, {b.ledger->term(), 1}), "");
  expect_one_history(shared, {&a, &b});
}

TEST_F(Replicated, FencedLeaderSaysThatNothingWasWritten) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  {
    // Its lease ends while it believes that it leads, and another one takes over.
    const std::lock_guard guard(shared.mutex);
    shared.leader = Leader{"other", "http://other", ++shared.revision};
  }
  EXPECT_EQ(append_wait(*a.ledger, "late"), "ledger.not_leader");
  EXPECT_TRUE(shared.history.empty());
}

TEST_F(Replicated, QueueThatWentBackStopsIt) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  SharedQueue snapshot;
  EXPECT_EQ(append_wait(*a.ledger, "one"), "");
  {
    const std::lock_guard guard(shared.mutex);
    snapshot.head = shared.head;
    snapshot.batches = shared.batches;
  }
  EXPECT_EQ(append_wait(*a.ledger, "two"), "");
  {
    const std::lock_guard guard(shared.mutex);
    shared.head = snapshot.head;
    shared.batches = snapshot.batches;
    shared.leader.reset();
  }
  ASSERT_TRUE(wait_until([&] { return !a.ledger->standing().failure.empty(); }));
  EXPECT_EQ(a.ledger->standing().failure, "replica.queue_behind");
  EXPECT_EQ(append_wait(*a.ledger, "three"), "ledger.stopped");
  a.stop();
  a.open();
  EXPECT_EQ(a.start(to_a), "replica.queue_behind") << "nor does it start";
}

// Nobody writes, and its lease was put back together with the rest.
TEST_F(Replicated, IdleLeaderNoticesAQueueThatWentBack) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  const Head before = *shared.head;
  EXPECT_EQ(append_wait(*a.ledger, "one"), "");
  {
    const std::lock_guard guard(shared.mutex);
    shared.head = before;
    shared.batches.clear();
  }
  ASSERT_TRUE(wait_until([&] { return !a.ledger->standing().failure.empty(); }));
  EXPECT_EQ(a.ledger->standing().failure, "replica.queue_behind");
  EXPECT_TRUE(wait_until([&] { return !a.leads(); }));
}

TEST_F(Replicated, WindowFillsAndAnswersBusy) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  a.ledger.reset();
  auto options = a.options();
  options.window_bytes_max = 10;
  options.queue_entries_max = 2;
  auto mine = ReplicatedLedger::start(to_a, *a.log, *a.applier(), options, false);
  ASSERT_TRUE(mine);
  a.ledger = *std::move(mine);
  a.ledger->announce("http://a");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  // Nobody else applies, so nothing is trimmed: 10 bytes are committed, then it waits.
  EXPECT_EQ(append_wait(*a.ledger, "0123456789"), "");
  std::string third;
  a.ledger->append(to_bytes("w1"), [](const auto&) {});
  a.ledger->append(to_bytes("w2"), [](const auto&) {});
  EXPECT_EQ(append_wait(*a.ledger, "w3"), "ledger.busy");
  EXPECT_EQ(shared.history.size(), 1U);
  // Another node applies: the window opens.
  ASSERT_EQ(b.start(to_b), "");
  EXPECT_TRUE(wait_until([&] { return b.size() == 3; }));
}

// Nobody else is there to open the window: closing does not wait for that.
TEST_F(Replicated, ClosesWhileTheWindowIsFull) {
  ASSERT_EQ(a.start(to_a, true), "");
  a.ledger.reset();
  auto options = a.options();
  options.window_bytes_max = 10;
  auto mine = ReplicatedLedger::start(to_a, *a.log, *a.applier(), options, false);
  ASSERT_TRUE(mine);
  a.ledger = *std::move(mine);
  a.ledger->announce("http://a");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  EXPECT_EQ(append_wait(*a.ledger, "0123456789"), "");
  std::string told = "nothing";
  a.ledger->append(to_bytes("late"), [&](const auto& receipt) {
    told = receipt ? "" : std::string(receipt.error().reason);
  });
  a.ledger->close();
  EXPECT_EQ(told, "ledger.not_leader");
  EXPECT_EQ(shared.history.size(), 1U) << "and it was not written";
}

TEST_F(Replicated, NodeThatIsFarBehindCatchesUpFromAPeer) {
  Node c("c");
  c.open();
  TestQueue to_c(shared);
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  ASSERT_EQ(b.start(to_b), "");
  for (int i = 0; i < 150; ++i) ASSERT_EQ(append_wait(*a.ledger, std::format("e{}", i)), "");
  ASSERT_TRUE(wait_until([&] {
    const std::lock_guard guard(shared.mutex);
    return shared.batches.empty();
  }));
  ASSERT_EQ(c.start(to_c, false, {a.log.get()}), "");
  EXPECT_TRUE(wait_until([&] { return c.size() == 150; })) << c.ledger->standing().why;
  EXPECT_EQ(c.log->latest_checkpoint().note, a.log->latest_checkpoint().note);
  c.stop();
}

// The local log fails under a leader: what is committed stays committed, the node stops, another
// one goes on.
TEST_F(Replicated, LocalLogThatFailsStopsTheNodeAlone) {
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_TRUE(wait_until([&] { return a.leads(); }));
  ASSERT_EQ(b.start(to_b), "");
  a.log->close();
  EXPECT_EQ(append_wait(*a.ledger, "one"), "ledger.unknown_outcome");
  EXPECT_TRUE(wait_until([&] { return a.ledger->standing().failure == "replica.store"; }));
  EXPECT_TRUE(wait_until([&] { return b.leads() && b.size() == 1; }));
}

// Each call of the queue, one after another, fails; takes effect unheard; takes effect later.
// Whatever happens: what was acknowledged is there once, no fork, and the log goes on.
TEST_F(Replicated, EveryFaultOfEveryCall) {
  int fired = 0;
  for (const auto kind : {QueueFault::kFail, QueueFault::kLose, QueueFault::kDelay}) {
    // One run after another, until one ends before the fault.
    bool reached = true;
    for (int at = 0; reached && at < 200; ++at) {
      SharedQueue all;
      TestQueue first(all), second(all);
      Node one("one"), two("two");
      one.open();
      two.open();
      ASSERT_EQ(one.start(first, true), "");
      ASSERT_TRUE(wait_until([&] { return one.leads(); }));
      ASSERT_EQ(two.start(second), "");
      {
        const std::lock_guard guard(all.mutex);
        first.arm(at, kind);
      }
      std::set<std::string> acknowledged, refused;
      for (int i = 0; i < 8; ++i) {
        if (i == 4) all.end_lease();
        for (int tries = 0; tries < 20'000; ++tries) {
          Node& to = one.leads() ? one : two;
          const std::string text = std::format("{}-{}", i, tries);
          const std::string answer = append_wait(*to.ledger, text);
          if (answer.empty()) acknowledged.insert(text);
          if (answer == "ledger.not_leader") refused.insert(text);
          if (answer.empty()) break;
          ASSERT_TRUE(answer == "ledger.not_leader" || answer == "ledger.unknown_outcome")
              << answer;
          std::this_thread::sleep_for(1ms);
        }
      }
      EXPECT_EQ(acknowledged.size(), 8U);
      one.ledger->close();
      two.ledger->close();
      const auto committed = texts_of(all);
      for (const auto& text : acknowledged) EXPECT_TRUE(committed.contains(text)) << text;
      for (const auto& text : refused) EXPECT_FALSE(committed.contains(text)) << text;
      expect_one_history(all, {&one, &two});
      reached = first.fired;
      fired += reached ? 1 : 0;
      ASSERT_FALSE(HasFailure()) << "fault " << static_cast<int>(kind) << " at call " << at;
    }
  }
  // Taking the lead, reading, four commits at least, of each kind of fault; how often it polls
  // besides depends on the machine.
  EXPECT_GT(fired, 18);
}

}  // namespace
}  // namespace atoma::replica
