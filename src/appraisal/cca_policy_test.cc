// The section accept.cca, and the appraisal of tokens by it.
#include "atoma/appraisal/cca_policy.h"

#include <gtest/gtest.h>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/text.h"
#include "cca/test_platform.h"

namespace atoma::appraisal {
namespace {

using evidence::Detail;
using sample_tee::CcaTokenTemplate;
using Ids = std::set<std::string>;

const sample_tee::CcaPlatform& platform() {
  static const auto instance = evidence::cca::test_platform();
  return instance;
}

std::string hex_of(std::uint8_t byte, std::size_t size) {
  return wire::hex_encode(Bytes(size, byte));
}

std::string field(std::string_view name, std::string_view value) {
  return "    " + std::string(name) + ": [\"" + std::string(value) + "\"]\n";
}

std::string policy_text() {
  return R"(atoma_policy: 1
name: cca
revocation: require
report_data: require
accept:
  cca:
    lifecycle: secured
)" + field("platform_keys", wire::hex_encode(platform().platform_key_digest())) +
         field("implementation_id", wire::hex_encode(platform().implementation_id)) +
         field("instance_id", wire::hex_encode(platform().instance_id)) +
         field("platform_config", "cf") + field("software_signers", hex_of(0x77, 32)) +
         "    software_measurements: [\"" + hex_of(1, 32) + "\", \"" + hex_of(2, 32) + "\"]\n" +
         field("personalization", hex_of(0, 64)) + "    measurements:\n  " +
         field("rim", hex_of(0x11, 32)) + "  " + field("rem0", hex_of(0, 32)) + "  " +
         field("rem1", hex_of(0, 32)) + "  " + field("rem2", hex_of(0, 32)) +
         "      rem3: {accept_any: \"extended at run time\"}\n";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string reason_of(const std::string& text) {
  const auto policy = parse_policy(text);
  return policy ? "parsed" : std::string(policy.error().reason);
}

struct Judged {
  Verdict verdict = Verdict::kRefused;
  Ids failed, excused;
};

Judged judge(const std::string& text, const CcaTokenTemplate& content,
             const evidence::cca::PlatformKeys* keys, const Bytes& report_data = Bytes(64)) {
  auto policy = parse_policy(text);
  EXPECT_TRUE(policy) << policy.error().to_string();
  Appraiser appraiser(std::make_shared<const Policy>(*std::move(policy)));
  const Bytes token = platform().token(content);
  const auto result = appraiser.appraise(
      {.evidence = token, .at = {}, .expected_report_data = report_data, .platform_keys = keys},
      Detail::kAll);
  EXPECT_EQ(result.tee(), evidence::Tee::kCca);
  Judged out{.verdict = result.verdict(), .failed = {}, .excused = {}};
  for (const auto& f : result.findings().items()) {
    if (f.outcome < evidence::Outcome::kExcused) out.failed.emplace(f.id);
    if (f.outcome == evidence::Outcome::kExcused) out.excused.emplace(f.id);
  }
  return out;
}

Judged judge(const std::string& text, const CcaTokenTemplate& content = {}) {
  const auto keys = evidence::cca::keys_of(platform());
  return judge(text, content, &keys);
}

TEST(CcaPolicy, AcceptsWhatThePolicyNames) {
  const auto judged = judge(policy_text());
  EXPECT_EQ(judged.failed, Ids{});
  EXPECT_EQ(judged.excused, Ids{});
  EXPECT_EQ(judged.verdict, Verdict::kAccepted);
}

TEST(CcaPolicy, RefusesAPolicyWithAnyFieldLeftOut) {
  for (const std::string_view name :
       {"lifecycle", "platform_keys", "implementation_id", "instance_id", "platform_config",
        "software_signers", "software_measurements", "personalization", "measurements", "rim",
        "rem0", "rem3"}) {
    const std::string key = " " + std::string(name) + ":";
    EXPECT_EQ(reason_of(replaced(policy_text(), key, " x" + key.substr(1))), "policy.missing_field")
        << name;
  }
}

TEST(CcaPolicy, RefusesValuesOfOtherSizes) {
  EXPECT_EQ(reason_of(replaced(policy_text(), hex_of(0x11, 32), hex_of(0x11, 48))), "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), hex_of(0x77, 32), "77")), "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "\"cf\"", "\"c\"")), "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "\"cf\"", "\"" + hex_of(0, 65) + "\"")),
            "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "lifecycle: secured", "lifecycle: debug")),
            "policy.field");
}

