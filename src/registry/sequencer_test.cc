#include "atoma/registry/sequencer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <format>
#include <future>
#include <thread>

#include "atoma/wire/cbor_writer.h"
#include "ledger/memory_log.h"
#include "registry/test_genesis.h"
#include "registry/test_service.h"
#include "registry/verified_mark.h"

namespace atoma::registry {
namespace {

using ledger::LabelName;

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

using ledger::Draft;
using ledger::MemoryLog;
using ledger::Written;

struct World {
  Bytes genesis() { return *test::first_entry(clock.time, entropy)(log.verifier_key()); }
  static SequencerOptions options(std::string_view key = "sequencer", bool shared = false) {
    // The test decides when map-heads are published.
    return {.key = test::issuer_key(key),
            .map_head_interval = std::chrono::hours(1),
            .shared = shared,
            .published = {}};
  }
  Result<std::unique_ptr<Sequencer>> open(std::string_view key = "sequencer") {
    if (log.entries().empty()) log.append(genesis(), [](const auto&) {});
    return Sequencer::open(log, options(key), clock, entropy);
  }
  Result<std::unique_ptr<Sequencer>> open_shared() {
    return Sequencer::open(log, options("sequencer", true), clock, entropy);
  }
  // A deployment by the broker.
  Bytes entry(Sequencer& sequencer, const std::string& label) {
    const LabelName name{"test", label};
    return ledger::sign_entry({.type = "deployment",
                               .label = name,
                               .previous = *sequencer.head(name),
                               .time = clock.time,
                               .expiry = std::nullopt,
                               .nonce = to_bytes(std::format("nonce {:06}", ++nonces)),
                               .body = Bytes{0xA0}},
                              test::issuer_key("broker"));
  }
  static Result<Written> write(Sequencer& sequencer, Draft draft, std::string_view by) {
    std::promise<Result<Written>> promise;
    auto outcome = promise.get_future();
    sequencer.write(std::move(draft), test::issuer_key(by),
                    [&](Result<Written> result) { promise.set_value(std::move(result)); });
    return outcome.get();
  }
  Result<Written> deploy(Sequencer& sequencer) {
    return write(sequencer, {"deployment", {"test", "web"}, std::nullopt, Bytes{0xA0}}, "broker");
  }
  static Result<Submitted> submit(Sequencer& sequencer, Bytes entry) {
    return send(sequencer, std::move(entry)).get();
  }
  // Without waiting for the answer.
  static std::future<Result<Submitted>> send(Sequencer& sequencer, Bytes entry) {
    auto promise = std::make_shared<std::promise<Result<Submitted>>>();
    auto outcome = promise->get_future();
    sequencer.submit(std::move(entry), [promise](Result<Submitted> result) {
      promise->set_value(std::move(result));
    });
    return outcome;
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
  EXPECT_EQ((*(*again)->head({"test", "web"}))->index, 1U);
  EXPECT_EQ(reason(world.open("another")), "sequencer.key");
}

TEST(Sequencer, LetsNothingOnTheLogThatBreaksARule) {
  World world;
  auto sequencer = *world.open();
  Bytes forged = world.entry(*sequencer, "web");
  forged.back() ^= 1;
  EXPECT_EQ(reason(World::submit(*sequencer, forged)), "rule.signature");
  EXPECT_EQ(reason(World::submit(*sequencer, to_bytes("no entry"))), "cbor.truncated");
  EXPECT_EQ(world.log.entries().size(), 1U);
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
                                       world.log.latest_checkpoint().checkpoint.root));
  EXPECT_EQ(world.log.entries().size(), 3U);
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
    EXPECT_EQ(written->entry, world.log.entries()[index]);
    EXPECT_EQ(written->receipt.leaf_hash, merkle::leaf_hash(written->entry));
  }
  EXPECT_EQ((*sequencer->head({"test", "web"}))->index, 3U);
  EXPECT_EQ(reason(World::write(*sequencer, draft, "mallory")), "rule.issuer");
  EXPECT_EQ(reason(World::write(*sequencer, draft, "anna")), "rule.role");
  world.log.refusal = "ledger.busy";
  EXPECT_EQ(reason(World::write(*sequencer, draft, "broker")), "ledger.busy");
  world.log.refusal = "";
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
  auto key = test::issuer_key("sequencer").public_key();
  const auto entries =
      ledger::verify_history(*history, web, world.log.latest_checkpoint(), key, 0x10);
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ(entries->size(), 2U);
}

