#include "atoma/replica/applier.h"

#include <gtest/gtest.h>

#include "store/memory_files.h"
#include "test_node.h"

namespace atoma::replica {
namespace {

template <typename T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason);
}

// A batch of these entries after a tree.
Batch batch_after(merkle::Frontier& tree, const std::vector<std::string>& texts) {
  Batch out{.first_index = tree.size(), .term = 1, .root = {}, .entries = {}};
  for (const auto& text : texts) {
    out.entries.push_back(to_bytes(text));
    tree.append(merkle::leaf_hash(out.entries.back()));
  }
  out.root = tree.root();
  return out;
}

Head head_of(const merkle::Frontier& tree) {
  return {.size = tree.size(), .root = tree.root(), .revision = 1};
}

class Apply : public ::testing::Test {
 protected:
  void SetUp() override { node.open(); }
  void reopen() {
    node.stop();
    node.open();
  }
  Node node{"a"};
  merkle::Frontier tree;
};

TEST_F(Apply, InOrderAndOnlyWithItsRoot) {
  auto applier = *node.applier();
  ASSERT_TRUE(applier.apply(batch_after(tree, {"one", "two"}), {}));
  EXPECT_EQ(applier.frontier().root(), tree.root());
  merkle::Frontier gap = tree;
  (void)batch_after(gap, {"skipped"});
  EXPECT_EQ(reason(applier.apply(batch_after(gap, {"four"}), {})), "replica.root");
  Batch wrong = batch_after(tree, {"three"});
  wrong.root[0] ^= 1;
  std::string told;
  const auto done = [&](const Result<tlog::Receipt>& receipt) { told = reason(receipt); };
  EXPECT_EQ(reason(applier.apply(wrong, {done})), "replica.root");
  EXPECT_EQ(told, "ledger.unknown_outcome");
  EXPECT_EQ(node.size(), 2U) << "nothing of it was written or signed";
}

TEST_F(Apply, GoesOnInsideABatchAfterACrash) {
  merkle::Frontier whole;
  const Batch batch = batch_after(whole, {"one", "two", "three"});
  EXPECT_EQ(append_wait(*node.log, "one"), "");
  auto applier = *node.applier();
  ASSERT_TRUE(applier.apply(batch, {}));
  EXPECT_EQ(node.log->latest_checkpoint().checkpoint.root, whole.root());
}

TEST_F(Apply, RefusesAQueueThatIsBehindOrAnother) {
  merkle::Frontier before;
  (void)batch_after(before, {"one"});
  {
    auto applier = *node.applier();
    ASSERT_TRUE(applier.apply(batch_after(tree, {"one", "two"}), {}));
    EXPECT_TRUE(applier.check_against(head_of(tree)));
    EXPECT_EQ(reason(applier.check_against(head_of(before))), "replica.queue_behind");
    Head other = head_of(tree);
    other.root[0] ^= 1;
    EXPECT_EQ(reason(applier.check_against(other)), "replica.fork");
  }
  // Somebody else has seen more.
  const auto known = *node.applier({}, {{std::string(kTestOrigin), 9, {}}});
  EXPECT_EQ(reason(known.check_against(head_of(tree))), "replica.queue_behind");
  EXPECT_FALSE(known.proven());
  EXPECT_EQ(reason(node.applier({}, {{std::string(kTestOrigin), 1, {}}})), "replica.fork");
}

// The log was lost or put back, the signer's memory was not.
TEST_F(Apply, SignsNothingUntilWhatWasSignedIsProven) {
  {
    auto applier = *node.applier();
    ASSERT_TRUE(applier.apply(batch_after(tree, {"one", "two"}), {}));
  }
  node.stop();
  std::filesystem::remove_all(node.path() / "registry");
  node.open();

  merkle::Frontier again;
  const Batch batch = batch_after(again, {"one", "two", "three"});
  auto alone = *node.applier();
  EXPECT_FALSE(alone.proven());
  EXPECT_EQ(reason(alone.apply(batch, {})), "replica.root");
  EXPECT_EQ(reason(alone.catch_up(head_of(again))), "replica.no_peer");

  Node other("b");
  other.open();
  ASSERT_TRUE((*other.applier()).apply(batch, {}));
  auto helped = *node.applier({other.log.get()});
  ASSERT_TRUE(helped.catch_up(head_of(again)));
  EXPECT_TRUE(helped.proven());
  EXPECT_EQ(node.log->latest_checkpoint().note, other.log->latest_checkpoint().note)
      << "one key, one history: the same bytes";

  // Another history that is as long proves nothing.
  Node fork("c");
  fork.open();
  merkle::Frontier forked;
  ASSERT_TRUE((*fork.applier()).apply(batch_after(forked, {"uno", "due", "tre", "four"}), {}));
  node.stop();
  std::filesystem::remove_all(node.path() / "registry");
  node.open();
  auto fooled = *node.applier({fork.log.get()});
  EXPECT_EQ(reason(fooled.catch_up(head_of(forked))), "replica.no_peer");
  EXPECT_EQ(node.size(), 0U);
}