TEST(CcaAppraisal, ThePolicyNamesThePlatformKeys) {
  const std::string other =
      replaced(policy_text(), wire::hex_encode(platform().platform_key_digest()), hex_of(9, 32));
  EXPECT_EQ(judge(other).failed, Ids{"policy.cca.platform_key"});
}

TEST(CcaAppraisal, TrapAnUnsecuredLifecycleIsRefused) {
  EXPECT_EQ(judge(policy_text(), {.lifecycle = 0x4001}).failed, Ids{"policy.cca.lifecycle"});
  EXPECT_EQ(judge(policy_text(), {.lifecycle = 0x30FF}).failed, Ids{});
  const std::string lax =
      replaced(policy_text(), "lifecycle: secured", "lifecycle: {accept_any: \"a model\"}");
  const auto judged = judge(lax, {.lifecycle = 0x4001});
  EXPECT_EQ(judged.verdict, Verdict::kAccepted);
  EXPECT_EQ(judged.excused, Ids{"policy.cca.lifecycle"});
}

TEST(CcaAppraisal, ComparesThePlatformAndItsSoftware) {
  EXPECT_EQ(judge(replaced(policy_text(), "\"cf\"", "\"ce\"")).failed, Ids{"policy.cca.platform"});
  EXPECT_EQ(judge(replaced(policy_text(), wire::hex_encode(platform().instance_id), hex_of(1, 33)))
                .failed,
            Ids{"policy.cca.platform"});
  EXPECT_EQ(judge(replaced(policy_text(), hex_of(0x77, 32), hex_of(0x78, 32))).failed,
            Ids{"policy.cca.software"});
  EXPECT_EQ(judge(replaced(policy_text(), hex_of(2, 32), hex_of(3, 32))).failed,
            Ids{"policy.cca.software"});
}

TEST(CcaAppraisal, ComparesTheRealm) {
  EXPECT_EQ(judge(policy_text(), {.rim = 0x12}).failed, Ids{"policy.measurement"});
  CcaTokenTemplate content;
  content.personalization.fill(1);
  EXPECT_EQ(judge(policy_text(), content).failed, Ids{"policy.cca.personalization"});
  const auto keys = evidence::cca::keys_of(platform());
  EXPECT_EQ(judge(policy_text(), {}, &keys, Bytes(64, 1)).failed, Ids{"policy.report_data"});
}

TEST(CcaAppraisal, WithoutAPlatformKeyItIsUnappraisable) {
  const auto judged = judge(policy_text(), {}, nullptr);
  EXPECT_EQ(judged.verdict, Verdict::kUnappraisable);
  EXPECT_EQ(judged.failed, Ids{"cca.platform_key"});
}

TEST(CcaAppraisal, APolicyWithoutTheSectionRefuses) {
  auto policy = Policy::strict("tests");
  policy.cca.reset();
  Appraiser appraiser(std::make_shared<const Policy>(policy));
  const auto keys = evidence::cca::keys_of(platform());
  const Bytes token = platform().token({});
  const auto result = appraiser.appraise(
      {.evidence = token, .at = {}, .expected_report_data = {}, .platform_keys = &keys},
      Detail::kAll);
  EXPECT_EQ(result.verdict(), Verdict::kRefused);
  EXPECT_EQ(result.authenticity(), evidence::Authenticity::kYes);
}

}  // namespace
}  // namespace atoma::appraisal
