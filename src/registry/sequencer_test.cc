#include "atoma/registry/sequencer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <format>
#include <future>
#include <thread>

#include "atoma/merkle/tree.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::registry {
namespace {

using ledger::LabelName;
using ledger::Role;

struct TestClock final : Clock {
  Time now() const override { return time; }
  Time time{1'795'338'000};
};

struct CountingEntropy final : Entropy {
  void fill(MutableByteView out) override {
    ++count;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<std::uint8_t>(count >> 8 * (i % 8));
    }
  }
  std::uint64_t count = 0;
};

cose::SigningKey key_of(std::string_view name) {
  return cose::SigningKey(
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(crypto::sha256(as_bytes(name)))));
}

ledger::Issuer issuer_of(std::string_view name, std::uint64_t weight, Role role) {
  const auto key = key_of(name);
  return {.name = std::string(name),
          .algorithm = key.algorithm(),
          .public_key = to_bytes(key.public_key().raw()),
          .weight = weight,
          .roles = {role}};
}

// A log in memory that answers at once, and can be told to fail.
class MemoryLog final : public tlog::Ledger {
 public:
  void append(Bytes entry, Done done) override {
    if (!failure.empty() && failure != "later") {
      done(fail(Code::kUnavailable, "ledger.busy", failure));
      return;
    }
    if (failure == "later") {
      std::thread([done] { done(fail(Code::kUnavailable, "ledger.stopped", "the disk")); }).join();
      return;
    }
    const merkle::Hash leaf = merkle::leaf_hash(entry);
    tree.append(leaf);
    frontier.append(leaf);
    entries.push_back(std::move(entry));
    done(tlog::Receipt{entries.size() - 1, leaf, latest_checkpoint(),
                       *prove_inclusion(entries.size() - 1, entries.size())});
  }
  tlog::SignedCheckpoint latest_checkpoint() const override {
    return tlog::sign_checkpoint({"example.org/log", shown.value_or(frontier.size()),
                                  *merkle::root_at(tree, shown.value_or(frontier.size()))},
                                 signer);
  }
  Result<Bytes> entry(std::uint64_t index) const override { return entries.at(index); }
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const override {
    return merkle::prove_inclusion(tree, index, size);
  }
  Result<merkle::Proof> prove_consistency(std::uint64_t a, std::uint64_t b) const override {
    return merkle::prove_consistency(tree, a, b);
  }
  const tlog::VerifierKey& verifier_key() const override { return signer.verifier_key(); }

  std::vector<Bytes> entries;
  merkle::MemoryTree tree;
  merkle::Frontier frontier;
  std::string failure;
  std::optional<std::uint64_t> shown;  // the size that checkpoints show
  tlog::NoteSigner signer = *tlog::NoteSigner::create(
      "example.org/log",
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{1})));
};

struct World {
  SequencerOptions options(std::string_view key = "sequencer") const {
    // The test decides when map-heads are published.
    return {
        .key = key_of(key),
        .genesis = {{issuer_of("anna", 1, Role::kMember), issuer_of("broker", 0, Role::kService)},
                    {1, 1, Duration{0}}},
        .map_head_interval = std::chrono::hours(1)};
  }
  Result<std::unique_ptr<Sequencer>> open(std::string_view key = "sequencer") {
    return Sequencer::open(log, options(key), clock, entropy);
  }
  // A deployment by the broker.
  Bytes entry(const Sequencer& sequencer, const std::string& label) {
    const LabelName name{"test", label};
    return ledger::sign_entry({.type = "deployment",
                               .label = name,
                               .previous = sequencer.head(name),
                               .time = clock.time,
                               .expiry = std::nullopt,
                               .nonce = to_bytes(std::format("nonce {:06}", ++nonces)),
                               .body = Bytes{0xA0}},
                              key_of("broker"));
  }
  static Result<Written> write(Sequencer& sequencer, Draft draft, std::string_view by) {
    std::promise<Result<Written>> promise;
    auto outcome = promise.get_future();
    sequencer.write(std::move(draft), key_of(by),
                    [&](Result<Written> result) { promise.set_value(std::move(result)); });
    return outcome.get();
  }
  static Result<Submitted> submit(Sequencer& sequencer, Bytes entry) {
    std::promise<Result<Submitted>> promise;
    auto outcome = promise.get_future();
    sequencer.submit(std::move(entry),
                     [&](Result<Submitted> result) { promise.set_value(std::move(result)); });
    return outcome.get();
  }

