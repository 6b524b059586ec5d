#include "atoma/ledger/state.h"

#include "test_ledger.h"

namespace atoma::ledger {
namespace {

TEST(LedgerState, BeginsWithAGenesisOfItsOwnIssuer) {
  TestLedger ledger;
  EXPECT_EQ(ledger.append("broker", "deployment", "web", Body().take()), "rule.genesis");
  EXPECT_EQ(ledger.append("mallory", "genesis", "registry", TestLedger::genesis_body().take()),
            "rule.issuer");
  Statement late = ledger.statement("genesis", "registry", TestLedger::genesis_body().take());
  late.previous = EntryRef{};
  EXPECT_EQ(ledger.append("anna", late), "rule.previous");
  EXPECT_EQ(ledger.append("anna", "genesis", "registry", TestLedger::genesis_body().take()), "");
  EXPECT_EQ(ledger.append("anna", "genesis", "registry", TestLedger::genesis_body().take()),
            "rule.genesis");
  EXPECT_EQ(ledger.state.trust().thresholds.add, 2U);
  EXPECT_EQ(ledger.state.issuer(id_of("ben"))->weight, 1U);
}

TEST(LedgerState, RefusesBodiesThatAreNotTheTypes) {
  TestLedger ledger;
  const auto genesis = [&](Body body) {
    return ledger.append("anna", "genesis", "registry", body.take());
  };
  const Bytes anna = issuer_item("anna", 1, {"member"});
  wire::CborWriter key;
  key.begin_array().value("key").end_array();
  const Bytes keys = key.take();
  const auto with = [&](const std::vector<Bytes>& issuers, const Bytes& thresholds) {
    Body out;
    out.add("origin").raw(keys).raw(array_of(issuers)).raw(thresholds);
    return genesis(std::move(out));
  };
  const Bytes one = thresholds_item(1, 1, 0);
  EXPECT_EQ(genesis(Body()), "rule.body");
  EXPECT_EQ(genesis(Body().add(1).raw(keys).raw(array_of({anna})).raw(one)), "rule.body");
  EXPECT_EQ(genesis(Body().add("").raw(keys).raw(array_of({anna})).raw(one)), "rule.body");
  EXPECT_EQ(with({anna}, thresholds_item(0, 0, 0)), "rule.body");
  EXPECT_EQ(with({anna}, thresholds_item(1, 2, 0)), "rule.body");
  EXPECT_EQ(with({anna}, thresholds_item(2, 1, 0)), "rule.body");  // more than all have
  EXPECT_EQ(with({anna, anna}, one), "rule.body");
  EXPECT_EQ(with({issuer_item("anna", 0, {"member"})}, one), "rule.body");
  EXPECT_EQ(with({anna, issuer_item("ben", 1, {"service"})}, one), "rule.body");
  EXPECT_EQ(with({anna, issuer_item("ben", 0, {})}, one), "rule.body");
  EXPECT_EQ(with({anna, issuer_item("ben", 0, {"king"})}, one), "rule.body");
  wire::CborWriter weak;
  weak.begin_array().value("ben").value(-8).bytes(Bytes(31)).value(0).begin_array();
  EXPECT_EQ(with({anna, weak.value("service").end_array().end_array().take()}, one), "rule.key");
  wire::CborWriter unknown;
  unknown.begin_array().value("ben").value(-99).bytes(Bytes(32)).value(0).begin_array();
  EXPECT_EQ(with({anna, unknown.value("service").end_array().end_array().take()}, one), "rule.key");
  EXPECT_EQ(genesis(TestLedger::genesis_body().add(1)), "rule.body");  // a fifth field
  EXPECT_EQ(with({anna}, one), "");
}

TEST(LedgerState, WritersAreKnownAuthenticAndMay) {
  TestLedger ledger = TestLedger::begun();
  EXPECT_EQ(ledger.append("mallory", "deployment", "web", Body().take()), "rule.issuer");
  EXPECT_EQ(ledger.append("verifier", "deployment", "web", Body().take()), "rule.role");
  EXPECT_EQ(ledger.append("broker", "wish", "web", Body().take()), "rule.type");
  EXPECT_EQ(ledger.append("broker", "logkey.rotate", "log", Body().take()), "rule.role");
  EXPECT_EQ(ledger.append("sequencer", "logkey.rotate", "log", Body().take()), "");
  Bytes forged =
      sign_entry(ledger.statement("deployment", "web", Body().take()), key_named("broker"));
  forged.back() ^= 1;
  EXPECT_EQ(ledger.append(forged), "rule.signature");
  EXPECT_EQ(ledger.append("broker", "deployment", "web", Body().take()), "");
}

// What a program writes itself is under the same rules, but for the signature that it just made.
TEST(LedgerState, OwnEntriesAreAdmittedAsOthersAre) {
  TestLedger ledger = TestLedger::begun();
  const auto own = [&](std::string_view by, const Statement& statement) {
    return ledger.state.admit_own(statement, key_named(by), ledger.now);
  };
  Statement made = ledger.statement("deployment", "web", Body().take());
  auto entry = own("broker", made);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->bytes, sign_entry(made, key_named("broker")));
  // Whoever replays the log verifies the signature, and finds it good.
  ASSERT_EQ(ledger.append(entry->bytes), "");
  EXPECT_EQ(own("broker", made)->admission.duplicate_of, 1U);
  EXPECT_EQ(own("mallory", made).error().reason, "rule.issuer");
  EXPECT_EQ(own("verifier", ledger.statement("deployment", "web", Body().take())).error().reason,
            "rule.role");
  made.nonce = to_bytes("another nonce");
  EXPECT_EQ(own("broker", made).error().reason, "rule.previous");
  Statement late = ledger.statement("deployment", "web", Body().take());
  late.time = ledger.now + Duration{61};
  EXPECT_EQ(own("broker", late).error().reason, "rule.future");
  EXPECT_EQ(own("broker", ledger.statement("release", "x", Body().take())).error().reason,
            "rule.body");
  EXPECT_EQ(TestLedger()
                .state
                .admit_own(ledger.statement("genesis", "g", TestLedger::genesis_body().take()),
                           key_named("mallory"))
                .error()
                .reason,
            "rule.issuer");
}

TEST(LedgerState, LabelsAreChainsOfOneKind) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.append("broker", "deployment", "web", Body().take()), "");
  Statement next = ledger.statement("deployment", "web", Body().take());
  Statement first = next, wrong_hash = next;
  first.previous.reset();
  wrong_hash.previous->leaf[0] ^= 1;
  EXPECT_EQ(ledger.append("broker", first), "rule.previous");
  EXPECT_EQ(ledger.append("broker", wrong_hash), "rule.previous");
  EXPECT_EQ(ledger.append("broker", next), "");
  EXPECT_EQ(ledger.append("broker", next), "duplicate of 2");
  EXPECT_EQ(ledger.append("broker", "release", "web", Body().take()), "rule.family");
  EXPECT_EQ(ledger.state.label({"test", "web"})->value.count, 2U);
}

