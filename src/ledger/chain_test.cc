#include "atoma/ledger/chain.h"

#include "test_ledger.h"

namespace atoma::ledger {
namespace {

const LabelName kLlama{"test", "llama"};

// What a chain says of a ledger, one line for each node: depth, kind, title.
void lines(const TrustNode& node, int depth, std::string& out) {
  out += std::string(static_cast<std::size_t>(2 * depth), ' ') + (node.good ? "" : "! ") +
         node.kind + ": " + node.title + "\n";
  for (const TrustNode& child : node.children) lines(child, depth + 1, out);
}

struct Told {
  explicit Told(const TestLedger& ledger) {
    for (const Bytes& bytes : ledger.log) {
      auto next = state.admit(bytes);
      EXPECT_TRUE(next);
      const auto added = index.add(state, *next);
      EXPECT_TRUE(added) << added.error().message;
      state.apply(*std::move(next));
    }
  }
  std::string of(const LabelName& name) const {
    const auto tree = index.chain(name, state);
    if (!tree) return std::string(tree.error().reason);
    std::string out;
    lines(*tree, 0, out);
    return out;
  }
  bool good(const LabelName& name) const { return all_good(*index.chain(name, state)); }

  ChainIndex index;
  State state;
};

std::string brief(ByteView bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes.first(8)) out += std::format("{:02x}", byte);
  return out + "…";
}
std::string brief_of(std::string_view text) { return brief(digest_of(text)); }

TestLedger with_key() {
  TestLedger out = TestLedger::begun();
  EXPECT_EQ(out.attest("key"), "");
  EXPECT_EQ(out.register_key("key", "llama", out.last()), "");
  return out;
}

TEST(LedgerChain, LeadsFromAKeyToTheGenesis) {
  const Told told(with_key());
  EXPECT_EQ(told.of(kLlama),
            "key: test llama, EdDSA " + brief(public_of("key")) +
                ", epoch 1\n"
                "  attestation: tdx accepted by verifier, 2026-11-22T09:00:00Z, valid until "
                "2026-11-22T09:10:00Z\n"
                "    measurement: " +
                brief_of("image 1") +
                ": the members name none, any will do\n"
                "    policy: " +
                brief_of("policy 1") +
                ": the members name none, any will do\n"
                "    issuer: verifier (verifier), named in the genesis\n"
                "  issuer: put on the log by registrar (registrar), named in the genesis\n"
                "  genesis: members anna 1, ben 1, chloe 1; now weight 2 adds trust after "
                "3600 s, weight 1 removes it\n");
  EXPECT_TRUE(told.good(kLlama));
  EXPECT_EQ(told.index.log_keys(), std::vector<std::string>{"example.org/log+12345678+key"});
  EXPECT_EQ(told.of({"test", "nothing"}), "chain.none");
  EXPECT_EQ(told.of({"test", "evidence 1"}), "chain.none");
}

TEST(LedgerChain, ShowsWhoApprovedAMeasurement) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.change("measurement.add", bytes_item(digest_of("image 1"))), "");
  ASSERT_EQ(ledger.attest("key"), "");
  ASSERT_EQ(ledger.register_key("key", "llama", ledger.last()), "");
  const Told told(ledger);
  const std::string text = told.of(kLlama);
  EXPECT_TRUE(
      text.contains("measurement: " + brief_of("image 1") +
                    ": approved by the members\n"
                    "      decision: measurement.add proposed by anna, votes of weight 2 where 2 "
                    "is enough, in force since entry 5, 2026-11-22T10:00:00Z\n"
                    "        vote: anna, weight 1\n"
                    "        vote: ben, weight 1\n"))
      << text;
  EXPECT_TRUE(told.good(kLlama));
}

TEST(LedgerChain, ShowsWhatWasWithdrawnSince) {
  TestLedger ledger = with_key();
  ASSERT_EQ(ledger.change("measurement.remove", bytes_item(digest_of("image 1"))), "");
  ASSERT_EQ(ledger.change("issuer.remove", bytes_item(id_of("verifier"))), "");
  const Told told(ledger);
  const std::string text = told.of(kLlama);
  EXPECT_TRUE(text.contains("! measurement: " + brief_of("image 1") +
                            ": REVOKED by the members\n"
                            "      decision: measurement.remove proposed by anna"))
      << text;
  EXPECT_TRUE(text.contains("! issuer: verifier (verifier)")) << text;
  EXPECT_FALSE(told.good(kLlama));
}

