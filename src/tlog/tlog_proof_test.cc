#include "atoma/tlog/tlog_proof.h"

#include <gtest/gtest.h>

#include <format>

#include "atoma/wire/text.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

std::string_view reason_of(const auto& result) { return result ? "" : result.error().reason; }

struct World {
  World() {
    for (std::uint8_t i = 0; i < 5; ++i) tree.append(merkle::leaf_hash(Bytes{i}));
    const Checkpoint head{"example.org/log", 5, *merkle::root_at(tree, 5)};
    proof = {.extra = Bytes{1, 2},
             .index = 3,
             .inclusion = *merkle::prove_inclusion(tree, 3, 5),
             .checkpoint = sign_checkpoint(head, test_signer()).note +
                           *test_witness().sign(encode_checkpoint(head), 5)};
    policy = TlogPolicy::parse("log " + test_signer().verifier_key().to_string() + "\nwitness w " +
                               test_witness().key().to_string() + "\nquorum w\n");
  }
  merkle::MemoryTree tree;
  TlogProof proof;
  Result<TlogPolicy> policy = fail(Code::kUnknown, "test.unset", "");
};

TEST(TlogProof, RoundTripsAndVerifies) {
  World w;
  for (const bool extra : {true, false}) {
    if (!extra) w.proof.extra.reset();
    const std::string text = encode_tlog_proof(w.proof);
    const auto parsed = parse_tlog_proof(text);
    ASSERT_TRUE(parsed) << parsed.error().to_string();
    EXPECT_EQ(parsed->extra, w.proof.extra);
    EXPECT_EQ(encode_tlog_proof(*parsed), text);
    const auto seen = verify_tlog_proof(*parsed, merkle::leaf_hash(Bytes{3}), *w.policy);
    ASSERT_TRUE(seen) << seen.error().to_string();
    EXPECT_EQ(seen->checkpoint.checkpoint.size, 5u);
  }
}

TEST(TlogProof, ProvesOneLeafAtOneIndex) {
  World w;
  const auto verify = [&] {
    return reason_of(verify_tlog_proof(w.proof, merkle::leaf_hash(Bytes{3}), *w.policy));
  };
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(reason_of(verify_tlog_proof(w.proof, merkle::leaf_hash(Bytes{2}), *w.policy)),
            "merkle.root");
  w.proof.index = 2;
  EXPECT_EQ(verify(), "merkle.root");
  w.proof.index = 5;
  EXPECT_EQ(verify(), "merkle.index");
  w.proof.index = 3;
  w.proof.inclusion.pop_back();
  EXPECT_EQ(verify(), "merkle.proof_length");
}

TEST(TlogProof, EveryChangedByteIsRefused) {
  World w;
  w.proof.extra.reset();
  const std::string good = encode_tlog_proof(w.proof);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto parsed = parse_tlog_proof(bad);
    EXPECT_FALSE(parsed && verify_tlog_proof(*parsed, merkle::leaf_hash(Bytes{3}), *w.policy)) << i;
  }
}

TEST(TlogProof, RefusesOtherForms) {
  const std::string hash = wire::base64_encode(Hash{});
  const auto reason = [](const std::string& rest) {
    return reason_of(parse_tlog_proof("c2sp.org/tlog-proof@v1\n" + rest));
  };
  EXPECT_EQ(reason("index 0\n" + hash + "\n\nnote\n"), "");
  EXPECT_EQ(reason("index 0\n\nnote\n"), "");
  EXPECT_EQ(reason_of(parse_tlog_proof("c2sp.org/tlog-proof@v2\nindex 0\n\nn")),
            "tlog_proof.format");
  for (const char* rest : {"", "extra AA==\n", "\n", "index 0\n", "index 0\n\n", "index 0",
                           "extra AA==\nextra AA==\nindex 0\n\nn", "Index 0\n\nn"}) {
    EXPECT_EQ(reason(rest), "tlog_proof.format") << rest;
  }
  EXPECT_EQ(reason("extra !\nindex 0\n\nn"), "tlog_proof.extra");
  for (const char* index : {"", "00", "-1", "+1", "1 ", "9223372036854775808"}) {
    EXPECT_EQ(reason(std::format("index {}\n\nn", index)), "tlog_proof.index") << index;
  }
  EXPECT_EQ(reason("index 0\nAAAA\n\nn"), "tlog_proof.hash");
  std::string hashes;
  for (std::size_t i = 0; i < limits::kMerkleProofMax; ++i) hashes += hash + "\n";
  EXPECT_EQ(reason("index 0\n" + hashes + "\nn"), "");
  EXPECT_EQ(reason("index 0\n" + hashes + hash + "\n\nn"), "tlog_proof.hashes_max");
  EXPECT_EQ(reason(std::string(kTlogProofMax, 'x')), "tlog_proof.size");
}

// Made by another log and another witness.
TEST(TlogProofVectors, ProofOfALargeLog) {
  ATOMA_NEED_VECTORS();
  const auto policy = TlogPolicy::parse(*read_vector("proof/policy.txt"));
  ASSERT_TRUE(policy) << policy.error().to_string();
  const std::string text = *read_vector("proof/leaf123456.tlog-proof");
  const auto proof = parse_tlog_proof(text);
  ASSERT_TRUE(proof) << proof.error().to_string();
  EXPECT_EQ(encode_tlog_proof(*proof), text);
  Bytes leaf = to_bytes(*read_vector("proof/leaf.bin"));
  const auto seen = verify_tlog_proof(*proof, merkle::leaf_hash(leaf), *policy);
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_EQ(seen->checkpoint.checkpoint.size, 255161u);

  leaf.push_back(0);
  EXPECT_EQ(reason_of(verify_tlog_proof(*proof, merkle::leaf_hash(leaf), *policy)), "merkle.root");
  leaf.pop_back();
  TlogProof alone = *proof;
  alone.checkpoint.resize(alone.checkpoint.rfind("\u2014"));
  EXPECT_EQ(reason_of(verify_tlog_proof(alone, merkle::leaf_hash(leaf), *policy)),
            "tlog_policy.quorum");
}

}  // namespace
}  // namespace atoma::tlog
