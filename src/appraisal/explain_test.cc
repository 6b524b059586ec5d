// Dry runs: what is named as the way to acceptance leads there, and what no policy admits is said
// to be so.
#include "atoma/appraisal/explain.h"

#include <gtest/gtest.h>

#include "atoma/sample_tee/intel_platform.h"
#include "test_support.h"

namespace atoma::appraisal {
namespace {

using evidence::Tee;
using evidence::intel::TcbStatus;
using evidence::intel::TdReport;
using sample_tee::IntelPlatform;

constexpr Time kNow{1'780'000'000};
constexpr ValidityWindow kWindow{{1'779'000'000}, {1'782'000'000}};

struct Scene {
  evidence::TestEntropy entropy{1};
  IntelPlatform platform = IntelPlatform::create(entropy);
  sample_tee::IntelQuoteTemplate content;
  evidence::intel::CollateralFiles files = platform.collateral_files(Tee::kTdx, kWindow);
  Policy policy = Policy::strict("tests");
  std::optional<Bytes> expected;

  Scene() { policy.sample = SamplePolicy{{platform.root_digest()}}; }
  Explanation run(Bytes quote = {}) {
    if (quote.empty()) quote = platform.quote(content);
    const auto collateral = evidence::intel::Collateral::parse(files);
    EXPECT_TRUE(collateral);
    return explain(policy, {.evidence = quote,
                            .collateral = collateral->get(),
                            .at = kNow,
                            .expected_report_data =
                                expected ? std::optional<ByteView>(*expected) : std::nullopt});
  }
};

std::string ids(const Explanation& explanation) {
  std::string out;
  for (const auto& refusal : explanation.refusals) {
    out += std::string(out.empty() ? "" : " ") + std::string(refusal.finding.id);
  }
  return out;
}

TEST(Explain, AcceptedEvidenceHasNoRefusals) {
  Scene scene;
  const auto told = scene.run();
  EXPECT_EQ(told.verdict, Verdict::kAccepted);
  EXPECT_TRUE(told.policy_can_accept);
  EXPECT_EQ(ids(told), "");
}

TEST(Explain, ListsEveryCheckAndTheFieldThatAdmitsIt) {
  Scene scene;
  scene.content.td.td_attributes |= TdReport::kDebug;
  scene.policy.tdx->tcb.status.values = {TcbStatus::kOutOfDate};
  scene.policy.tdx->measurements[1].accepted = AnyOf<Bytes>::one_of({Bytes(48, 7)});
  const auto told = scene.run();
  EXPECT_EQ(told.verdict, Verdict::kRefused);
  EXPECT_TRUE(told.policy_can_accept);
  EXPECT_EQ(ids(told), "policy.tcb_status policy.debug policy.measurement");
  ASSERT_EQ(told.refusals.size(), 3u);
  EXPECT_EQ(told.refusals[0].policy,
            std::vector<std::string>{"accept.tdx.tcb_status: admit UpToDate, if need be until a "
                                     "day (`tolerate`), or {accept_any: \"reason\"}"});
  EXPECT_EQ(told.refusals[1].policy,
            std::vector<std::string>{"accept.tdx.debug: {accept_any: \"reason\"}"});
  EXPECT_EQ(told.refusals[1].platform, "launch the workload without debug");
  EXPECT_TRUE(told.refusals[2].policy[0].starts_with("accept.tdx.measurements.rtmr0: add "));
}

// Behind a section that is not there its rules wait.
TEST(Explain, SeesWhatAMissingSectionHides) {
  Scene scene;
  scene.content.td.td_attributes |= TdReport::kDebug;
  scene.policy.tdx.reset();
  const auto told = scene.run();
  EXPECT_EQ(ids(told), "policy.tee policy.debug");
  EXPECT_TRUE(told.policy_can_accept);
  EXPECT_EQ(told.refusals[0].policy, std::vector<std::string>{"accept.tdx: a section"});
}

TEST(Explain, SaysWhenNoPolicyCanAccept) {
  Scene forged;
  Bytes quote = forged.platform.quote(forged.content);
  quote[48 + 136] ^= 1;  // MRTD
  auto told = forged.run(quote);
  EXPECT_FALSE(told.policy_can_accept);
  ASSERT_FALSE(told.refusals.empty());
  EXPECT_EQ(told.refusals[0].finding.id, "intel.quote.signature");
  EXPECT_TRUE(told.refusals[0].policy.empty());

  Scene other;
  other.policy.report_data_bound = Require::strict();
  other.expected = Bytes(64, 9);
  told = other.run();
  EXPECT_EQ(ids(told), "policy.report_data");
  EXPECT_FALSE(told.policy_can_accept);
  EXPECT_TRUE(told.refusals[0].policy.empty()) << "a nonce of another is no matter of policy";
}

TEST(Explain, MissingInputsAreNamed) {
  Scene scene;
  scene.files.tcb_info.clear();
  const auto told = scene.run();
  EXPECT_EQ(told.verdict, Verdict::kUnappraisable);
  EXPECT_FALSE(told.policy_can_accept);
  EXPECT_EQ(ids(told), "intel.tcb_info.present");
  EXPECT_EQ(told.refusals[0].platform, "hand in what is missing");
  wire::JsonWriter out;
  out.begin_object();
  write_json(out, told);
  out.end_object();
  EXPECT_TRUE(out.str().starts_with(R"({"verdict":"unappraisable","tee":"tdx",)")) << out.str();
}

TEST(Explain, AnExpiredWindowNamesItsEnd) {
  Scene scene;
  scene.policy.tdx->tcb.status.values = {};
  scene.policy.tdx->tcb.status.windows = {{{TcbStatus::kUpToDate}, Time{1}, "a roll-out"}};
  const auto told = scene.run();
  EXPECT_EQ(ids(told), "policy.tcb_status policy.tolerance_expired");
  EXPECT_TRUE(told.policy_can_accept);
  EXPECT_EQ(told.refusals[1].policy,
            std::vector<std::string>{"until: a later day, with its reason"});
}

}  // namespace
}  // namespace atoma::appraisal
