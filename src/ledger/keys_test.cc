#include "test_ledger.h"

namespace atoma::ledger {
namespace {

TEST(LedgerKeys, NeedAnAttestationThatBindsThem) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.attest("key"), "");
  const std::uint64_t attestation = ledger.last();
  EXPECT_EQ(ledger.register_key("key", "llama", 0), "rule.attestation");  // the genesis
  EXPECT_EQ(ledger.register_key("key", "llama", 77), "rule.attestation");
  EXPECT_EQ(ledger.register_key("other key", "llama", attestation), "rule.attestation");
  EXPECT_EQ(ledger.register_key("key", "llama", attestation, 2), "rule.epoch");
  EXPECT_EQ(ledger.append("broker", "key.register", "llama",
                          Body().add(-8).bytes(public_of("key")).add(attestation).add(1).take()),
            "rule.role");
  EXPECT_EQ(ledger.register_key("key", "llama", attestation), "");
  EXPECT_EQ(ledger.state.label({"test", "llama"})->epoch, 1U);
  // A second registration would replace the key without a rotation.
  ASSERT_EQ(ledger.attest("other key"), "");
  EXPECT_EQ(ledger.register_key("other key", "llama", ledger.last()), "rule.epoch");
}

TEST(LedgerKeys, NeedAnAttestationThatIsValidStill) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.attest("key"), "");
  const std::uint64_t attestation = ledger.last();
  ledger.now = ledger.now + Duration{601};
  ASSERT_EQ(ledger.tick(), "");
  EXPECT_EQ(ledger.register_key("key", "llama", attestation), "rule.attestation");
  // Dated back within what is allowed, it is as good as it was.
  Statement earlier =
      ledger.statement("key.register", "llama",
                       Body().add(-8).bytes(public_of("key")).add(attestation).add(1).take());
  earlier.time = kStart + Duration{600};
  EXPECT_EQ(ledger.append("registrar", earlier), "");
  // Refused evidence is on the ledger and good for nothing.
  ASSERT_EQ(ledger.append("verifier", "attestation", "evidence",
                          ledger.attestation_body("bad key", "refused")),
            "");
  EXPECT_EQ(ledger.register_key("bad key", "mistral", ledger.last()), "rule.attestation");
  EXPECT_EQ(ledger.append("verifier", "attestation", "evidence 2",
                          ledger.attestation_body("key", "accepted")),
            "rule.attestation");  // without an expiry
  EXPECT_EQ(ledger.append("verifier", "attestation", "evidence 2",
                          ledger.attestation_body("key", "perhaps")),
            "rule.body");
}

TEST(LedgerKeys, NothingNamesWhatIsRevoked) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.attest("key"), "");
  const std::uint64_t attestation = ledger.last();
  ASSERT_EQ(ledger.propose("measurement.remove", bytes_item(digest_of("image 1"))), "");
  const std::uint64_t proposal = ledger.last();
  ASSERT_EQ(ledger.vote("anna", proposal), "");
  ASSERT_EQ(ledger.activate("anna", proposal), "");
  EXPECT_EQ(ledger.register_key("key", "llama", attestation), "rule.revoked");
  EXPECT_EQ(ledger.attest("key"), "rule.revoked");
  EXPECT_EQ(ledger.attest("key", "image 2"), "");
  ASSERT_EQ(ledger.change("policy.remove", bytes_item(digest_of("policy 1"))), "");
  EXPECT_EQ(ledger.attest("key", "image 2"), "rule.revoked");
  EXPECT_EQ(ledger.attest("key", "image 2", "policy 2"), "");
}

TEST(LedgerKeys, GovernedMeasurementsAndPoliciesAreTheOnlyOnes) {
  TestLedger ledger = TestLedger::begun();
  EXPECT_EQ(ledger.attest("key", "image 9"), "");  // nobody governs yet
  ASSERT_EQ(ledger.change("measurement.add", bytes_item(digest_of("image 1"))), "");
  EXPECT_EQ(ledger.attest("key", "image 9"), "rule.revoked");
  EXPECT_EQ(ledger.attest("key", "image 1"), "");
  ASSERT_EQ(ledger.change("policy.add", bytes_item(digest_of("policy 2"))), "");
  EXPECT_EQ(ledger.attest("key", "image 1"), "rule.revoked");
  EXPECT_EQ(ledger.attest("key", "image 1", "policy 2"), "");
}