  MemoryLog log;
  TestClock clock;
  CountingEntropy entropy;
  int nonces = 0;
};

template <typename T>
std::string reason(const Result<T>& result) {
  return std::string(result ? "" : result.error().reason);
}

TEST(Sequencer, BeginsALogAndGoesOnWithIt) {
  World world;
  {
    auto sequencer = world.open();
    ASSERT_TRUE(sequencer) << sequencer.error().message;
    EXPECT_EQ((*sequencer)->size(), 1U);
    const auto submitted = World::submit(**sequencer, world.entry(**sequencer, "web"));
    ASSERT_TRUE(submitted) << submitted.error().message;
    EXPECT_EQ(submitted->receipt.index, 1U);
    EXPECT_FALSE(submitted->duplicate);
  }
  auto again = world.open();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->size(), 2U);
  EXPECT_EQ((*again)->head({"test", "web"})->index, 1U);
  EXPECT_EQ(reason(world.open("another")), "sequencer.key");
}

TEST(Sequencer, LetsNothingOnTheLogThatBreaksARule) {
  World world;
  auto sequencer = *world.open();
  Bytes forged = world.entry(*sequencer, "web");
  forged.back() ^= 1;
  EXPECT_EQ(reason(World::submit(*sequencer, forged)), "rule.signature");
  EXPECT_EQ(reason(World::submit(*sequencer, to_bytes("no entry"))), "cbor.truncated");
  EXPECT_EQ(world.log.entries.size(), 1U);
}

TEST(Sequencer, TheSameStatementIsOneEntry) {
  World world;
  auto sequencer = *world.open();
  const Bytes entry = world.entry(*sequencer, "web");
  ASSERT_TRUE(World::submit(*sequencer, entry));
  ASSERT_TRUE(World::submit(*sequencer, world.entry(*sequencer, "api")));
  const auto again = World::submit(*sequencer, entry);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->receipt.index, 1U);
  EXPECT_TRUE(merkle::verify_inclusion(1, 3, merkle::leaf_hash(entry), again->receipt.inclusion,
                                       world.log.frontier.root()));
  EXPECT_EQ(world.log.entries.size(), 3U);
  world.log.shown = 1;  // written and not yet under a checkpoint
  EXPECT_EQ(reason(World::submit(*sequencer, entry)), "sequencer.pending");
}

TEST(Sequencer, WritesStatementsOfItsOwnProcess) {
  World world;
  auto sequencer = *world.open();
  const Draft draft{"deployment", {"test", "web"}, std::nullopt, Bytes{0xA0}};
  for (std::uint64_t index = 1; index < 4; ++index) {
    const auto written = World::write(*sequencer, draft, "broker");
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->receipt.index, index);
    EXPECT_EQ(written->entry, world.log.entries[index]);
    EXPECT_EQ(written->receipt.leaf_hash, merkle::leaf_hash(written->entry));
  }
  EXPECT_EQ(sequencer->head({"test", "web"})->index, 3U);
  EXPECT_EQ(reason(World::write(*sequencer, draft, "mallory")), "rule.issuer");
  EXPECT_EQ(reason(World::write(*sequencer, draft, "anna")), "rule.role");
  world.log.failure = "full";
  EXPECT_EQ(reason(World::write(*sequencer, draft, "broker")), "ledger.busy");
  world.log.failure = "later";
  EXPECT_EQ(reason(World::write(*sequencer, draft, "broker")), "ledger.stopped");
  world.log.failure.clear();
  EXPECT_EQ(reason(World::write(*sequencer, draft, "broker")), "sequencer.stopped");
  // What was written keeps the rules, signatures too.
  sequencer.reset();
  EXPECT_EQ((*world.open())->size(), 4U);
}

