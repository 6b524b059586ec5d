#include "atoma/ledger/audit.h"

#include <gtest/gtest.h>

#include "atoma/ledger/bodies.h"
#include "atoma/merkle/tree.h"
#include "atoma/wire/text.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

using tlog::ProofBundle;
using tlog::VerifierKey;

constexpr std::string_view kOrigin = "example.org/log";

tlog::NoteSigner log_signer(std::uint8_t n = 1) {
  return *tlog::NoteSigner::create(
      std::string(kOrigin),
      crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{n})));
}

std::string jwt_of(std::string_view payload) {
  return "e30." + wire::base64url_encode(as_bytes(payload)) + ".c2ln";
}

std::string ear_of(ByteView evidence) {
  return jwt_of(R"({"atoma":{"evidence_sha256":")" + tlog::digest_hex(evidence) + "\"}}");
}

Bytes entry_of(std::string_view type, Bytes body) {
  return sign_entry({.type = std::string(type),
                     .label = {"test", "audit"},
                     .previous = std::nullopt,
                     .time = kStart,
                     .expiry = std::nullopt,
                     .nonce = Bytes(8, 1),
                     .body = std::move(body)},
                    key_named("verifier"));
}

Bytes attestation_of(std::string_view ear) {
  return entry_of("attestation", encode_attestation({.verdict = "accepted",
                                                     .collateral = {},
                                                     .ear = tlog::token_digest(ear),
                                                     .tee = "tdx",
                                                     .measurement = {},
                                                     .kept = {{Hash{1}, 5, "a/b"}}}));
}

// Entry 5 of 11 with an EAR and evidence behind it.
ProofBundle good_bundle() {
  ProofBundle bundle;
  bundle.evidence = to_bytes("quote");
  bundle.ear = ear_of(*bundle.evidence);
  bundle.jwks = R"({"keys":[{"kty":"EC"}]})";
  bundle.entry = attestation_of(*bundle.ear);
  bundle.index = 5;
  merkle::MemoryTree tree;
  for (std::uint64_t i = 0; i < 11; ++i) {
    tree.append(i == 5 ? merkle::leaf_hash(bundle.entry) : merkle::leaf_hash({}));
  }
  bundle.inclusion = *merkle::prove_inclusion(tree, 5, 11);
  const auto signer = log_signer();
  bundle.checkpoint =
      tlog::sign_checkpoint({std::string(kOrigin), 11, *merkle::root_at(tree, 11)}, signer).note;
  bundle.log_key = signer.verifier_key().to_string();
  return bundle;
}

// Ids of the steps that failed, with a space after each.
std::string failures(const ProofBundle& bundle) {
  const VerifierKey key = log_signer().verifier_key();
  std::string out;
  for (const AuditStep& step : audit_bundle(bundle, &key)) {
    if (!step.ok) out += step.id + " ";
  }
  return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Audit, AGoodBundleHolds) { EXPECT_EQ(failures(good_bundle()), ""); }

TEST(Audit, ReleasesAndRefusalsNameTheirResultToo) {
  const Hash ear = tlog::token_digest("a.b.c");
  const auto digest = [](std::string_view type, Bytes body) {
    return ear_digest_of(*parse_entry(entry_of(type, std::move(body))));
  };
  EXPECT_EQ(digest("release", encode_release({.name = "x", .ear = ear})), ear);
  EXPECT_EQ(digest("refusal", encode_refusal({.name = "x", .reason = "y", .ear = ear})), ear);
  EXPECT_EQ(digest("secret.put", encode_secret_put({.name = "x"})), std::nullopt);
  EXPECT_EQ(digest("release", Bytes{0xA0}), std::nullopt);
  EXPECT_EQ(digest("refusal", Bytes{0xA0}), std::nullopt);
  EXPECT_EQ(digest("attestation", Bytes{0xA0}), std::nullopt);
}

TEST(Audit, NamesTheStepThatFails) {
  ProofBundle bundle = good_bundle();
  bundle.entry = to_bytes("no entry");
  EXPECT_EQ(failures(bundle), "inclusion entry ear_digest ");
  bundle = good_bundle();
  bundle.index = 6;
  EXPECT_EQ(failures(bundle), "inclusion ");
  bundle = good_bundle();
  bundle.inclusion[0][0] ^= 1;
  EXPECT_EQ(failures(bundle), "inclusion ");
  bundle = good_bundle();
  bundle.checkpoint = replaced(bundle.checkpoint, "\n11\n", "\n12\n");
  EXPECT_EQ(failures(bundle), "checkpoint inclusion ");
  bundle = good_bundle();
  bundle.ear = ear_of(as_bytes("other quote"));
  EXPECT_EQ(failures(bundle), "ear_digest evidence_digest ");
  bundle = good_bundle();
  bundle.evidence = to_bytes("other quote");
  EXPECT_EQ(failures(bundle), "evidence_digest ");
}

TEST(Audit, EvidenceAndEarMustBeNamed) {
  ProofBundle bundle = good_bundle();
  bundle.ear.reset();
  EXPECT_EQ(failures(bundle), "evidence_digest ");
  for (std::string_view payload : {"{}", "x", R"({"submods":{"cpu":{}}})", R"({"submods":[3]})"}) {
    bundle.ear = jwt_of(payload);
    EXPECT_EQ(failures(bundle), "ear_digest evidence_digest ") << payload;
  }
  bundle.ear = "no dots";
  EXPECT_EQ(failures(bundle), "ear_digest evidence_digest ");
  bundle = good_bundle();
  bundle.entry = entry_of("deployment", Bytes{0xA0});
  EXPECT_EQ(failures(bundle), "inclusion ear_digest ");
}

TEST(Audit, SaysWhatItDidNotCheck) {
  ProofBundle bundle = good_bundle();
  bundle.ear.reset();
  bundle.evidence.reset();
  const VerifierKey key = log_signer().verifier_key();
  const auto steps = audit_bundle(bundle, &key);
  EXPECT_TRUE(all_ok(steps));
  EXPECT_EQ(steps.back().id, "ear_digest");
  EXPECT_FALSE(steps.back().checked);
  bundle.ear = good_bundle().ear;
  EXPECT_EQ(audit_bundle(bundle, &key).back().id, "evidence_digest");
  EXPECT_FALSE(audit_bundle(bundle, &key).back().checked);
}

TEST(Audit, TrustsTheGivenKeyOnly) {
  ProofBundle bundle = good_bundle();
  const VerifierKey other = log_signer(2).verifier_key();
  auto steps = audit_bundle(bundle, &other);
  EXPECT_FALSE(steps[0].ok);
  EXPECT_FALSE(steps[1].ok);
  EXPECT_FALSE(steps[2].ok);
  // A bundle that swaps its claim is still judged under the trusted key.
  bundle.log_key = other.to_string();
  EXPECT_EQ(failures(bundle), "log_key ");
  bundle.log_key = "nonsense";
  EXPECT_EQ(failures(bundle), "log_key ");
}

TEST(Audit, WithoutATrustedKeySaysSoLoudly) {
  ProofBundle bundle = good_bundle();
  const auto steps = audit_bundle(bundle, nullptr);
  EXPECT_TRUE(all_ok(steps));
  EXPECT_TRUE(steps[0].text.starts_with("WARNING")) << steps[0].text;
  bundle.log_key = "nonsense";
  EXPECT_FALSE(all_ok(audit_bundle(bundle, nullptr)));
  EXPECT_FALSE(all_ok({}));
}

}  // namespace
}  // namespace atoma::ledger
