#include "atoma/appraisal/policy.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"

namespace atoma::appraisal {
namespace {

// A complete policy for SGX: the shortest section.
std::string sgx_policy() {
  return R"(atoma_policy: 1
name: test
revocation: require
report_data: require
accept:
  sgx:
    tcb_status: [UpToDate, SWHardeningNeeded]
    tcb_date_min: 2024-03-13T00:00:00Z
    tcb_evaluation_number_min: 17
    advisories: {forbid: [INTEL-SA-00837]}
    collateral_age_max_days: 30
    pck: {dynamic_platform: forbid, cached_keys: forbid, smt: {accept_any: "all our hosts have it"}}
    debug: forbid
    isv_prod_id: [1, 2]
    isv_svn_min: 3
    measurements:
      mrenclave: ["0000000000000000000000000000000000000000000000000000000000000001"]
      mrsigner: {accept_any: "the enclave itself is named"}
)";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string_view reason_of(const std::string& text) {
  const auto policy = parse_policy(text);
  return policy ? std::string_view("parsed") : policy.error().reason;
}

TEST(Policy, ReadsEveryField) {
  const auto policy = parse_policy(sgx_policy());
  ASSERT_TRUE(policy) << policy.error().to_string();
  EXPECT_EQ(policy->name, "test");
  EXPECT_FALSE(policy->revocation_known.accept_any);
  ASSERT_TRUE(policy->sgx);
  EXPECT_FALSE(policy->tdx || policy->snp || policy->sample);
  const auto& sgx = *policy->sgx;
  EXPECT_EQ(sgx.tcb.status.values.size(), 2u);
  EXPECT_EQ(format_time(sgx.tcb.date_min.value), "2024-03-13T00:00:00Z");
  EXPECT_EQ(sgx.tcb.evaluation_number_min.value, 17u);
  EXPECT_FALSE(sgx.tcb.advisories.admits("INTEL-SA-00837"));
  EXPECT_TRUE(sgx.tcb.advisories.admits("INTEL-SA-00001"));
  EXPECT_TRUE(sgx.tcb.no_smt.accept_any);
  EXPECT_EQ(sgx.tcb.no_smt.accept_any_reason, "all our hosts have it");
  EXPECT_EQ(sgx.measurements[0].accepted.values.size(), 1u);
  EXPECT_TRUE(sgx.measurements[1].accepted.accept_any);
}

// "No field means don't check": taking out any line of a section must not parse.
TEST(Policy, RefusesAPolicyWithAnyFieldLeftOut) {
  const std::string text = sgx_policy();
  int removed = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start) + 1;
    const std::string line = text.substr(start, end - start);
    const bool opens_section = line.ends_with(":\n");
    if (!opens_section) {
      EXPECT_FALSE(parse_policy(text.substr(0, start) + text.substr(end))) << "without " << line;
      ++removed;
    }
    start = end;
  }
  EXPECT_EQ(removed, 15);
}

TEST(Policy, NamesTheMissingField) {
  const auto policy = parse_policy(replaced(sgx_policy(), "    debug: forbid\n", ""));
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().reason, "policy.missing_field");
  EXPECT_NE(policy.error().message.find("policy.accept.sgx.debug"), std::string::npos);
  EXPECT_NE(policy.error().message.find("accept_any"), std::string::npos);
}

TEST(Policy, RefusesEachWithItsReason) {
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "atoma_policy: 1", "atoma_policy: 2")),
            "policy.version");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "name: test\n", "name: test\nextra: 1\n")),
            "policy.unknown_field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "    debug: forbid", "    debug: allow")),
            "policy.field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "isv_svn_min: 3", "isv_svn_min: -3")), "policy.field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "[UpToDate,", "[uptodate,")), "policy.field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "2024-03-13T00:00:00Z", "yesterday")), "policy.field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "[1, 2]", "[1, x]")), "policy.field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "0001\"]", "01\"]")), "policy.field");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "\"the enclave itself is named\"", "\"\"")),
            "policy.reason");
  EXPECT_EQ(reason_of(replaced(sgx_policy(), "  sgx:", "  sgy:")), "policy.field");
  EXPECT_EQ(reason_of(std::string(limits::kPolicyMax + 1, ' ')), "policy.too_large");
  EXPECT_EQ(reason_of("atoma_policy: [\n"), "yaml.syntax");
  EXPECT_EQ(reason_of("{\"atoma_policy\": 1,}"), "json.syntax");
}