TEST(Sequencer, ProvesLookupsAgainstTheIndexOnTheLog) {
  World world;
  auto sequencer = *world.open();
  ASSERT_TRUE(World::submit(*sequencer, world.entry(*sequencer, "web")));
  ASSERT_TRUE(World::submit(*sequencer, world.entry(*sequencer, "web")));
  EXPECT_EQ(reason(sequencer->lookup({"test", "web"})), "lookup.no_map_head");
  ASSERT_TRUE(sequencer->publish_map_head());
  EXPECT_EQ(sequencer->size(), 4U);
  ASSERT_TRUE(sequencer->publish_map_head());  // nothing new to say
  EXPECT_EQ(sequencer->size(), 4U);
  const LabelName web{"test", "web"};
  const auto history = sequencer->history(web);
  ASSERT_TRUE(history) << history.error().message;
  auto key = key_of("sequencer").public_key();
  const auto entries =
      ledger::verify_history(*history, web, world.log.latest_checkpoint(), key, 0x10);
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ(entries->size(), 2U);
}

TEST(Sequencer, AFullQueueChangesNothingAndAFailedAppendStops) {
  World world;
  auto sequencer = *world.open();
  const Bytes entry = world.entry(*sequencer, "web");
  world.log.failure = "full";
  EXPECT_EQ(reason(World::submit(*sequencer, entry)), "ledger.busy");
  EXPECT_EQ(sequencer->size(), 1U);
  world.log.failure.clear();
  EXPECT_TRUE(World::submit(*sequencer, entry));
  world.log.failure = "later";
  EXPECT_EQ(reason(World::submit(*sequencer, world.entry(*sequencer, "web"))), "ledger.stopped");
  world.log.failure.clear();
  EXPECT_EQ(reason(World::submit(*sequencer, world.entry(*sequencer, "web"))), "sequencer.stopped");
  EXPECT_EQ(reason(sequencer->publish_map_head()), "sequencer.stopped");
  // Opened again it knows what is on the log, and nothing else.
  sequencer = *world.open();
  EXPECT_EQ(sequencer->size(), 2U);
}

TEST(Sequencer, RefusesALogWhoseEntriesBreakARule) {
  World world;
  {
    auto sequencer = *world.open();
    ASSERT_TRUE(World::submit(*sequencer, world.entry(*sequencer, "web")));
  }
  World other;
  other.log.append(world.log.entries[0], [](const auto&) {});
  other.log.append(world.log.entries[1], [](const auto&) {});
  other.log.append(world.log.entries[1], [](const auto&) {});
  EXPECT_EQ(reason(other.open()), "sequencer.rule");
  World json;
  json.log.append(to_bytes(R"({"v":1})"), [](const auto&) {});
  EXPECT_EQ(reason(json.open()), "sequencer.rule");
}

// Many writers, and map-heads in between as often as can be.
TEST(Sequencer, WritersAndMapHeadsDoNotDisturbEachOther) {
  World world;
  auto options = world.options();
  options.map_head_interval = std::chrono::milliseconds(1);
  auto sequencer = *Sequencer::open(world.log, std::move(options), world.clock, world.entropy);
  std::vector<Bytes> entries;
  for (int i = 0; i < 200; ++i) {
    entries.push_back(world.entry(*sequencer, std::format("label {}", i)));
  }
  std::vector<std::jthread> writers;
  std::atomic<int> written = 0;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      for (int i = w; i < 200; i += 4) written += World::submit(*sequencer, entries[i]) ? 1 : 0;
    });
  }
  writers.clear();
  EXPECT_EQ(written, 200);
  ASSERT_TRUE(sequencer->publish_map_head());
  const std::uint64_t size = sequencer->size();
  EXPECT_GT(size, 201U);
  sequencer.reset();
  auto replayed = world.open();
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ((*replayed)->size(), size);
}

}  // namespace
}  // namespace atoma::registry