TEST(Sequencer, AFullQueueChangesNothingAndAFailedAppendStops) {
  World world;
  auto sequencer = *world.open();
  const Bytes entry = world.entry(*sequencer, "web");
  world.log.refusal = "ledger.busy";
  EXPECT_EQ(reason(World::submit(*sequencer, entry)), "ledger.busy");
  EXPECT_EQ(sequencer->size(), 1U);
  world.log.refusal = "";
  EXPECT_TRUE(World::submit(*sequencer, entry));
  ASSERT_TRUE(sequencer->publish_map_head());
  world.log.hold = true;
  auto lost = world.send(*sequencer, world.entry(*sequencer, "web"));
  std::thread([&] { world.log.lose(); }).join();
  EXPECT_EQ(reason(lost.get()), "ledger.not_leader");
  world.log.hold = false;
  EXPECT_EQ(reason(World::submit(*sequencer, world.entry(*sequencer, "web"))), "ledger.stopped");
  EXPECT_EQ(reason(sequencer->publish_map_head()), "ledger.stopped");
  // What is on the log can be looked up all the same.
  EXPECT_EQ(sequencer->lookup({"test", "web"})->entry->index, 1U);
  // Opened again it knows what is on the log, and nothing else.
  sequencer = *world.open();
  EXPECT_EQ(sequencer->size(), 3U);
}

// Two sequencers over one log, as two replicas have them: each sees what the other wrote.
TEST(SharedLog, EachFollowsWhatTheOthersWrote) {
  World world;
  world.log.append(world.genesis(), [](const auto&) {});
  auto one = *world.open_shared(), two = *world.open_shared();
  EXPECT_EQ(world.deploy(*one)->receipt.index, 1U);
  EXPECT_EQ(world.deploy(*two)->receipt.index, 2U);
  EXPECT_EQ(world.deploy(*one)->receipt.index, 3U);
  ASSERT_TRUE(two->publish_map_head());
  EXPECT_EQ(one->lookup({"test", "web"})->entry->index, 3U);
  EXPECT_EQ(one->size(), 5U);
  one.reset();
  EXPECT_EQ((*world.open())->size(), 5U);
}

TEST(SharedLog, BeginsWhenSomebodyBeginsIt) {
  World world;
  EXPECT_EQ(reason(Sequencer::open(world.log, World::options(), world.clock, world.entropy)),
            "sequencer.empty");
  auto sequencer = *world.open_shared();
  EXPECT_EQ(reason(world.deploy(*sequencer)), "rule.genesis");
  EXPECT_EQ(reason(sequencer->lookup({"test", "web"})), "lookup.no_map_head");
  world.log.append(world.genesis(), [](const auto&) {});
  EXPECT_TRUE(world.deploy(*sequencer));
  // With another key than the log's sequencer nothing is written or looked up.
  auto stranger =
      Sequencer::open(world.log, World::options("another", true), world.clock, world.entropy);
  EXPECT_EQ(reason(stranger), "sequencer.key");
}

// The lead was lost with entries on their way: they are not on the log, others are.
TEST(SharedLog, ForgetsWhatDidNotGetOnTheLog) {
  World world;
  world.log.append(world.genesis(), [](const auto&) {});
  auto one = *world.open_shared(), two = *world.open_shared();
  ASSERT_TRUE(world.deploy(*one));
  world.log.hold = true;
  auto first = world.send(*one, world.entry(*one, "web"));
  auto second = world.send(*one, world.entry(*one, "web"));
  EXPECT_EQ(one->size(), 4U);
  // What the other replica wrote as the new leader.
  const std::vector<Bytes> others = {world.entry(*two, "web")};
  std::thread([&] { world.log.lose(others); }).join();
  EXPECT_EQ(reason(first.get()), "ledger.not_leader");
  EXPECT_EQ(reason(second.get()), "ledger.not_leader");
  world.log.hold = false;
  EXPECT_EQ(world.deploy(*one)->receipt.index, 3U);
  ASSERT_TRUE(one->publish_map_head());
  EXPECT_EQ(one->lookup({"test", "web"})->entry->index, 3U);
  one.reset();
  two.reset();
  EXPECT_EQ((*world.open())->size(), 5U);
}

// Others wrote, and what was on its way has not been answered: nothing is decided on what may be.
TEST(SharedLog, DecidesNothingWhileItDoesNotKnow) {
  World world;
  world.log.append(world.genesis(), [](const auto&) {});
  auto one = *world.open_shared(), two = *world.open_shared();
  ASSERT_TRUE(world.deploy(*two));
  ASSERT_TRUE(two->publish_map_head());
  EXPECT_EQ(one->lookup({"test", "web"})->entry->index, 1U);
  world.log.hold = true;
  const Bytes others = world.entry(*two, "web");
  auto lost = world.send(*one, world.entry(*one, "web"));
  const auto unanswered = world.log.overtake({others});
  // The log has another entry 3 than this state.
  EXPECT_EQ(reason(one->lookup({"test", "web"})), "sequencer.settling");
  EXPECT_EQ(reason(world.deploy(*one)), "sequencer.settling");
  std::thread([&] {
    for (const auto& held : unanswered) {
      held.done(fail(Code::kUnknown, "ledger.unknown_outcome", "nobody knows"));
    }
  }).join();
  EXPECT_EQ(reason(lost.get()), "ledger.unknown_outcome");
  world.log.hold = false;
  EXPECT_EQ(world.deploy(*one)->receipt.index, 4U);
}

