#include "atoma/tlog/bundle.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/merkle/tree.h"
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
  bundle.entry = to_bytes("an entry");
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

TEST(Bundle, DigestsAreLowerCaseSha256OfATokensBytes) {
  EXPECT_EQ(digest_hex(as_bytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(token_digest_hex("a.b.c"), digest_hex(as_bytes("a.b.c")));
  // A CWT is carried in base64; what is neither counts as it stands.
  EXPECT_EQ(token_digest_hex("YWJj"), digest_hex(as_bytes("abc")));
  EXPECT_EQ(token_digest_hex("no base64!"), digest_hex(as_bytes("no base64!")));
}

}  // namespace
}  // namespace atoma::tlog