TEST(LedgerKeys, NodesAreAttestedAndRetire) {
  TestLedger ledger = TestLedger::begun();
  ASSERT_EQ(ledger.register_node("node 1"), "");
  EXPECT_TRUE(ledger.state.issuer(id_of("node 1"))->roles.contains(Role::kNode));
  ASSERT_EQ(ledger.attest("node 1"), "");
  const auto again = [&](std::string_view name, std::int64_t algorithm) {
    return ledger.append(
        "registrar", "node.register", "another",
        Body().add("x").add(algorithm).bytes(public_of(name)).add(ledger.last()).take());
  };
  EXPECT_EQ(again("node 1", -8), "rule.key");
  EXPECT_EQ(again("node 1", -99), "rule.key");
  EXPECT_EQ(again("node 2", -8), "rule.attestation");
  // A member's key doesn't become a node's.
  ASSERT_EQ(ledger.attest("anna"), "");
  EXPECT_EQ(again("anna", -8), "rule.key");

  ASSERT_EQ(ledger.register_node("node 2"), "");
  const auto retire = [&](std::string_view by, std::string_view who) {
    return ledger.append(by, "node.retire", "retired", Body().bytes(id_of(who)).take());
  };
  EXPECT_EQ(retire("node 1", "node 2"), "rule.role");
  EXPECT_EQ(retire("registrar", "anna"), "rule.key");
  EXPECT_EQ(retire("registrar", "mallory"), "rule.key");
  EXPECT_EQ(retire("node 1", "node 1"), "");
  EXPECT_EQ(retire("registrar", "node 2"), "");
  EXPECT_EQ(ledger.state.issuer(id_of("node 2")), nullptr);
}

// Two nodes and a registered key.
struct RotatingLedger : TestLedger {
  RotatingLedger() : TestLedger(TestLedger::begun()) {
    for (const auto node : {"node 1", "node 2", "node 3"}) EXPECT_EQ(register_node(node), "");
    EXPECT_EQ(attest("key"), "");
    EXPECT_EQ(register_key("key", "llama", last()), "");
  }
  std::string open(std::uint64_t epoch = 1, std::uint64_t quorum = 2,
                   std::vector<std::string_view> nodes = {"node 1", "node 2"}) {
    std::vector<Bytes> ids;
    for (const auto node : nodes) ids.push_back(bytes_item(id_of(node)));
    return append("registrar", "rotation.open", "llama",
                  Body()
                      .add(epoch)
                      .raw(array_of(ids))
                      .add(quorum)
                      .add(std::uint64_t(now.unix_s + 1000))
                      .take());
  }
  std::string step(std::string_view by, std::string_view type, std::uint64_t rotation) {
    return append(by, std::string(type), "llama", Body().add(rotation).take());
  }
  Bytes signature(std::string_view node, std::string_view new_key) {
    const Rotation& open = *state.label({"test", "llama"})->rotation;
    const Bytes message = rotation_commit_message({"test", "llama"}, open.epoch, -8,
                                                  public_of(new_key), open.roster_root);
    wire::CborWriter out;
    return out.begin_array()
        .bytes(id_of(node))
        .bytes(key_named(node).sign(message))
        .end_array()
        .take();
  }
  std::string commit(std::uint64_t rotation, std::string_view new_key,
                     const std::vector<Bytes>& signatures) {
    return append(
        "registrar", "rotation.commit", "llama",
        Body().add(rotation).add(-8).bytes(public_of(new_key)).raw(array_of(signatures)).take());
  }
};

