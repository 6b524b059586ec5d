#include "atoma/ledger/lookup.h"

#include "memory_log.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

const LabelName kWeb{"test", "web"}, kApi{"test", "api"}, kNone{"test", "none"};

// Labels with several entries, a map-head, and entries that it does not cover.
struct World {
  World() : ledger(TestLedger::begun()) {
    for (int i = 0; i < 30; ++i) {
      EXPECT_EQ(ledger.append("broker", "deployment", std::format("label {}", i), Body().take()),
                "");
      if (i % 10 == 0) {
        EXPECT_EQ(ledger.append("broker", "deployment", "web", Body().add(i).take()), "");
      }
    }
    EXPECT_EQ(ledger.map_head(), "");
    head = ledger.last();
    EXPECT_EQ(ledger.append("broker", "deployment", "web", Body().add(99).take()), "");
    checkpoint = MemoryLog(ledger.log).latest_checkpoint();
  }
  Result<Found> verify(const Lookup& lookup, const LabelName& name, std::uint64_t lag_max = 100,
                       std::string_view sequencer = "sequencer") const {
    auto key = key_named(sequencer).public_key();
    return verify_lookup(lookup, name, checkpoint, key, lag_max);
  }
  Lookup lookup(const LabelName& name) const {
    const MemoryLog log(ledger.log);
    auto made = index_for(ledger.state, checkpoint).and_then([&](const MapHead& index) {
      return make_lookup(index, log, checkpoint, name);
    });
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  Result<std::vector<Entry>> verify(const History& history, const LabelName& name) const {
    auto key = key_named("sequencer").public_key();
    return verify_history(history, name, checkpoint, key, 100);
  }
  History history(const LabelName& name) const {
    const MemoryLog log(ledger.log);
    auto made = index_for(ledger.state, checkpoint).and_then([&](const MapHead& index) {
      return make_history(index, log, checkpoint, name);
    });
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }

  TestLedger ledger;
  std::uint64_t head = 0;
  tlog::SignedCheckpoint checkpoint;
};

template <typename T>
std::string reason(const Result<T>& result) {
  return std::string(result ? "" : result.error().reason);
}

TEST(LedgerLookup, ProvesTheNewestEntryAndThatThereIsNone) {
  const World world;
  const auto found = world.verify(world.lookup(kWeb), kWeb);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->value.count, 3U);
  EXPECT_EQ(found->entry->statement.label, kWeb);
  EXPECT_EQ(found->entry->leaf, found->value.head.leaf);
  EXPECT_EQ(found->as_of, kStart);
  EXPECT_EQ(found->behind, 2U);
  const auto none = world.verify(world.lookup(kNone), kNone);
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(none->entry);
  EXPECT_LE(encode_lookup(world.lookup(kWeb)).size(), 3000U);
}

TEST(LedgerLookup, NeedsAnIndexOnTheLog) {
  TestLedger ledger = TestLedger::begun();
  const MemoryLog log(ledger.log);
  EXPECT_EQ(reason(index_for(ledger.state, log.latest_checkpoint())), "lookup.no_map_head");
}

TEST(LedgerLookup, RefusesWhatIsNotTheNewest) {
  const World world;
  const Lookup good = world.lookup(kWeb);
  Lookup changed = good;
  // The answer for another label, or for this one by another log's checkpoint.
  EXPECT_EQ(reason(world.verify(good, kApi)), "trie.leaf");
  changed.checkpoint += "x";
  EXPECT_EQ(reason(world.verify(changed, kWeb)), "lookup.checkpoint");
  EXPECT_EQ(reason(world.verify(good, kWeb, 1)), "lookup.lag");
  EXPECT_EQ(reason(world.verify(good, kWeb, 100, "mallory")), "lookup.map_head");
  changed = good;
  changed.entry.reset();
  EXPECT_EQ(reason(world.verify(changed, kWeb)), "lookup.entry");
  changed = world.lookup(kNone);
  changed.entry = good.entry;
  EXPECT_EQ(reason(world.verify(changed, kNone)), "lookup.entry");
  // An older entry of the label, which is in the log.
  const History history = world.history(kWeb);
  changed = good;
  changed.entry = history.earlier.front();
  EXPECT_EQ(reason(world.verify(changed, kWeb)), "lookup.entry");
  // An entry which poses as a map-head, and one that is not where it says.
  changed = good;
  changed.map_head = *good.entry;
  EXPECT_EQ(reason(world.verify(changed, kWeb)), "lookup.map_head");
  changed = good;
  ++changed.map_head.index;
  EXPECT_NE(reason(world.verify(changed, kWeb)), "");
}