// A crash came between the signer's memory and the log, and no other node is further: what was
// signed is in the queue.
TEST_F(Apply, BatchesProveWhatWasSignedBeforeACrash) {
  ASSERT_TRUE((*node.applier()).apply(batch_after(tree, {"one"}), {}));
  merkle::Frontier next = tree;
  const Batch two = batch_after(next, {"two", "three"});
  {
    auto guard = *Guard::open(store::posix_file_system(), node.path() / "signer");
    ASSERT_TRUE(guard.advance({next.size(), next.root()}));
  }
  merkle::Frontier last = next;
  const Batch three = batch_after(last, {"four"});
  auto applier = *node.applier();
  EXPECT_EQ(applier.prove_by({}), false);
  EXPECT_EQ(applier.prove_by(std::vector{three}), false) << "what does not follow proves nothing";
  EXPECT_EQ(applier.prove_by(std::vector{two, three}), true);
  EXPECT_FALSE(applier.proven()) << "not before they are here";
  ASSERT_TRUE(applier.apply(two, {}));
  EXPECT_TRUE(applier.proven());
  ASSERT_TRUE(applier.apply(three, {}));
  EXPECT_EQ(node.log->latest_checkpoint().checkpoint.root, last.root());

  // What was seen elsewhere is beyond them; another history in them is none.
  node.stop();
  node.open();
  merkle::Frontier forked = last;
  const Batch other = batch_after(forked, {"five", "six"});
  merkle::Frontier seen = last;
  (void)batch_after(seen, {"five"});
  const tlog::Checkpoint five{std::string(kTestOrigin), seen.size(), seen.root()};
  auto far = *node.applier({}, {five, {std::string(kTestOrigin), 9, {}}});
  EXPECT_EQ(far.prove_by(std::vector{other}), false);
  auto wrong = *node.applier({}, {{std::string(kTestOrigin), seen.size(), {}}});
  EXPECT_EQ(reason(wrong.prove_by(std::vector{other})), "replica.fork");
}

// What one view of the queue proved says nothing about the next one: the queue may have been put
// back while this replica was still behind. The simulation found it (seed 4062).
TEST_F(Apply, WhatWasSignedIsProvenForEachViewAnew) {
  merkle::Frontier whole;
  Node other("b");
  other.open();
  ASSERT_TRUE((*other.applier()).apply(batch_after(whole, {"one", "two", "three"}), {}));
  {
    auto guard = *Guard::open(store::posix_file_system(), node.path() / "signer");
    ASSERT_TRUE(guard.advance({whole.size(), whole.root()}));
  }
  auto guard = *Guard::open(store::posix_file_system(), node.path() / "signer");
  std::vector<std::unique_ptr<Peer>> peers;
  auto peer = std::make_unique<LogPeer>(*other.log);
  peer->lies = true;  // its entries; the proof that the head holds what was signed is good
  peers.push_back(std::move(peer));
  auto applier = *Applier::open(*node.log, std::move(guard), std::move(peers), {});
  EXPECT_EQ(reason(applier.catch_up(head_of(whole))), "replica.no_peer");

  merkle::Frontier back;
  const Batch one = batch_after(back, {"one"});
  EXPECT_EQ(reason(applier.check_against(head_of(back))), "replica.queue_behind");
  merkle::Frontier forked = back;
  const Batch fork = batch_after(forked, {"due", "tre"});
  EXPECT_EQ(reason(applier.prove_by(std::vector{one, fork})), "replica.fork");
  EXPECT_EQ(reason(applier.apply(one, {})), "replica.root");
  EXPECT_EQ(node.size(), 0U);
}

TEST_F(Apply, ForkBetweenLogAndMemoryDoesNotOpen) {
  {
    auto applier = *node.applier();
    ASSERT_TRUE(applier.apply(batch_after(tree, {"one"}), {}));
  }
  node.stop();
  std::filesystem::remove_all(node.path() / "registry");
  node.open();
  EXPECT_EQ(append_wait(*node.log, "uno"), "");
  EXPECT_EQ(reason(node.applier()), "replica.fork");
}

