// The section accept.nitro, and the appraisal of documents by it.
#include "atoma/appraisal/nitro_policy.h"

#include <gtest/gtest.h>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/text.h"
#include "nitro/test_platform.h"

namespace atoma::appraisal {
namespace {

using evidence::Detail;
using evidence::nitro::kTestNow;
using sample_tee::NitroDocumentTemplate;
using Ids = std::set<std::string>;

std::string hex_of(std::uint8_t byte, std::size_t size = 48) {
  return wire::hex_encode(Bytes(size, byte));
}

std::string policy_text() {
  return R"(atoma_policy: 1
name: nitro
revocation: require
report_data: require
accept:
  nitro:
    debug: forbid
    document_age_max_s: 300
    clock_skew_max_s: 60
    report_data_in: user_data
    user_data: {accept_any: "it carries the report data"}
    nonce: [absent]
    public_key: [absent]
    measurements:
      pcr0: [")" +
         hex_of(1) + R"("]
      pcr1: [")" +
         hex_of(2) + R"("]
      pcr2: [")" +
         hex_of(3) + R"("]
      pcr3: {accept_any: "any role"}
      pcr4: {accept_any: "any instance"}
      pcr8: {accept_any: "not signed"}
    other_pcrs: {pcr16: [")" +
         hex_of(0x16) + R"("]}
  sample: {roots: [")" +
         hex_of(0xAB, 32) + R"("]}
)";
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

const sample_tee::NitroPlatform& platform() {
  static const auto instance = evidence::nitro::test_platform();
  return instance;
}

NitroDocumentTemplate usual() {
  NitroDocumentTemplate content{.timestamp = kTestNow};
  content.user_data = Bytes(64, 0xA5);
  content.pcrs.resize(17);
  content.pcrs[16] = Bytes(48, 0x16);
  return content;
}

struct Judged {
  Verdict verdict = Verdict::kRefused;
  Ids failed, excused;
};

Judged judge(const std::string& text, const NitroDocumentTemplate& content,
             std::optional<Bytes> report_data = Bytes(64, 0xA5), Time at = kTestNow) {
  auto policy = parse_policy(text);
  EXPECT_TRUE(policy) << policy.error().to_string();
  policy->sample = SamplePolicy{{platform().root_digest()}};
  Appraiser appraiser(std::make_shared<const Policy>(*std::move(policy)));
  const Bytes document = platform().document(content);
  const auto result = appraiser.appraise(
      {.evidence = document,
       .at = at,
       .expected_report_data = report_data ? std::optional<ByteView>(*report_data) : std::nullopt},
      Detail::kAll);
  EXPECT_EQ(result.tee(), evidence::Tee::kNitro);
  EXPECT_TRUE(result.sample() || result.verdict() == Verdict::kRefused);
  Judged out{.verdict = result.verdict(), .failed = {}, .excused = {}};
  for (const auto& f : result.findings().items()) {
    if (f.outcome < evidence::Outcome::kExcused) out.failed.emplace(f.id);
    if (f.outcome == evidence::Outcome::kExcused) out.excused.emplace(f.id);
  }
  return out;
}

Ids failed(const std::string& text, const NitroDocumentTemplate& content) {
  return judge(text, content).failed;
}

TEST(NitroPolicy, ReadsEveryField) {
  const auto policy = parse_policy(policy_text());
  ASSERT_TRUE(policy) << policy.error().to_string();
  ASSERT_TRUE(policy->nitro);
  EXPECT_FALSE(policy->nitro->no_debug.accept_any);
  EXPECT_EQ(policy->nitro->document_age_max_s.value, 300u);
  EXPECT_EQ(freshness_of(*policy->nitro).ahead_max, Duration{60});
  EXPECT_EQ(policy->nitro->report_data_in, NitroBinding::kUserData);
  EXPECT_EQ(policy->nitro->measurements.size(), std::size(kNitroPcrs));
  EXPECT_TRUE(policy->nitro->other_pcrs[16].has_value());
  EXPECT_FALSE(policy->nitro->other_pcrs[17].has_value());
}

TEST(NitroPolicy, RefusesAPolicyWithAnyFieldLeftOut) {
  for (const std::string_view field :
       {"debug", "document_age_max_s", "clock_skew_max_s", "report_data_in", "user_data", "nonce",
        "public_key", "measurements", "pcr0", "pcr8", "other_pcrs"}) {
    EXPECT_EQ(reason_of(replaced(policy_text(), std::string(" ") + std::string(field) + ":",
                                 std::string(" x") + std::string(field) + ":")),
              "policy.missing_field")
        << field;
  }
}

TEST(NitroPolicy, RefusesEachWithItsReason) {
  EXPECT_EQ(reason_of(replaced(policy_text(), "report_data_in: user_data", "report_data_in: pcr0")),
            "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "age_max_s: 300", "age_max_s: 31622401")),
            "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "nonce: [absent]", "nonce: [none]")), "policy.field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "pcr16:", "pcr32:")), "policy.unknown_field");
  EXPECT_EQ(reason_of(replaced(policy_text(), "pcr16:", "pcr4:")), "policy.unknown_field");
  EXPECT_EQ(reason_of(replaced(policy_text(), hex_of(0x16), hex_of(0x16, 32))), "policy.field");
}

TEST(NitroAppraisal, AcceptsWhatThePolicyNames) {
  const auto judged = judge(policy_text(), usual());
  EXPECT_EQ(judged.failed, Ids{});
  EXPECT_EQ(judged.verdict, Verdict::kAccepted);
  EXPECT_EQ(judged.excused, Ids{"policy.sample"});
}