TEST(LedgerChain, ShowsThatAnotherMeasurementIsApproved) {
  TestLedger ledger = with_key();
  ASSERT_EQ(ledger.change("measurement.add", bytes_item(digest_of("image 2"))), "");
  const Told told(ledger);
  EXPECT_TRUE(told.of(kLlama).contains(": NOT among those that the members approve\n"));
}

TEST(LedgerChain, SaysThatASampleProvesNothing) {
  TestLedger ledger = TestLedger::begun();
  Body body;
  body.add("accepted").bytes(digest_of("evidence")).bytes(digest_of("policy")).null();
  body.bytes(crypto::sha256(public_of("key"))).bytes(digest_of("ear")).add("sample").null();
  Statement made =
      ledger.statement("attestation", "evidence", body.add(true).raw(kept_item()).take());
  made.expiry = ledger.now + Duration{600};
  ASSERT_EQ(ledger.append("verifier", made), "");
  ASSERT_EQ(ledger.register_key("key", "llama", ledger.last()), "");
  const Told told(ledger);
  EXPECT_TRUE(told.of(kLlama).contains("! attestation: sample accepted by verifier"));
  EXPECT_TRUE(told.of(kLlama).contains("SAMPLE: proves nothing\n    policy: "));
}

TEST(LedgerChain, AnIssuerWhoWasAddedRestsOnItsVotes) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.change("issuer.add", issuer_item("second", 0, {"verifier"})), "");
  Statement made = ledger.statement("attestation", "evidence", ledger.attestation_body("key"));
  made.expiry = ledger.now + Duration{600};
  ASSERT_EQ(ledger.append("second", made), "");
  ASSERT_EQ(ledger.register_key("key", "llama", ledger.last()), "");
  const std::string text = Told(ledger).of(kLlama);
  EXPECT_TRUE(
      text.contains(", since entry 5\n"
                    "      decision: issuer.add proposed by anna"))
      << text;
}

TEST(LedgerChain, ARotatedKeyRestsOnItsNodes) {
  TestLedger ledger = with_key();
  for (const auto node : {"node 1", "node 2"}) ASSERT_EQ(ledger.register_node(node), "");
  const auto ids = array_of({bytes_item(id_of("node 1")), bytes_item(id_of("node 2"))});
  ASSERT_EQ(ledger.append("registrar", "rotation.open", "llama",
                          Body().add(1).raw(ids).add(1).add(ledger.now.unix_s + 100).take()),
            "");
  const std::uint64_t opened = ledger.last();
  ASSERT_EQ(ledger.append("node 1", "rotation.join", "llama", Body().add(opened).take()), "");
  const Rotation& open = *ledger.state.label(kLlama)->rotation;
  wire::CborWriter signature;
  signature.begin_array().bytes(id_of("node 1"));
  signature.bytes(key_named("node 1").sign(
      rotation_commit_message(kLlama, 2, -8, public_of("next"), open.roster_root)));
  const Bytes signatures = array_of({signature.end_array().take()});
  ASSERT_EQ(
      ledger.append("registrar", "rotation.commit", "llama",
                    Body().add(opened).add(-8).bytes(public_of("next")).raw(signatures).take()),
      "");
  // Committed is not yet active.
  EXPECT_TRUE(Told(ledger).of(kLlama).starts_with("key: test llama, EdDSA " +
                                                  brief(public_of("key")) + ", epoch 1\n"));
  ASSERT_EQ(ledger.append("registrar", "rotation.activate", "llama", Body().add(opened).take()),
            "");
  const Told told(ledger);
  const std::string text = told.of(kLlama);
  EXPECT_TRUE(text.starts_with("key: test llama, EdDSA " + brief(public_of("next")) +
                               ", epoch 2\n  rotation: opened by registrar at entry 7, the new key "
                               "signed by 1 nodes at entry 9, active since entry 10\n"
                               "    node: node 1 (node), since entry 4\n      attestation: tdx"))
      << text;
  EXPECT_TRUE(told.of({"test", "node node 1"}).starts_with("node: test node node 1, EdDSA "));
  ASSERT_EQ(
      ledger.append("node 1", "node.retire", "node node 1", Body().bytes(id_of("node 1")).take()),
      "");
  const Told after(ledger);
  EXPECT_TRUE(after.of(kLlama).contains(", since entry 4; retired since\n"));
  EXPECT_TRUE(after.good(kLlama));
  EXPECT_TRUE(after.of({"test", "node node 1"}).starts_with("! node: ")) << text;
}

}  // namespace
}  // namespace atoma::ledger
