#include "atoma/tlog/tlog_policy.h"

#include <gtest/gtest.h>

#include <format>

#include "note_parts.h"
#include "test_support.h"

namespace atoma::tlog {
namespace {

std::string_view reason_of(const auto& result) { return result ? "" : result.error().reason; }
std::string_view parse_reason(std::string_view text) { return reason_of(TlogPolicy::parse(text)); }

std::string vkey(std::uint8_t n) { return test_witness("w", n).key().to_string(); }
std::string witness_line(std::string_view name, std::uint8_t n) {
  return std::format("witness {} {}\n", name, vkey(n));
}
std::string log_line() { return "log " + test_signer().verifier_key().to_string() + "\n"; }

TlogPolicy policy_of(const std::string& text) {
  auto policy = TlogPolicy::parse(text);
  EXPECT_TRUE(policy) << policy.error().to_string();
  return *std::move(policy);
}

TEST(TlogPolicy, ReadsLogsAndWitnessesWithTheirAddresses) {
  const TlogPolicy policy = policy_of("# comment\n\n \t\n" + log_line() + "\t log " +
                                      test_ml_dsa_witness("example.org/log", 9).key().to_string() +
                                      " https://log.example/ \n" + "  # another\nwitness w1\t" +
                                      vkey(2) + "  http://127.0.0.1:1/w\n" +
                                      witness_line("none2", 3) + "group g all w1\nquorum g\n");
  ASSERT_EQ(policy.logs().size(), 2u);
  EXPECT_EQ(policy.logs()[0].url, "");
  EXPECT_EQ(policy.logs()[1].url, "https://log.example/");
  EXPECT_EQ(name_of(policy.logs()[1].key), "example.org/log");
  ASSERT_EQ(policy.witnesses().size(), 2u);
  EXPECT_EQ(policy.witnesses()[0].name, "w1");
  EXPECT_EQ(policy.witnesses()[0].url, "http://127.0.0.1:1/w");
  EXPECT_EQ(policy.witnesses()[1].url, "");
  EXPECT_TRUE(policy.needs_witnesses());
}

TEST(TlogPolicy, CountsNestedGroups) {
  std::string text;
  for (const char* name : {"x1", "x2", "x3", "y1", "y2"}) {
    text += witness_line(name, static_cast<std::uint8_t>(name[0] + 8 * name[1]));
  }
  const TlogPolicy policy =
      policy_of(text + "group x 2 x1 x2 x3\ngroup y any y1 y2\ngroup both all x y\nquorum both\n");
  // All 32 sets, against the rule said in other words.
  for (unsigned set = 0; set < 32; ++set) {
    std::vector<bool> cosigned;
    for (unsigned i = 0; i < 5; ++i) cosigned.push_back((set >> i & 1) != 0);
    const bool expected = __builtin_popcount(set & 7) >= 2 && (set & 24) != 0;
    EXPECT_EQ(policy.quorum(cosigned), expected) << set;
  }
}

TEST(TlogPolicy, QuorumOfOneOrNone) {
  const TlogPolicy none = policy_of("quorum none\n");
  EXPECT_TRUE(none.quorum({}));
  EXPECT_FALSE(none.needs_witnesses());
  const TlogPolicy one = policy_of(witness_line("a", 2) + witness_line("b", 3) + "quorum b\n");
  EXPECT_FALSE(one.quorum({true, false}));
  EXPECT_TRUE(one.quorum({false, true}));
}

TEST(TlogPolicy, RefusesWhatTheSpecificationForbids) {
  const std::string ab = witness_line("a", 2) + witness_line("b", 3);
  EXPECT_EQ(parse_reason(ab), "tlog_policy.quorum_line");
  EXPECT_EQ(parse_reason("quorum none\nquorum none\n"), "tlog_policy.quorum_line");
  EXPECT_EQ(parse_reason("quorum none"), "tlog_policy.line");
  for (const char* line : {"log", "log a b c", "witness a", "witness a b c d", "group g all",
                           "quorum", "quorum a b", "Quorum none", "logs x"}) {
    EXPECT_EQ(parse_reason(std::string(line) + "\nquorum none\n"), "tlog_policy.line") << line;
  }
  EXPECT_EQ(parse_reason("quorum a\n" + ab), "tlog_policy.undefined");
  EXPECT_EQ(parse_reason("quorum None\n"), "tlog_policy.undefined");
  EXPECT_EQ(parse_reason(ab + "group g all g\nquorum g\n"), "tlog_policy.undefined");
  EXPECT_EQ(parse_reason(ab + "group g all none\nquorum g\n"), "tlog_policy.undefined");
  EXPECT_EQ(parse_reason(ab + witness_line("a", 4) + "quorum a\n"), "tlog_policy.name");
  EXPECT_EQ(parse_reason(witness_line("none", 4) + "quorum none\n"), "tlog_policy.name");
  EXPECT_EQ(parse_reason(ab + "group a all b\nquorum a\n"), "tlog_policy.name");
  EXPECT_EQ(parse_reason(ab + witness_line("c", 2) + "quorum a\n"), "tlog_policy.duplicate_key");
  EXPECT_EQ(parse_reason(log_line() + log_line() + "quorum none\n"), "tlog_policy.duplicate_key");
  EXPECT_EQ(parse_reason(ab + "group g all a a\nquorum g\n"), "tlog_policy.member");
  EXPECT_EQ(parse_reason(ab + "group g all a\ngroup h all g a\nquorum h\n"), "tlog_policy.member");
  for (const char* k : {"0", "3", "01", "-1", "2.0", "ALL", "18446744073709551617"}) {
    EXPECT_EQ(parse_reason(ab + "group g " + k + " a b\nquorum g\n"), "tlog_policy.threshold") << k;
  }
}

TEST(TlogPolicy, RefusesKeysOfAnotherUse) {
  EXPECT_EQ(parse_reason("log " + vkey(2) + "\nquorum none\n"), "vkey.algorithm");
  EXPECT_EQ(parse_reason("witness a " + test_signer().verifier_key().to_string() + "\n"),
            "vkey.algorithm");
  EXPECT_EQ(parse_reason("log x\nquorum none\n"), "vkey.format");
}

TEST(TlogPolicy, BoundsItsInput) {
  EXPECT_EQ(parse_reason("quorum none\r\n"), "tlog_policy.character");
  EXPECT_EQ(parse_reason("# \x7F\nquorum none\n"), "tlog_policy.character");
  EXPECT_EQ(parse_reason("# \xE2\x84\xAA\nquorum none\n"), "");
  EXPECT_EQ(parse_reason(std::string(kTlogPolicyMax, '\n') + "quorum none\n"), "tlog_policy.size");
  std::string many;
  for (std::uint8_t n = 0; n <= kTlogPolicyNamesMax; ++n) {
    many += witness_line("w" + std::to_string(n), n);
  }
  EXPECT_EQ(parse_reason(many + "quorum none\n"), "tlog_policy.names_max");
}

class Verified : public ::testing::Test {
 protected:
  Checkpoint tree{.origin = "example.org/log", .size = 3, .root = {7}};
  std::string text = encode_checkpoint(tree);
  std::string note = sign_checkpoint(tree, test_signer()).note;
  Cosigner a = test_witness("witness.example/a", 2);
  Cosigner b = test_ml_dsa_witness("witness.example/b", 3);
  TlogPolicy policy = policy_of(log_line() + "witness a " + a.key().to_string() + "\nwitness b " +
                                b.key().to_string() + "\ngroup all all a b\nquorum all\n");
};

TEST_F(Verified, NeedsALogAndAQuorum) {
  EXPECT_EQ(reason_of(policy.verify(note)), "tlog_policy.quorum");
  EXPECT_EQ(reason_of(policy.verify(note + *a.sign(text, 5))), "tlog_policy.quorum");
  const auto seen = policy.verify(note + *a.sign(text, 5) + *b.sign(text, 6));
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_EQ(seen->checkpoint.checkpoint, tree);
  ASSERT_EQ(seen->times.size(), 2u);
  EXPECT_EQ(seen->times[0], 5u);
  EXPECT_EQ(seen->times[1], 6u);
  const std::string strangers = sign_checkpoint(tree, test_signer("example.org/log", 9)).note;
  EXPECT_EQ(reason_of(policy.verify(strangers + *a.sign(text, 5) + *b.sign(text, 6))),
            "tlog_policy.log");
}

TEST_F(Verified, AWrongSignatureByAKnownKeyRefusesTheNote) {
  const std::string good = note + *a.sign(text, 5) + *b.sign(text, 6);
  const std::string other = encode_checkpoint({"example.org/log", 4, {}});
  EXPECT_EQ(reason_of(policy.verify(good + *a.sign(other, 5))), "cosignature.signature");
  const std::string signed_other = test_signer().sign(other);
  EXPECT_EQ(reason_of(policy.verify(good + signed_other.substr(signed_other.find("\n\n") + 2))),
            "note.signature");
}

}  // namespace
}  // namespace atoma::tlog