// A sequencer that lies about the size finds nobody who believes it.
TEST(LedgerLookup, AMapHeadCoversAllBeforeIt) {
  World world;
  Statement lie = world.ledger.statement(
      "map-head", "map",
      Body().add(std::uint64_t{5}).bytes(world.ledger.state.index_now().root()).take());
  const Bytes bytes = sign_entry(lie, key_named("sequencer"));
  ASSERT_EQ(world.ledger.append(bytes), "rule.map_head");
  Lookup lookup = world.lookup(kWeb);
  world.ledger.log.push_back(bytes);  // appended all the same
  const MemoryLog log(world.ledger.log);
  const std::uint64_t at = world.ledger.log.size() - 1;
  world.checkpoint = log.latest_checkpoint();
  lookup.checkpoint = world.checkpoint.note;
  lookup.map_head = {at, bytes, *log.prove_inclusion(at, at + 1)};
  EXPECT_EQ(reason(world.verify(lookup, kWeb)), "lookup.map_head");
}

TEST(LedgerLookup, IsReadAsItWasWritten) {
  const World world;
  for (const LabelName& name : {kWeb, kNone}) {
    const Bytes bytes = encode_lookup(world.lookup(name));
    const auto read = parse_lookup(bytes);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(world.verify(*read, name));
    EXPECT_EQ(encode_lookup(*read), bytes);
  }
  EXPECT_EQ(reason(parse_lookup(Body().take())), "lookup.format");
}