TEST_F(Apply, CatchesUpByPagesAndBelievesNoLiar) {
  Node other("b");
  other.open();
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back(std::format("entry {}", i));
  ASSERT_TRUE((*other.applier()).apply(batch_after(tree, texts), {}));

  auto guard = *Guard::open(store::posix_file_system(), node.path() / "signer");
  std::vector<std::unique_ptr<Peer>> peers;
  auto liar = std::make_unique<LogPeer>(*other.log);
  LogPeer* const first = liar.get();
  first->lies = true;
  peers.push_back(std::move(liar));
  auto applier = *Applier::open(*node.log, std::move(guard), std::move(peers), {});
  EXPECT_EQ(reason(applier.catch_up(head_of(tree))), "replica.no_peer");
  EXPECT_EQ(node.size(), 0U) << "nothing of what it said was written";
  first->lies = false;
  ASSERT_TRUE(applier.catch_up(head_of(tree)));
  EXPECT_EQ(node.log->latest_checkpoint().checkpoint.root, tree.root());
}

TEST_F(Apply, LocalLogThatFailsIsSaid) {
  auto applier = *node.applier();
  node.log->close();
  std::string told;
  const auto done = [&](const Result<tlog::Receipt>& receipt) { told = reason(receipt); };
  EXPECT_EQ(reason(applier.apply(batch_after(tree, {"one"}), {done})), "replica.store");
  EXPECT_EQ(told, "ledger.unknown_outcome") << "the queue has it";
}

class GuardFile : public ::testing::Test {
 protected:
  Result<Guard> open() { return Guard::open(files, "signer"); }
  store::MemoryFiles files;
};

TEST_F(GuardFile, RemembersAndNeverGoesBack) {
  {
    auto guard = *open();
    EXPECT_EQ(guard.last().size, 0U);
    ASSERT_TRUE(guard.advance({3, {}}));
    ASSERT_TRUE(guard.advance({3, {}}));
    EXPECT_EQ(reason(guard.advance({2, {}})), "guard.rollback");
    EXPECT_EQ(reason(guard.advance({3, merkle::empty_root()})), "guard.rollback");
    ASSERT_TRUE(guard.advance({5, {}}));
  }
  EXPECT_EQ((*open()).last().size, 5U);
}

// Each operation fails, tears, or does all and fails; then the power goes in each way.
TEST_F(GuardFile, SurvivesEveryFault) {
  for (const auto kind : {store::Fault::kFail, store::Fault::kTear, store::Fault::kLie}) {
    for (const auto crash :
         {store::Crash::kLoseUnsynced, store::Crash::kKeepAll, store::Crash::kKeepHalf}) {
      for (int at = 0; at < 4; ++at) {
        store::MemoryFiles disk;
        {
          auto guard = *Guard::open(disk, "signer");
          ASSERT_TRUE(guard.advance({1, {}}));
          ASSERT_TRUE(guard.advance({2, {}}));
          disk.arm({.at = at, .kind = kind});
          std::uint64_t size = 2;
          while (size < 4 && guard.advance({size + 1, {}})) ++size;
          disk.crash(crash);
          disk.arm({});
          const auto again = Guard::open(disk, "signer");
          ASSERT_TRUE(again) << at;
          EXPECT_GE(again->last().size, size) << at;
        }
      }
    }
  }
}

TEST_F(GuardFile, DamageIsNoBeginning) {
  {
    auto guard = *open();
    ASSERT_TRUE(guard.advance({1, {}}));
    ASSERT_TRUE(guard.advance({2, {}}));
  }
  Bytes& bytes = files.contents("signer");
  bytes[20] ^= 1;
  ASSERT_TRUE(open()) << "one slot is left";
  bytes[532] ^= 1;
  EXPECT_EQ(reason(open()), "guard.corrupt");
  bytes.clear();
  EXPECT_EQ(reason(open()), "guard.corrupt");
}

TEST(Peers, AnswersAreChecked) {
  const auto page = parse_entries(
      as_bytes(R"({"size":9,"entries":[{"index":4,"leaf_hash":"","entry":"YQ=="}]})"), 4);
  ASSERT_TRUE(page);
  EXPECT_EQ(as_text(page->at(0)), "a");
  for (const std::string_view bad :
       {R"({})", R"({"entries":[]})", R"({"entries":[{"index":5,"entry":"YQ=="}]})",
        R"({"entries":[{"index":4,"entry":"YQ"}]})", R"({"entries":[{"index":4,"entry":""}]})",
        R"({"entries":[{"index":4}]})"}) {
    EXPECT_EQ(reason(parse_entries(as_bytes(bad), 4)), "peer.answer") << bad;
  }
  const auto proof =
      parse_consistency(as_bytes(R"({"proof":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]})"));
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->size(), 1U);
  EXPECT_EQ(reason(parse_consistency(as_bytes(R"({"proof":["AAA="]})"))), "peer.answer");
  EXPECT_EQ(reason(parse_consistency(as_bytes(R"({})"))), "peer.answer");
  auto nobody = *HttpPeer::create("http://127.0.0.1:1");
  EXPECT_EQ(reason(nobody->entries(0)), "peer.unavailable");
}

}  // namespace
}  // namespace atoma::replica
