#include "atoma/tlog/bundle.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/merkle/tree.h"
#include "atoma/tlog/audit.h"
#include "atoma/tlog/entry.h"
#include "atoma/wire/text.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

constexpr std::string_view kOrigin = "example.org/log";

std::string jwt_of(std::string_view payload) {
  return "e30." + wire::base64url_encode(as_bytes(payload)) + ".c2ln";
}

std::string ear_of(ByteView evidence) {
  return jwt_of(R"({"atoma":{"evidence_sha256":")" + digest_hex(evidence) + "\"}}");
}

// Entry 5 of 11 with an EAR and evidence behind it.
ProofBundle good_bundle() {
  ProofBundle bundle;
  bundle.evidence = to_bytes("quote");
  bundle.ear = ear_of(*bundle.evidence);
  bundle.jwks = R"({"keys":[{"kty":"EC"}]})";
  auto entry = begin_entry("attestation", Time{1'795'338'000});
  entry.member("ear_sha256", digest_hex(as_bytes(*bundle.ear))).end_object();
  bundle.entry = to_bytes(entry.str());
  bundle.index = 5;
  merkle::MemoryTree tree;
  for (std::uint64_t i = 0; i < 11; ++i) {
    tree.append(i == 5 ? merkle::leaf_hash(bundle.entry) : merkle::leaf_hash({}));
  }
  bundle.inclusion = *merkle::prove_inclusion(tree, 5, 11);
  const NoteSigner signer = test_signer(std::string(kOrigin));
  bundle.checkpoint =
      sign_checkpoint({std::string(kOrigin), 11, *merkle::root_at(tree, 11)}, signer).note;
  bundle.log_key = signer.verifier_key().to_string();
  return bundle;
}

// Ids of the steps that failed, with a space after each.
std::string failures(const ProofBundle& bundle) {
  const VerifierKey key = test_signer(std::string(kOrigin)).verifier_key();
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

std::string_view reason_of(std::string_view json) {
  const auto bundle = parse_bundle(json);
  return bundle ? "" : bundle.error().reason;
}

TEST(Bundle, RoundTrips) {
  const ProofBundle bundle = good_bundle();
  const std::string json = encode_bundle(bundle);
  const auto parsed = parse_bundle(json);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(encode_bundle(*parsed), json);
  EXPECT_EQ(parsed->entry, bundle.entry);
  EXPECT_EQ(parsed->index, bundle.index);
  EXPECT_EQ(parsed->inclusion, bundle.inclusion);
  EXPECT_EQ(parsed->jwks, bundle.jwks);
  EXPECT_EQ(parsed->evidence, bundle.evidence);
  EXPECT_EQ(failures(*parsed), "");
}

TEST(Bundle, RefusesOtherFormats) {
  const std::string good = encode_bundle(good_bundle());
  EXPECT_EQ(reason_of(replaced(good, "bundle/1", "bundle/2")), "bundle.format");
  EXPECT_EQ(reason_of("{}"), "bundle.format");
  EXPECT_EQ(reason_of("{"), "json.syntax");
  EXPECT_EQ(reason_of(std::string(kBundleMax + 1, ' ')), "bundle.size");
}

TEST(Bundle, RefusesUnknownMissingAndMistypedMembers) {
  const std::string good = encode_bundle(good_bundle());
  EXPECT_EQ(reason_of(replaced(good, "\"evidence\"", "\"evidencf\"")), "bundle.field");
  for (const char* name :
       {"\"entry\"", "\"index\"", "\"inclusion_proof\"", "\"checkpoint\"", "\"log_key\""}) {
    const auto missing = parse_bundle(replaced(good, name, "\"ear2\""));
    EXPECT_EQ(missing.error().reason, "bundle.field") << name;
  }
  EXPECT_EQ(reason_of(R"({"format":"atoma-proof-bundle/1"})"), "bundle.field");
  EXPECT_EQ(reason_of(replaced(good, "\"index\": 5", "\"index\": \"5\"")), "bundle.field");
  EXPECT_EQ(reason_of(replaced(good, "\"index\": 5", "\"index\": -5")), "bundle.field");
  EXPECT_EQ(reason_of(replaced(good, "\"index\": 5", "\"index\": 5.0")), "bundle.field");
  EXPECT_EQ(reason_of(replaced(good, "\"jwks\": {", "\"jwks\": [{}], \"ear\": {")),
            "json.duplicate_name");
}

TEST(Bundle, RefusesBadEncodingsAndLongProofs) {
  ProofBundle bundle = good_bundle();
  const std::string good = encode_bundle(bundle);
  EXPECT_EQ(reason_of(replaced(good, "\"entry\": \"", "\"entry\": \"!")), "bundle.base64");
  EXPECT_EQ(reason_of(replaced(good, "\"evidence\": \"", "\"evidence\": \"!")), "bundle.base64");
  bundle.evidence = Bytes(limits::kEvidenceMax + 1);
  EXPECT_EQ(reason_of(encode_bundle(bundle)), "bundle.base64");
  bundle = good_bundle();
  EXPECT_EQ(reason_of(replaced(good, "\"inclusion_proof\": [", "\"inclusion_proof\": [\"AAAA\",")),
            "bundle.proof");
  bundle.inclusion.resize(limits::kMerkleProofMax + 1);
  EXPECT_EQ(reason_of(encode_bundle(bundle)), "bundle.proof");
}

TEST(Audit, NamesTheStepThatFails) {
  ProofBundle bundle = good_bundle();
  bundle.entry.back() = ' ';
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
  auto entry = begin_entry("release", Time{0});
  bundle.entry = to_bytes(entry.end_object().str());
  EXPECT_EQ(failures(bundle), "inclusion ear_digest ");
}

TEST(Audit, SaysWhatItDidNotCheck) {
  ProofBundle bundle = good_bundle();
  bundle.ear.reset();
  bundle.evidence.reset();
  const VerifierKey key = test_signer(std::string(kOrigin)).verifier_key();
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
  const VerifierKey other = test_signer(std::string(kOrigin), 2).verifier_key();
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
}  // namespace atoma::tlog