std::string with_window(std::string_view strict, std::string_view window) {
  return replaced(sgx_policy(), "[UpToDate, SWHardeningNeeded]",
                  "{strict: " + std::string(strict) + ", tolerate: [" + std::string(window) + "]}");
}

TEST(Policy, ReadsWindows) {
  const auto policy = parse_policy(with_window(
      "[UpToDate]", "{accept: [OutOfDate], until: 2026-12-31T00:00:00Z, reason: a roll-out}"));
  ASSERT_TRUE(policy) << policy.error().to_string();
  const auto& status = policy->sgx->tcb.status;
  EXPECT_EQ(status.values.size(), 1u);
  ASSERT_EQ(status.windows.size(), 1u);
  EXPECT_EQ(status.windows[0].accepted[0], evidence::intel::TcbStatus::kOutOfDate);
  EXPECT_EQ(format_time(status.windows[0].until), "2026-12-31T00:00:00Z");
  EXPECT_EQ(status.windows[0].reason, "a roll-out");
}

// A window says what, until when and why; and it is no back door to accept_any.
TEST(Policy, RefusesWindowsThatSayTooLittle) {
  const std::string until = "until: 2026-12-31T00:00:00Z";
  const std::string good = "{accept: [OutOfDate], " + until + ", reason: why}";
  EXPECT_EQ(reason_of(with_window("[UpToDate]", good)), "parsed");
  EXPECT_EQ(reason_of(with_window("[UpToDate]", "")), "policy.field");
  EXPECT_EQ(reason_of(with_window("{accept_any: why}", good)), "policy.field");
  EXPECT_EQ(reason_of(with_window("[UpToDate]", "{accept: [OutOfDate], " + until + "}")),
            "policy.missing_field");
  EXPECT_EQ(reason_of(with_window("[UpToDate]", "{accept: [OutOfDate], reason: why}")),
            "policy.missing_field");
  EXPECT_EQ(reason_of(with_window("[UpToDate]", "{" + until + ", reason: why}")),
            "policy.missing_field");
  for (const std::string accept : {"[]", "{accept_any: why}", "[Outdated]"}) {
    EXPECT_EQ(reason_of(with_window("[UpToDate]",
                                    "{accept: " + accept + ", " + until + ", reason: why}")),
              "policy.field");
  }
  EXPECT_EQ(reason_of(with_window("[UpToDate]",
                                  "{accept: [OutOfDate], until: {accept_any: why}, reason: why}")),
            "policy.field");
  EXPECT_EQ(reason_of(replaced(
                sgx_policy(), "debug: forbid",
                "debug: {strict: forbid, tolerate: [{accept: any, " + until + ", reason: why}]}")),
            "policy.field");
}

TEST(Policy, WindowsOfAdvisoriesNameThem) {
  const std::string rest = ", until: 2026-12-31T00:00:00Z, reason: why}]}";
  const auto with = [&](const std::string& strict, const std::string& accept) {
    return replaced(sgx_policy(), "{forbid: [INTEL-SA-00837]}",
                    "{strict: " + strict + ", tolerate: [{accept: " + accept + rest);
  };
  EXPECT_EQ(reason_of(with("[]", "[INTEL-SA-00837]")), "parsed");
  EXPECT_EQ(reason_of(with("{forbid: [INTEL-SA-00837]}", "[INTEL-SA-00837]")), "parsed");
  EXPECT_EQ(reason_of(with("[]", "{forbid: [INTEL-SA-00837]}")), "policy.field");
}

TEST(Policy, JsonAndYamlSayTheSame) {
  EXPECT_EQ(reason_of(R"({"atoma_policy": 1, "name": "x", "revocation": "require",
    "report_data": "require", "accept": {}})"),
            "policy.field");
}

TEST(Policy, SampleRootsCannotBeAnything) {
  const std::string sample = "  sample: {roots: {accept_any: why}}\n";
  EXPECT_EQ(reason_of(sgx_policy() + sample), "policy.field");
  EXPECT_EQ(reason_of(sgx_policy() + "  sample: {roots: []}\n"), "policy.field");
  EXPECT_EQ(reason_of(sgx_policy() + "  sample: {roots: [\"" + std::string(64, 'a') + "\"]}\n"),
            "parsed");
}

TEST(Policy, DigestIsOfTheExactText) {
  const auto a = parse_policy(sgx_policy());
  const auto b = parse_policy(sgx_policy() + "\n");
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->digest, b->digest);
}

}  // namespace
}  // namespace atoma::appraisal
