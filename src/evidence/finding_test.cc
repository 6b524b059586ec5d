#include "atoma/evidence/finding.h"

#include <gtest/gtest.h>

#include <set>

#include "atoma/evidence/tee.h"

namespace atoma::evidence {
namespace {

constexpr std::size_t kChecks = static_cast<std::size_t>(Check::kCount);

TEST(Checks, EachHasAnIdOfItsOwnAndAClause) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < kChecks; ++i) {
    const CheckInfo& info = check_info(static_cast<Check>(i));
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
    EXPECT_FALSE(info.clause.empty()) << info.id;
    const auto part = info.id.substr(0, info.id.find('.'));
    constexpr std::string_view kParts[] = {"intel",    "amd",       "nvidia",   "nitro",
                                           "cca",      "tpm",       "eventlog", "policy",
                                           "evidence", "reference", "composite"};
    EXPECT_TRUE(std::ranges::contains(kParts, part)) << info.id;
    EXPECT_EQ(info.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._"),
              std::string_view::npos)
        << info.id;
  }
  EXPECT_EQ(ids.size(), kChecks);
}

TEST(Checks, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(CheckClass::kAdvisory); ++i) {
    EXPECT_TRUE(names.insert(class_name(static_cast<CheckClass>(i))).second);
  }
  EXPECT_EQ(class_name(CheckClass::kCertificationData), "certification_data");
  EXPECT_EQ(outcome_name(Outcome::kFail), "fail");
  EXPECT_EQ(outcome_name(Outcome::kMissing), "missing");
  EXPECT_EQ(outcome_name(Outcome::kExcused), "excused");
  EXPECT_EQ(outcome_name(Outcome::kPass), "pass");
  EXPECT_EQ(severity_name(Severity::kCritical), "critical");
  EXPECT_EQ(severity_name(Severity::kWarning), "warning");
  EXPECT_EQ(severity_name(Severity::kInfo), "info");
  EXPECT_EQ(tee_name(Tee::kUnknown), "unknown");
  EXPECT_EQ(tee_name(Tee::kTdx), "tdx");
  EXPECT_EQ(tee_name(Tee::kSgx), "sgx");
  EXPECT_EQ(tee_name(Tee::kSnp), "snp");
  EXPECT_EQ(tee_name(Tee::kNvidia), "nvidia");
}

// A value that nobody set is the least trusted.
TEST(Checks, ZeroIsTheWorst) {
  EXPECT_EQ(Outcome{}, Outcome::kFail);
  EXPECT_EQ(Severity{}, Severity::kCritical);
  EXPECT_EQ(Authenticity{}, Authenticity::kNo);
  EXPECT_EQ(RootKind{}, RootKind::kUnknown);
  EXPECT_EQ(Tee{}, Tee::kUnknown);
}

TEST(Findings, AllDetailKeepsWhatPasses) {
  Findings findings(Detail::kAll);
  EXPECT_TRUE(findings.check(Check::kIntelPckRoot, true, "a root", "the root"));
  EXPECT_FALSE(findings.check(Check::kAmdValidity, false, "valid", "expired"));
  ASSERT_EQ(findings.items().size(), 2u);
  const Finding& pass = findings.items()[0];
  EXPECT_EQ(pass.id, "intel.pck.root");
  EXPECT_EQ(pass.outcome, Outcome::kPass);
  EXPECT_EQ(pass.severity, Severity::kInfo);
  EXPECT_EQ(pass.check_class, CheckClass::kChain);
  EXPECT_EQ(pass.expected, "a root");
  EXPECT_EQ(pass.actual, "the root");
  EXPECT_FALSE(pass.clause.empty());
  const Finding& fail = findings.items()[1];
  EXPECT_EQ(fail.outcome, Outcome::kFail);
  EXPECT_EQ(fail.severity, Severity::kCritical);
  EXPECT_EQ(fail.check_class, CheckClass::kValidity);
  EXPECT_EQ(findings.checks_made(), 2u);
  EXPECT_EQ(findings.passed(), 0u);
}

TEST(Findings, TextsAreMadeOnlyWhenKept) {
  Findings findings(Detail::kFailures);
  int made = 0;
  const auto text = [&] {
    ++made;
    return std::string("text");
  };
  EXPECT_TRUE(findings.check(Check::kIntelPckRoot, true, text, text));
  EXPECT_EQ(made, 0);
  EXPECT_TRUE(findings.items().empty());
  EXPECT_EQ(findings.passed(), 1u);
  EXPECT_FALSE(findings.check(Check::kIntelPckRoot, false, text, text));
  EXPECT_EQ(made, 2);
  EXPECT_EQ(findings.items()[0].actual, "text");
  EXPECT_EQ(findings.checks_made(), 2u);
}

TEST(Findings, ExcusedIsKeptAndGood) {
  Findings findings(Detail::kFailures);
  EXPECT_TRUE(findings.check_or_excuse(Check::kPolicyDebug, false, true, "no debug", "debug"));
  ASSERT_EQ(findings.items().size(), 1u);
  EXPECT_EQ(findings.items()[0].outcome, Outcome::kExcused);
  EXPECT_EQ(findings.items()[0].severity, Severity::kWarning);
  EXPECT_FALSE(findings.has(Outcome::kFail));
  EXPECT_FALSE(findings.check_or_excuse(Check::kPolicyDebug, false, false, "no debug", "debug"));
  EXPECT_TRUE(findings.has(Outcome::kFail));
  // What holds needs no excuse.
  EXPECT_TRUE(findings.check_or_excuse(Check::kPolicyDebug, true, true, "no debug", "none"));
  EXPECT_EQ(findings.items().size(), 2u);
  EXPECT_EQ(findings.passed(), 1u);
}

TEST(Findings, MissingAndErrors) {
  Findings findings(Detail::kFailures);
  findings.missing(Check::kIntelTcbInfoPresent, "TCB info");
  EXPECT_TRUE(findings.has(Outcome::kMissing));
  EXPECT_FALSE(findings.has(Outcome::kFail));
  EXPECT_EQ(findings.items()[0].severity, Severity::kCritical);
  findings.add_error({Code::kInvalidArgument, "quote.truncated", "ends early"}, CheckClass::kParse);
  EXPECT_TRUE(findings.has(Outcome::kFail));
  EXPECT_EQ(findings.items()[1].id, "quote.truncated");
  EXPECT_EQ(findings.items()[1].check_class, CheckClass::kParse);
  EXPECT_EQ(findings.items()[1].actual, "ends early");
}

TEST(Findings, CachedOnesAreCountedAsMade) {
  Findings made(Detail::kAll);
  made.check(Check::kIntelPckRoot, true, "a", "b");
  made.check(Check::kIntelPckNames, false, "a", "b");
  Findings all(Detail::kAll), failures(Detail::kFailures);
  all.add_cached(made.items());
  failures.add_cached(made.items(), 5);
  EXPECT_EQ(all.items().size(), 2u);
  EXPECT_EQ(failures.items().size(), 1u);
  EXPECT_EQ(failures.items()[0].id, "intel.pck.names");
  EXPECT_EQ(all.checks_made(), 2u);
  EXPECT_EQ(failures.checks_made(), 7u);
  failures.clear();
  EXPECT_EQ(failures.checks_made(), 0u);
  EXPECT_FALSE(failures.has(Outcome::kFail));
}

}  // namespace
}  // namespace atoma::evidence
