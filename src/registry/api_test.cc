#include "atoma/registry/api.h"

#include <gtest/gtest.h>

#include <future>

#include "atoma/ledger/audit.h"
#include "atoma/tlog/bundle.h"
#include "atoma/tlog/tlog_policy.h"
#include "atoma/tlog/tlog_proof.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"
#include "registry/test_service.h"

namespace atoma::registry {
namespace {

class LogApi : public ::testing::Test {
 protected:
  void SetUp() override {
    http::Router router;
    mount_log_api(router, host.ledger());
    host.serve(std::move(router));
    for (int i = 1; i < 5; ++i) append(std::format("number {}", i));
  }
  void append(std::string_view what) {
    wire::CborWriter body;
    body.begin_map().key("what").value(what).end_map();
    ASSERT_TRUE(host.write({"deployment", {"test", "log"}, std::nullopt, body.take()}, "broker"));
  }
  test::ServiceHost host;
};

merkle::Proof hashes(const test::Answer& answer) {
  merkle::Proof proof;
  const auto document = wire::JsonDocument::parse(answer.body);
  for (const auto& item : document->root().find("proof")->items()) {
    std::ranges::copy(*wire::base64_decode(item.text()), proof.emplace_back().begin());
  }
  return proof;
}

// For whoever is offline: the entry's leaf, its place and a checkpoint that witnesses cosigned.
TEST(LogProof, VerifiesUnderThePolicyOfWitnesses) {
  test::ServiceHost host;
  const auto witness = *tlog::Cosigner::create("witness.example/w",
                                               crypto::Ed25519PrivateKey::generate(host.entropy));
  // Shown is what a slow witness saw: the genesis alone.
  const auto shown = host.ledger().latest_checkpoint();
  ASSERT_EQ(shown.checkpoint.size, 1u);
  auto cosigned = shown;
  cosigned.note += *witness.sign(tlog::encode_checkpoint(shown.checkpoint), 5);
  http::Router router;
  mount_log_api(router, host.ledger(), [&] { return Result<tlog::SignedCheckpoint>(cosigned); });
  host.serve(std::move(router));
  wire::CborWriter body;
  ASSERT_TRUE(host.write(
      {"deployment", {"test", "log"}, std::nullopt, body.begin_map().end_map().take()}, "broker"));
  const auto policy =
      tlog::TlogPolicy::parse("log " + host.ledger().verifier_key().to_string() + "\nwitness w " +
                              witness.key().to_string() + "\nquorum w\n");
  ASSERT_TRUE(policy) << policy.error().to_string();
  const auto got = host.get("/v1/log/proof/0");
  EXPECT_EQ(got.type, "text/plain");
  const auto proof = tlog::parse_tlog_proof(got.body);
  ASSERT_TRUE(proof) << proof.error().to_string();
  const auto leaf = merkle::leaf_hash(*host.ledger().entry(0));
  const auto seen = tlog::verify_tlog_proof(*proof, leaf, *policy);
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_FALSE(
      tlog::verify_tlog_proof(*proof, merkle::leaf_hash(*host.ledger().entry(1)), *policy));
  // On the log, and not yet under what is shown.
  EXPECT_EQ(host.get("/v1/log/proof/1").refusal(), "404 ledger.index");
  EXPECT_EQ(host.get("/v1/log/proof/01").refusal(), "400 request.field");
  host.stop();
}

TEST_F(LogApi, GivesAProofOfEachEntry) {
  const auto policy = tlog::TlogPolicy::parse("log " + host.ledger().verifier_key().to_string() +
                                              "\nquorum none\n");
  ASSERT_TRUE(policy) << policy.error().to_string();
  for (std::uint64_t index = 0; index < 5; ++index) {
    const auto proof =
        tlog::parse_tlog_proof(host.get(std::format("/v1/log/proof/{}", index)).body);
    ASSERT_TRUE(proof) << proof.error().to_string();
    EXPECT_EQ(proof->index, index);
    EXPECT_TRUE(
        tlog::verify_tlog_proof(*proof, merkle::leaf_hash(*host.ledger().entry(index)), *policy));
  }
}

TEST_F(LogApi, CheckpointVerifiesUnderTheServedKey) {
  const auto key_text = host.get("/v1/log/key");
  EXPECT_EQ(key_text.type, "text/plain");
  const auto key = tlog::VerifierKey::parse(key_text.body.substr(0, key_text.body.size() - 1));
  ASSERT_TRUE(key);
  const auto note = host.get("/v1/log/checkpoint");
  EXPECT_EQ(note.type, "text/plain");
  const auto checkpoint = tlog::verify_checkpoint(note.body, *key);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  EXPECT_EQ(checkpoint->checkpoint.size, 5u);
}

TEST_F(LogApi, EntriesComeWithTheirJson) {
  const auto one = host.get("/v1/log/entries/3");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(one.member("index"), "3");
  EXPECT_TRUE(one.member("json").contains("number 3"));
  EXPECT_EQ(host.entry_json(3), one.member("json"));
  EXPECT_EQ(*wire::base64_decode(one.member("entry")), *host.ledger().entry(3));
  const auto page = host.get("/v1/log/entries?start=2&limit=2");
  EXPECT_EQ(page.member("size"), "5");
  EXPECT_TRUE(page.body.contains("number 2") && page.body.contains("number 3"));
  EXPECT_FALSE(page.body.contains("number 1") || page.body.contains("number 4"));
  EXPECT_EQ(host.get("/v1/log/entries?start=99").member("entries"), "[]");
}

TEST_F(LogApi, ProofsVerify) {
  const auto root = host.ledger().latest_checkpoint().checkpoint.root;
  const auto inclusion = host.get("/v1/log/inclusion?index=3");
  const auto leaf = merkle::leaf_hash(*host.ledger().entry(3));
  EXPECT_EQ(inclusion.member("leaf_hash"), wire::base64_encode(leaf));
  EXPECT_TRUE(merkle::verify_inclusion(3, 5, leaf, hashes(inclusion), root));
  EXPECT_EQ(host.get("/v1/log/inclusion?index=3&size=4").member("size"), "4");
  const auto consistency = host.get("/v1/log/consistency?old=5&new=5");
  EXPECT_TRUE(merkle::verify_consistency(5, 5, hashes(consistency), root, root));
  EXPECT_EQ(host.get("/v1/log/consistency?old=2&new=5").status, 200);
  const auto bundle = tlog::parse_bundle(host.get("/v1/log/bundle/2").body);
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(ledger::all_ok(ledger::audit_bundle(*bundle, &host.ledger().verifier_key())));
}

TEST_F(LogApi, RefusesWhatItDoesNotHave) {
  EXPECT_EQ(host.get("/v1/log/entries/5").refusal(), "404 ledger.index");
  EXPECT_EQ(host.get("/v1/log/bundle/5").refusal(), "404 ledger.index");
  EXPECT_EQ(host.get("/v1/log/inclusion?index=0&size=6").refusal(), "400 ledger.size");
  EXPECT_EQ(host.get("/v1/log/consistency?old=0&new=6").refusal(), "400 ledger.size");
  for (const auto* index : {"x", "-1", "01", "1.0", "18446744073709551616"}) {
    EXPECT_EQ(host.get(std::string("/v1/log/entries/") + index).refusal(), "400 request.field");
  }
  EXPECT_EQ(host.get("/v1/log/inclusion").refusal(), "400 request.missing_field");
  EXPECT_EQ(host.get("/v1/log/consistency?old=1").refusal(), "400 request.missing_field");
  EXPECT_EQ(host.get("/v1/log/entries?limit=65").refusal(), "400 request.field");
  EXPECT_EQ(host.get("/v1/log/entries?from=1").refusal(), "400 http.query.unexpected");
  EXPECT_EQ(host.post("/v1/log/checkpoint", "{}").refusal(), "405 http.method_not_allowed");
}

}  // namespace
}  // namespace atoma::registry