TEST(LedgerState, TheSameStatementIsOneEntry) {
  TestLedger ledger = TestLedger::begun();
  const Statement made = ledger.statement("deployment", "web", Body().take());
  ASSERT_EQ(ledger.append("broker", made), "");
  EXPECT_EQ(ledger.append("broker", made), "duplicate of 1");
  Statement other = ledger.statement("deployment", "api", Body().take());
  other.nonce = made.nonce;
  EXPECT_EQ(ledger.append("broker", other), "rule.nonce");
  // Another issuer's nonces are his.
  Statement sequencers = ledger.statement("witness-set", "witnesses", Body().take());
  sequencers.nonce = made.nonce;
  EXPECT_EQ(ledger.append("sequencer", sequencers), "");
  // Long after, it is known no more, and too old to be taken for a new one.
  for (int i = 0; i < 4; ++i) {
    ledger.now = ledger.now + Duration{200};
    ASSERT_EQ(ledger.append("broker", "deployment", "api", Body().take()), "");
  }
  EXPECT_EQ(ledger.append("broker", made), "rule.stale");
}

TEST(LedgerState, TimesAreNearTheClock) {
  TestLedger ledger = TestLedger::begun();
  Statement ahead = ledger.statement("deployment", "web", Body().take());
  ahead.time = ledger.now + Duration{61};
  EXPECT_EQ(ledger.append("broker", ahead), "rule.future");
  EXPECT_TRUE(ledger.state.admit(sign_entry(ahead, key_named("broker"))));  // a replay has no clock
  ahead.time = ledger.now + Duration{60};
  EXPECT_EQ(ledger.append("broker", ahead), "");
  Statement behind = ledger.statement("deployment", "web", Body().take());
  behind.time = ahead.time - kBackdatingMax - Duration{1};
  EXPECT_EQ(ledger.append("broker", behind), "rule.stale");
  behind.time = ahead.time - kBackdatingMax;
  EXPECT_EQ(ledger.append("broker", behind), "");
  EXPECT_EQ(ledger.state.time(), ahead.time);
}