// One bit of each byte, another one each time: every byte of a proof is under some hash.
TEST(LedgerLookup, OneBitChangesAreRefused) {
  const World world;
  for (const LabelName& name : {kWeb, kNone}) {
    Bytes bytes = encode_lookup(world.lookup(name));
    for (std::size_t at = 0; at < 8 * bytes.size(); at += 9) {
      bytes[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
      const auto read = parse_lookup(bytes);
      ASSERT_FALSE(read && world.verify(*read, name)) << at;
      bytes[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
    }
  }
}

TEST(LedgerLookup, HistoriesAreWhole) {
  const World world;
  const History good = world.history(kWeb);
  const auto entries = world.verify(good, kWeb);
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_FALSE(entries->front().statement.previous);
  EXPECT_EQ(world.verify(world.history(kNone), kNone)->size(), 0U);

  History changed = good;
  changed.earlier.pop_back();
  EXPECT_EQ(reason(world.verify(changed, kWeb)), "lookup.history");
  changed = good;
  std::swap(changed.earlier[0], changed.earlier[1]);
  EXPECT_EQ(reason(world.verify(changed, kWeb)), "lookup.entry");
  changed = world.history(kNone);
  changed.earlier = good.earlier;
  EXPECT_EQ(reason(world.verify(changed, kNone)), "lookup.history");
}

// A log of `size` entries of the world, and a map cosigner's word on it.
struct Cosigned {
  explicit Cosigned(const World& world) : all(world.ledger.log) {}

  MemoryLog log(std::uint64_t size) const {
    return MemoryLog({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  Result<MapCosigned> at(std::uint64_t size, std::string_view by = "monitor") const {
    const auto checkpoint = log(size).latest_checkpoint();
    const auto line = cosigner(by).sign(tlog::encode_checkpoint(checkpoint.checkpoint), 1000);
    return verify_map_cosigned(checkpoint.note + *line, log(1).verifier_key(),
                               cosigner("monitor").key());
  }
  merkle::Proof growth(std::uint64_t from, std::uint64_t to) const {
    return *log(to).prove_consistency(from, to);
  }
  static tlog::Cosigner cosigner(std::string_view name) {
    return *tlog::Cosigner::create("monitor.example/m", crypto::Ed25519PrivateKey::from_seed(
                                                            Secret<32>::copy_of(digest_of(name))));
  }
  std::vector<Bytes> all;
};

TEST(LedgerLookup, CountsOnlyWhatAMapCosignerHasReplayed) {
  const World world;
  const Cosigned cosigned(world);
  const Lookup lookup = world.lookup(kWeb);
  const std::uint64_t size = world.checkpoint.checkpoint.size;  // two more than the map-head
  const auto check = [&](std::uint64_t at, const merkle::Proof& growth, std::uint64_t lag = 100) {
    return reason(check_map_cosigned(lookup, world.checkpoint, *cosigned.at(at), growth, lag));
  };
  EXPECT_EQ(check(size, {}), "");
  EXPECT_EQ(check(world.head + 1, cosigned.growth(world.head + 1, size)), "");
  EXPECT_EQ(cosigned.at(size)->when, Time{1000});
  EXPECT_EQ(check(world.head, cosigned.growth(world.head, size)), "lookup.uncosigned");
  EXPECT_EQ(check(size, {}, 2), "");
  EXPECT_EQ(check(size, {}, 1), "lookup.lag");
  EXPECT_EQ(check(world.head + 1, {}), "lookup.fork");
  EXPECT_EQ(check(size, cosigned.growth(3, size)), "lookup.fork");
  EXPECT_EQ(reason(cosigned.at(size, "somebody else")), "cosignature.missing");
}

TEST(LedgerLookup, ACosignedTreeMayBeTheLargerOne) {
  const World world;
  Cosigned cosigned(world);
  for (int i = 0; i < 5; ++i) cosigned.all.push_back(to_bytes("more"));
  const std::uint64_t size = world.checkpoint.checkpoint.size;
  const auto larger = *cosigned.at(size + 5);
  const Lookup lookup = world.lookup(kWeb);
  EXPECT_EQ(reason(check_map_cosigned(lookup, world.checkpoint, larger,
                                      cosigned.growth(size, size + 5), 100)),
            "");
  // Another history: the cosigner has never seen the lookup's tree.
  cosigned.all[3] = to_bytes("other");
  EXPECT_EQ(reason(check_map_cosigned(lookup, world.checkpoint, *cosigned.at(size + 5),
                                      cosigned.growth(size, size + 5), 100)),
            "lookup.fork");
  EXPECT_EQ(reason(check_map_cosigned(lookup, world.checkpoint, *cosigned.at(size), {}, 100)),
            "lookup.fork");
}

TEST(LedgerLookup, TakesAnOlderMapHeadWhenItIsAsked) {
  World world;
  ASSERT_EQ(world.ledger.map_head(), "");
  const MemoryLog log(world.ledger.log);
  const auto made = [&](std::uint64_t below) {
    return index_for(world.ledger.state, log.latest_checkpoint(), below)
        .and_then([&](const MapHead& head) {
          return make_lookup(head, log, log.latest_checkpoint(), kWeb);
        });
  };
  EXPECT_EQ(made(kNewestMapHead)->map_head.index, world.ledger.last());
  EXPECT_EQ(made(world.ledger.last())->map_head.index, world.head);
  EXPECT_EQ(made(world.head + 1)->map_head.index, world.head);
  EXPECT_EQ(reason(made(world.head)), "lookup.no_map_head");
  world.checkpoint = log.latest_checkpoint();
  EXPECT_EQ(world.verify(*made(world.head + 1), kWeb)->value.count, 3U);
  EXPECT_EQ(world.verify(*made(kNewestMapHead), kWeb)->value.count, 4U);
}

}  // namespace
}  // namespace atoma::ledger