TEST(SharedLog, TellsWhoAsksOfAnEntryThatBreaksARule) {
  World world;
  world.log.append(world.genesis(), [](const auto&) {});
  auto sequencer = *world.open_shared();
  ASSERT_TRUE(world.deploy(*sequencer));
  EXPECT_EQ(sequencer->failure(), "");
  world.log.append(world.log.entries()[1], [](const auto&) {});
  EXPECT_EQ(reason(world.deploy(*sequencer)), "sequencer.rule");
  EXPECT_EQ(sequencer->failure(), "sequencer.rule");
  EXPECT_EQ(reason(sequencer->lookup({"test", "web"})), "sequencer.rule");
}

TEST(Sequencer, RefusesALogWhoseEntriesBreakARule) {
  World world;
  {
    auto sequencer = *world.open();
    ASSERT_TRUE(World::submit(*sequencer, world.entry(*sequencer, "web")));
  }
  World other;
  other.log.append(world.log.entries()[0], [](const auto&) {});
  other.log.append(world.log.entries()[1], [](const auto&) {});
  other.log.append(world.log.entries()[1], [](const auto&) {});
  EXPECT_EQ(reason(other.open()), "sequencer.rule");
  World json;
  json.log.append(to_bytes(R"({"v":1})"), [](const auto&) {});
  const auto old = json.open();
  EXPECT_EQ(reason(old), "sequencer.rule");
  EXPECT_TRUE(old.error().message.contains("before entries had types")) << old.error().message;
}

// Many writers, and map-heads in between as often as can be.
TEST(Sequencer, WritersAndMapHeadsDoNotDisturbEachOther) {
  World world;
  world.log.append(world.genesis(), [](const auto&) {});
  auto options = World::options();
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

// A log with an entry whose signature is none, and all rules kept but that one.
struct MarkedWorld : World {
  MarkedWorld() {
    auto sequencer = *open();
    Bytes forged = entry(*sequencer, "web");
    forged.back() ^= 1;
    log.append(std::move(forged), [](const auto&) {});
  }
  Result<std::unique_ptr<Sequencer>> open_marked() {
    SequencerOptions how = options();
    how.files = &store::posix_file_system();
    how.mark = folder.path() / "verified";
    return Sequencer::open(log, std::move(how), clock, entropy);
  }
  void mark(std::string_view key, std::uint64_t size, merkle::Hash root) const {
    const cose::SigningKey signer = test::issuer_key(key);
    VerifiedMark(&store::posix_file_system(), folder.path() / "verified", signer)
        .save({size, root});
  }

  test::TempDirectory folder;
};

std::string_view reason(const Result<std::unique_ptr<Sequencer>>& opened) {
  return opened ? "" : opened.error().reason;
}

TEST(VerifiedMark, SparesWhatWasVerified) {
  MarkedWorld world;
  const auto newest = world.log.latest_checkpoint().checkpoint;
  EXPECT_EQ(reason(world.open_marked()), "sequencer.rule");
  world.mark("sequencer", newest.size, newest.root);
  EXPECT_EQ(reason(world.open_marked()), "");
}

TEST(VerifiedMark, ThatIsNotOfThisLogSparesNothing) {
  MarkedWorld world;
  const auto newest = world.log.latest_checkpoint().checkpoint;
  merkle::Hash other = newest.root;
  other[0] ^= 1;
  world.mark("sequencer", newest.size, other);
  EXPECT_EQ(reason(world.open_marked()), "sequencer.rule");
  world.mark("broker", newest.size, newest.root);
  EXPECT_EQ(reason(world.open_marked()), "sequencer.rule") << "signed by another key";
  world.mark("sequencer", newest.size + 1, newest.root);
  EXPECT_EQ(reason(world.open_marked()), "sequencer.rule") << "of a longer log";
  world.mark("sequencer", newest.size - 1, newest.root);
  EXPECT_EQ(reason(world.open_marked()), "sequencer.rule");
  ASSERT_TRUE(store::replace_file(store::posix_file_system(), world.folder.path() / "verified",
                                  Bytes(40, 1)));
  EXPECT_EQ(reason(world.open_marked()), "sequencer.rule") << "damaged";
}

TEST(VerifiedMark, IsLeftAtTheEnd) {
  World world;
  const test::TempDirectory folder;
  const store::Path path = folder.path() / "verified";
  if (world.log.entries().empty()) world.log.append(world.genesis(), [](const auto&) {});
  {
    SequencerOptions how = World::options();
    how.files = &store::posix_file_system();
    how.mark = path;
    auto sequencer = *Sequencer::open(world.log, std::move(how), world.clock, world.entropy);
    ASSERT_TRUE(world.deploy(*sequencer));
  }
  const auto newest = world.log.latest_checkpoint().checkpoint;
  const cose::SigningKey key = test::issuer_key("sequencer");
  VerifiedMark mark(&store::posix_file_system(), path, key);
  EXPECT_EQ(mark.load().size, newest.size);
  EXPECT_EQ(mark.load().root, newest.root);
}

}  // namespace
}  // namespace atoma::registry