TEST(NitroAppraisal, TrapPcr0ZeroIsDebug) {
  auto content = usual();
  content.pcrs[0] = content.pcrs[1] = content.pcrs[2] = Bytes(48);
  EXPECT_EQ(failed(policy_text(), content), (Ids{"policy.debug", "policy.measurement"}));
  const std::string lax = replaced(policy_text(), "debug: forbid", "debug: {accept_any: tests}");
  EXPECT_EQ(failed(lax, content), Ids{"policy.measurement"});
  EXPECT_TRUE(judge(lax, content).excused.contains("policy.debug"));
  // A register that is not there proves nothing either.
  content.pcrs[0] = {};
  EXPECT_EQ(failed(policy_text(), content), (Ids{"policy.debug", "policy.measurement"}));
}

TEST(NitroAppraisal, ComparesRegisters) {
  auto content = usual();
  content.pcrs[2] = Bytes(48, 9);
  EXPECT_EQ(failed(policy_text(), content), Ids{"policy.measurement"});
  content = usual();
  content.pcrs[16] = Bytes(48, 9);
  EXPECT_EQ(failed(policy_text(), content), Ids{"policy.measurement"});
  content = usual();
  content.pcrs[7] = Bytes(48, 9);
  EXPECT_EQ(failed(policy_text(), content), Ids{"policy.nitro.other_pcrs"});
  content.pcrs[7] = Bytes(48);
  EXPECT_EQ(failed(policy_text(), content), Ids{});
}

TEST(NitroAppraisal, ComparesTheOtherFields) {
  auto content = usual();
  content.nonce = Bytes{1};
  EXPECT_EQ(failed(policy_text(), content), Ids{"policy.nitro.nonce"});
  const std::string digest = wire::hex_encode(crypto::sha256(Bytes{1}));
  EXPECT_EQ(
      failed(replaced(policy_text(), "nonce: [absent]", "nonce: [\"" + digest + "\"]"), content),
      Ids{});
  content = usual();
  content.public_key = Bytes{1};
  EXPECT_EQ(failed(policy_text(), content), Ids{"policy.nitro.public_key"});
  content = usual();
  EXPECT_EQ(
      failed(replaced(policy_text(), "user_data: {accept_any: \"it carries the report data\"}",
                      "user_data: [absent]"),
             content),
      Ids{"policy.nitro.user_data"});
}

TEST(NitroAppraisal, ReportDataIsInTheFieldThatThePolicyNames) {
  EXPECT_EQ(judge(policy_text(), usual(), Bytes(64, 0xA6)).failed, Ids{"policy.report_data"});
  EXPECT_EQ(judge(policy_text(), usual(), std::nullopt).verdict, Verdict::kUnappraisable);
  std::string text = replaced(policy_text(), "report_data_in: user_data", "report_data_in: nonce");
  text = replaced(text, "nonce: [absent]", "nonce: {accept_any: \"it carries the report data\"}");
  EXPECT_EQ(judge(text, usual()).failed, Ids{"policy.report_data"});
  auto content = usual();
  content.nonce = Bytes(20, 0xA5);
  Bytes padded(64);
  std::ranges::fill_n(padded.begin(), 20, std::uint8_t{0xA5});
  EXPECT_EQ(judge(text, content, padded).failed, Ids{});
  content.nonce = Bytes(65, 0xA5);
  EXPECT_EQ(judge(text, content).failed, Ids{"policy.report_data"});
}

TEST(NitroAppraisal, OldAndFutureDocumentsAreRefused) {
  const auto at = [](std::int64_t s) {
    return judge(policy_text(), usual(), Bytes(64, 0xA5), kTestNow + Duration{s}).failed;
  };
  EXPECT_EQ(at(300), Ids{});
  EXPECT_EQ(at(301), Ids{"nitro.timestamp"});
  EXPECT_EQ(at(-60), Ids{});
  EXPECT_EQ(at(-61), Ids{"nitro.timestamp"});
}

TEST(NitroAppraisal, APolicyWithoutTheSectionRefuses) {
  auto policy = Policy::strict("tests");
  policy.sample = SamplePolicy{{platform().root_digest()}};
  policy.nitro.reset();
  Appraiser appraiser(std::make_shared<const Policy>(policy));
  const Bytes document = platform().document({.timestamp = kTestNow});
  const auto result = appraiser.appraise({.evidence = document, .at = kTestNow}, Detail::kAll);
  EXPECT_EQ(result.verdict(), Verdict::kRefused);
  Ids ids;
  for (const auto& f : result.findings().items()) {
    if (f.outcome == evidence::Outcome::kFail) ids.emplace(f.id);
  }
  EXPECT_EQ(ids, Ids{"policy.tee"});
}

TEST(NitroAppraisal, MalformedDocumentsAreRefused) {
  Appraiser appraiser(std::make_shared<const Policy>(Policy::strict("tests")));
  Bytes document = platform().document({.timestamp = kTestNow});
  document.pop_back();
  const auto result = appraiser.appraise({.evidence = document, .at = kTestNow}, Detail::kAll);
  EXPECT_FALSE(result.parsed());
  EXPECT_EQ(result.verdict(), Verdict::kRefused);
  ASSERT_EQ(result.findings().items().size(), 1u);
  EXPECT_EQ(result.findings().items()[0].id, "cbor.truncated");
}

}  // namespace
}  // namespace atoma::appraisal