TEST(LedgerRotation, ReplacesAKeyInOrder) {
  RotatingLedger ledger;
  EXPECT_EQ(ledger.open(2), "rule.epoch");
  EXPECT_EQ(ledger.open(1, 3), "rule.body");
  EXPECT_EQ(ledger.open(1, 0), "rule.body");
  EXPECT_EQ(ledger.open(1, 1, {"node 1", "node 1"}), "rule.body");
  EXPECT_EQ(ledger.open(1, 1, {"anna"}), "rule.body");
  ASSERT_EQ(ledger.open(), "");
  const std::uint64_t rotation = ledger.last();
  EXPECT_EQ(ledger.open(), "rule.rotation");  // one at a time
  EXPECT_EQ(ledger.step("node 3", "rotation.join", rotation), "rule.role");
  EXPECT_EQ(ledger.step("node 1", "rotation.join", rotation + 1), "rule.rotation");
  ASSERT_EQ(ledger.step("node 1", "rotation.join", rotation), "");
  EXPECT_EQ(ledger.step("node 1", "rotation.join", rotation), "rule.rotation");

  const Bytes one = ledger.signature("node 1", "new key");
  const Bytes two = ledger.signature("node 2", "new key");
  EXPECT_EQ(ledger.commit(rotation, "new key", {one, two}), "rule.rotation");  // 2 hasn't joined
  ASSERT_EQ(ledger.step("node 2", "rotation.join", rotation), "");
  EXPECT_EQ(ledger.commit(rotation, "new key", {one}), "rule.rotation");
  EXPECT_EQ(ledger.commit(rotation, "new key", {one, one}), "rule.body");
  EXPECT_EQ(ledger.commit(rotation, "other key", {one, two}), "rule.signature");
  EXPECT_EQ(ledger.step("registrar", "rotation.activate", rotation), "rule.rotation");
  ASSERT_EQ(ledger.commit(rotation, "new key", {one, two}), "");
  EXPECT_EQ(ledger.commit(rotation, "new key", {one, two}), "rule.rotation");

  EXPECT_EQ(ledger.step("node 1", "rotation.ack", rotation), "rule.rotation");
  EXPECT_EQ(ledger.step("registrar", "rotation.close", rotation), "rule.rotation");
  ASSERT_EQ(ledger.step("registrar", "rotation.activate", rotation), "");
  EXPECT_EQ(ledger.step("registrar", "rotation.activate", rotation), "rule.rotation");
  EXPECT_EQ(ledger.step("registrar", "rotation.abort", rotation), "rule.rotation");
  EXPECT_EQ(ledger.state.label({"test", "llama"})->epoch, 2U);
  ASSERT_EQ(ledger.step("node 1", "rotation.ack", rotation), "");
  EXPECT_EQ(ledger.step("node 1", "rotation.ack", rotation), "rule.rotation");
  EXPECT_EQ(ledger.step("registrar", "rotation.close", rotation),
            "rule.rotation");  // 2 hasn't, and it is early
  ASSERT_EQ(ledger.step("node 2", "rotation.ack", rotation), "");
  EXPECT_EQ(ledger.step("registrar", "rotation.close", rotation), "");
  EXPECT_EQ(ledger.open(1), "rule.epoch");
  EXPECT_EQ(ledger.open(2), "");
}

TEST(LedgerRotation, ClosesAtItsDeadlineAndAborts) {
  RotatingLedger ledger;
  ASSERT_EQ(ledger.open(1, 1, {"node 1", "node 2"}), "");
  std::uint64_t rotation = ledger.last();
  EXPECT_EQ(ledger.step("registrar", "rotation.abort", rotation), "");
  EXPECT_EQ(ledger.step("registrar", "rotation.activate", rotation), "rule.rotation");
  EXPECT_EQ(ledger.state.label({"test", "llama"})->epoch, 1U);

  ASSERT_EQ(ledger.open(1, 1, {"node 1", "node 2"}), "");
  rotation = ledger.last();
  ASSERT_EQ(ledger.step("node 1", "rotation.join", rotation), "");
  ASSERT_EQ(ledger.commit(rotation, "new key", {ledger.signature("node 1", "new key")}), "");
  ASSERT_EQ(ledger.step("registrar", "rotation.activate", rotation), "");
  EXPECT_EQ(ledger.step("registrar", "rotation.close", rotation), "rule.rotation");
  ledger.now = ledger.now + Duration{1000};
  ASSERT_EQ(ledger.tick(), "");
  EXPECT_EQ(ledger.step("registrar", "rotation.close", rotation), "");
}

}  // namespace
}  // namespace atoma::ledger