TEST(LedgerState, MapHeadsSayWhatTheEntriesBeforeThemAddUpTo) {
  TestLedger ledger = TestLedger::begun();
  EXPECT_EQ(ledger.state.map_head(100), nullptr);
  const auto head = [&](std::uint64_t size, const Hash& root) {
    return ledger.append("sequencer", "map-head", "map", Body().add(size).bytes(root).take());
  };
  const Hash root = ledger.state.index_now().root();
  EXPECT_EQ(head(0, root), "rule.map_head");
  EXPECT_EQ(head(1, digest_of("another")), "rule.map_head");
  EXPECT_EQ(head(1, root), "");
  ASSERT_EQ(ledger.append("broker", "deployment", "web", Body().take()), "");
  EXPECT_EQ(head(3, root), "rule.map_head");
  ASSERT_EQ(ledger.map_head(), "");
  EXPECT_EQ(ledger.state.map_head(1), nullptr);
  EXPECT_EQ(ledger.state.map_head(2)->index, 1U);
  EXPECT_EQ(ledger.state.map_head(3)->index, 1U);
  EXPECT_EQ(ledger.state.map_head(4)->index, 3U);
  // The label's value at that head, whatever came after.
  ASSERT_EQ(ledger.append("broker", "deployment", "web", Body().take()), "");
  const LabelName web{"test", "web"};
  const auto then = LabelValue::decode(*ledger.state.map_head(5)->trie.find(web.key()));
  EXPECT_EQ(then->count, 1U);
  EXPECT_EQ(then->head.index, 2U);
  EXPECT_EQ(ledger.state.label(web)->value.count, 2U);
  EXPECT_EQ(LabelValue::decode(Bytes(79)).error().reason, "label.value");
}

// A folded index is the same one: what is admitted and what comes after don't know the difference.
TEST(LedgerState, AFoldedIndexIsTheIndex) {
  TestLedger folded = TestLedger::begun(), plain = TestLedger::begun();
  for (int i = 0; i < 40; ++i) {
    for (TestLedger* ledger : {&folded, &plain}) {
      const std::string label = std::format("web {}", i % 7);
      ASSERT_EQ(ledger->append("broker", "deployment", label, Body().add(i).take()), "");
    }
    if (i % 3 == 0) {
      EXPECT_EQ(folded.state.fold_index().root(), plain.state.index_now().root());
    }
    if (i % 10 == 0) {
      ASSERT_EQ(folded.map_head(), "");
      ASSERT_EQ(plain.map_head(), "");
    }
    ASSERT_EQ(folded.state.index_now().root(), plain.state.index_now().root());
  }
  EXPECT_EQ(folded.log, plain.log);
}

// Whoever replays the log comes to the same state, and finds an entry that was slipped in.
TEST(LedgerState, AReplayFindsTheFirstEntryThatBrokeARule) {
  TestLedger ledger = TestLedger::begun();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(ledger.append("broker", "deployment", std::format("web {}", i % 3), Body().take()),
              "");
    if (i % 5 == 0) {
      ASSERT_EQ(ledger.map_head(), "");
    }
  }
  State replayed;
  for (const Bytes& bytes : ledger.log) {
    auto next = replayed.admit(bytes);
    ASSERT_TRUE(next) << next.error().message;
    replayed.apply(std::move(*next));
  }
  EXPECT_EQ(replayed.root(), ledger.state.root());
  EXPECT_EQ(replayed.index_now().root(), ledger.state.index_now().root());
  std::swap(ledger.log[2], ledger.log[6]);
  State wary;
  std::size_t accepted = 0;
  for (const Bytes& bytes : ledger.log) {
    auto next = wary.admit(bytes);
    if (!next) break;
    wary.apply(std::move(*next));
    ++accepted;
  }
  EXPECT_EQ(accepted, 2U);
}

}  // namespace
}  // namespace atoma::ledger
