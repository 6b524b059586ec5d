// Every policy.* finding of Intel evidence, provoked alone, on quotes of a sample platform.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "atoma/appraisal/appraiser.h"
#include "atoma/sample_tee/intel_platform.h"
#include "test_support.h"

namespace atoma::appraisal {
namespace {

using evidence::Detail;
using evidence::Outcome;
using evidence::Tee;
using evidence::intel::BodyType;
using evidence::intel::TcbStatus;
using evidence::intel::TdReport;
using sample_tee::IntelPlatform;
using sample_tee::IntelQuoteTemplate;

constexpr Time kNow{1'780'000'000};
constexpr ValidityWindow kWindow{{1'779'000'000}, {1'782'000'000}};

evidence::intel::PckInfo platform_with_flags() {
  auto info = sample_tee::sample_pck_info();
  info.dynamic_platform = false;
  info.cached_keys = false;
  info.smt_enabled = false;
  return info;
}

struct Scene {
  evidence::intel::PckInfo pck = platform_with_flags();
  IntelQuoteTemplate quote;
  Policy policy = Policy::strict("tests name what they need");
  std::function<void(evidence::intel::TcbInfo&)> change_tcb_info;
  std::optional<Bytes> expected_report_data;
  bool without_pck_crl = false;
};

// Without "policy.sample", which all evidence of these tests has (and one test below asserts).
std::vector<std::string> not_passing(const AttestationResult& result) {
  std::vector<std::string> out;
  for (const auto& f : result.findings().items()) {
    if (f.outcome != Outcome::kPass && f.id != "policy.sample") out.emplace_back(f.id);
  }
  return out;
}

struct Answer {
  Verdict verdict;
  std::vector<std::string> ids;
  std::string json;
  std::set<std::string> excused;
};

std::set<std::string> excused(const AttestationResult& result) {
  std::set<std::string> out;
  for (const auto& f : result.findings().items()) {
    if (f.outcome == Outcome::kExcused) out.emplace(f.id);
  }
  return out;
}

Answer answer(Scene scene) {
  evidence::TestEntropy entropy{1};
  const auto platform = IntelPlatform::create(entropy, scene.pck);
  const Tee tee = scene.quote.body_type == BodyType::kSgx ? Tee::kSgx : Tee::kTdx;
  auto files = platform.collateral_files(tee, kWindow);
  if (scene.without_pck_crl) files.pck_crl.clear();
  if (scene.change_tcb_info) {
    auto info = sample_tee::sample_tcb_info(tee, scene.pck, kWindow);
    scene.change_tcb_info(info);
    files.tcb_info = platform.sign_tcb_info(sample_tee::encode_tcb_info(info));
  }
  const auto collateral = evidence::intel::Collateral::parse(files);
  EXPECT_TRUE(collateral);
  scene.policy.sample = SamplePolicy{{platform.root_digest()}};
  const Bytes quote = platform.quote(scene.quote);
  Appraiser appraiser(std::make_shared<const Policy>(scene.policy));
  const auto result = appraiser.appraise(
      {.evidence = quote,
       .collateral = collateral->get(),
       .at = kNow,
       .expected_report_data = scene.expected_report_data
                                   ? std::optional<ByteView>(*scene.expected_report_data)
                                   : std::nullopt},
      Detail::kAll);
  return {result.verdict(), not_passing(result), to_json(result), excused(result)};
}

struct Row {
  const char* id;
  std::function<void(Scene&)> change;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.id; }

class PolicyFinding : public testing::TestWithParam<Row> {};

TEST_P(PolicyFinding, IsProvokedAlone) {
  Scene scene;
  GetParam().change(scene);
  const auto result = answer(std::move(scene));
  EXPECT_EQ(result.ids, std::vector<std::string>{GetParam().id}) << result.json;
  EXPECT_EQ(result.verdict, Verdict::kRefused);
}

void make_sgx(Scene& s) {
  s.quote.version = 3;
  s.quote.body_type = BodyType::kSgx;
}

void make_td15(Scene& s) {
  s.quote.version = 5;
  s.quote.body_type = BodyType::kTd15;
}

const Row kRows[] = {
    {"policy.tee", [](Scene& s) { s.policy.tdx.reset(); }},
    {"policy.report_data", [](Scene& s) { s.expected_report_data = Bytes(64, 1); }},
    {"policy.revocation", [](Scene& s) { s.without_pck_crl = true; }},
    {"policy.tcb_status",
     [](Scene& s) { s.policy.tdx->tcb.status.values = {TcbStatus::kRevoked}; }},
    {"policy.tcb_date",
     [](Scene& s) { s.policy.tdx->tcb.date_min = Bound<Time>::at(Time{4'000'000'000}); }},
    {"policy.tcb_evaluation_number",
     [](Scene& s) {
       s.policy.tdx->tcb.evaluation_number_min = Bound<std::uint64_t>::at(1'000'000);
     }},
    {"policy.advisories",
     [](Scene& s) {
       s.policy.tdx->tcb.advisories = {true, AnyOf<std::string>::one_of({"INTEL-SA-99999"})};
       s.change_tcb_info = [](auto& info) { info.levels[0].advisories = {"INTEL-SA-99999"}; };
     }},
    {"policy.collateral_age",
     [](Scene& s) { s.policy.tdx->tcb.collateral_age_max_days = Bound<std::uint64_t>::at(1); }},
    {"policy.pck.dynamic_platform",
     [](Scene& s) {
       s.pck.dynamic_platform = true;
       s.policy.tdx->tcb.no_dynamic_platform = Require::strict();
     }},
    {"policy.pck.cached_keys",
     [](Scene& s) {
       s.pck.cached_keys = true;
       s.policy.tdx->tcb.no_cached_keys = Require::strict();
     }},
    {"policy.pck.smt",
     [](Scene& s) {
       s.pck.smt_enabled = true;
       s.policy.tdx->tcb.no_smt = Require::strict();
     }},
    {"policy.debug", [](Scene& s) { s.quote.td.td_attributes |= TdReport::kDebug; }},
    {"policy.migration", [](Scene& s) { s.quote.td.td_attributes |= TdReport::kMigratable; }},
    {"policy.td_attributes", [](Scene& s) { s.quote.td.td_attributes |= 0x10; }},
    {"policy.sept_ve_disable",
     [](Scene& s) {
       s.quote.td.td_attributes &= ~TdReport::kSeptVeDisable;
       s.policy.tdx->sept_ve_disable = Require::strict();
     }},
    {"policy.xfam", [](Scene& s) { s.policy.tdx->xfam_allowed = Bound<std::uint64_t>::at(3); }},
    {"policy.service_td",
     [](Scene& s) {
       make_td15(s);
       s.quote.td.mrservicetd[47] = 1;
     }},
    {"policy.measurement",
     [](Scene& s) {
       s.policy.tdx->measurements[0].accepted = AnyOf<Bytes>::one_of({Bytes(48, 7)});
     }},
    {"policy.debug",
     [](Scene& s) {
       make_sgx(s);
       s.quote.enclave.attributes[0] |= 2;
     }},
    {"policy.isv_prod_id",
     [](Scene& s) {
       make_sgx(s);
       s.policy.sgx->isv_prod_id = AnyOf<std::uint64_t>::one_of({77});
     }},
    {"policy.isv_svn",
     [](Scene& s) {
       make_sgx(s);
       s.policy.sgx->isv_svn_min = Bound<std::uint64_t>::at(9);
     }},
    {"policy.measurement",
     [](Scene& s) {
       make_sgx(s);
       s.policy.sgx->measurements[1].accepted = AnyOf<Bytes>::one_of({Bytes(32, 7)});
     }},
};

INSTANTIATE_TEST_SUITE_P(Intel, PolicyFinding, testing::ValuesIn(kRows));

TEST(IntelAppraisal, TheUnchangedSetupIsAccepted) {
  for (const auto& change :
       {std::function<void(Scene&)>([](Scene&) {}), std::function<void(Scene&)>(make_sgx),
        std::function<void(Scene&)>(make_td15)}) {
    Scene scene;
    change(scene);
    const auto result = answer(std::move(scene));
    EXPECT_EQ(result.verdict, Verdict::kAccepted) << result.json;
    EXPECT_TRUE(result.ids.empty());
  }
}

TEST(IntelAppraisal, SampleEvidenceIsNeverAcceptedSilently) {
  const auto result = answer(Scene{});
  EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_EQ(result.excused, std::set<std::string>{"policy.sample"});
  EXPECT_NE(result.json.find("\"sample\": true"), std::string::npos);
}

TEST(IntelAppraisal, WhatThePolicyAdmitsByNameStaysVisible) {
  Scene scene;
  scene.quote.td.td_attributes |= TdReport::kDebug;
  scene.policy.tdx->no_debug = Require::any("a lab machine");
  const auto result = answer(std::move(scene));
  EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_EQ(result.ids, std::vector<std::string>{"policy.debug"});
  EXPECT_NE(result.json.find("a lab machine"), std::string::npos);
  EXPECT_NE(result.json.find("\"excused\""), std::string::npos);
}

// What the windows of one rule say before and after their end.
struct WindowRow {
  const char* id;
  std::function<void(Scene&, Time until)> change;
};

const WindowRow kWindowRows[] = {
    {"policy.tcb_status",
     [](Scene& s, Time until) {
       s.policy.tdx->tcb.status.values = {TcbStatus::kRevoked};
       s.policy.tdx->tcb.status.windows = {{{TcbStatus::kUpToDate}, until, "a roll-out"}};
     }},
    {"policy.tcb_date",
     [](Scene& s, Time until) {
       s.policy.tdx->tcb.date_min = Bound<Time>::at(Time{4'000'000'000});
       s.policy.tdx->tcb.date_min.windows = {{Time{0}, until, "a roll-out"}};
     }},
    {"policy.tcb_evaluation_number",
     [](Scene& s, Time until) {
       s.policy.tdx->tcb.evaluation_number_min = Bound<std::uint64_t>::at(1'000'000);
       s.policy.tdx->tcb.evaluation_number_min.windows = {{1, until, "a roll-out"}};
     }},
    {"policy.advisories",
     [](Scene& s, Time until) {
       s.policy.tdx->tcb.advisories = {false, AnyOf<std::string>::one_of({})};
       s.policy.tdx->tcb.advisories.listed.windows = {{{"INTEL-SA-99999"}, until, "a roll-out"}};
       s.change_tcb_info = [](auto& info) { info.levels[0].advisories = {"INTEL-SA-99999"}; };
     }},
    {"policy.collateral_age",
     [](Scene& s, Time until) {
       s.policy.tdx->tcb.collateral_age_max_days = Bound<std::uint64_t>::at(1);
       s.policy.tdx->tcb.collateral_age_max_days.windows = {{400, until, "a roll-out"}};
     }},
    {"policy.measurement",
     [](Scene& s, Time until) {
       auto& mrtd = s.policy.tdx->measurements[0].accepted;
       mrtd = AnyOf<Bytes>::one_of({Bytes(48, 7)});
       mrtd.windows = {
           {{Bytes(s.quote.td.mrtd.begin(), s.quote.td.mrtd.end())}, until, "a roll-out"}};
     }},
};

TEST(Windows, AreExcusedUntilTheirLastSecondAndSayUntilWhen) {
  for (const auto& row : kWindowRows) {
    Scene scene;
    row.change(scene, kNow);
    const auto result = answer(std::move(scene));
    EXPECT_EQ(result.verdict, Verdict::kAccepted) << row.id;
    EXPECT_EQ(result.ids, std::vector<std::string>{row.id});
    EXPECT_TRUE(result.excused.contains(row.id));
    EXPECT_NE(result.json.find("until " + format_time(kNow) + " (a roll-out)"), std::string::npos)
        << result.json;
  }
}

TEST(Windows, AreRefusedAsExpiredASecondLater) {
  for (const auto& row : kWindowRows) {
    Scene scene;
    row.change(scene, Time{kNow.unix_s - 1});
    const auto result = answer(std::move(scene));
    EXPECT_EQ(result.verdict, Verdict::kRefused) << row.id;
    EXPECT_EQ(result.ids, (std::vector<std::string>{row.id, "policy.tolerance_expired"}));
    EXPECT_FALSE(result.excused.contains(row.id));
  }
}

TEST(Windows, OfSeveralTheLastToEndDecides) {
  Scene scene;
  scene.policy.tdx->tcb.status.values = {};
  scene.policy.tdx->tcb.status.windows = {{{TcbStatus::kUpToDate}, Time{1}, "old"},
                                          {{TcbStatus::kUpToDate}, kNow, "new"},
                                          {{TcbStatus::kRevoked}, Time{9'000'000'000}, "other"}};
  const auto result = answer(std::move(scene));
  EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_NE(result.json.find("(new)"), std::string::npos);
}

// One that is tolerated excuses no other.
TEST(Windows, OneAdvisoryExcusesNoOther) {
  Scene scene;
  scene.policy.tdx->tcb.advisories = {false, AnyOf<std::string>::one_of({})};
  scene.policy.tdx->tcb.advisories.listed.windows = {{{"INTEL-SA-00001"}, kNow, "a roll-out"}};
  scene.change_tcb_info = [](auto& info) {
    info.levels[0].advisories = {"INTEL-SA-00001", "INTEL-SA-00002"};
  };
  const auto result = answer(std::move(scene));
  EXPECT_EQ(result.verdict, Verdict::kRefused);
  EXPECT_EQ(result.ids, std::vector<std::string>{"policy.advisories"});
  EXPECT_NE(result.json.find("\"actual\": \"INTEL-SA-00002\""), std::string::npos) << result.json;
}

TEST(Windows, DoNotWidenTheRuleForOthers) {
  Scene scene;
  scene.policy.tdx->tcb.status.values = {TcbStatus::kRevoked};
  scene.policy.tdx->tcb.status.windows = {{{TcbStatus::kOutOfDate}, kNow, "a roll-out"}};
  const auto result = answer(std::move(scene));
  EXPECT_EQ(result.verdict, Verdict::kRefused);
  EXPECT_EQ(result.ids, std::vector<std::string>{"policy.tcb_status"});
}

TEST(IntelAppraisal, ReportDataThatNobodyNamedLeavesTheVerdictOpen) {
  Scene scene;
  scene.policy.report_data_bound = Require::strict();
  const auto result = answer(std::move(scene));
  EXPECT_EQ(result.verdict, Verdict::kUnappraisable);
  EXPECT_EQ(result.ids, std::vector<std::string>{"policy.report_data"});
}

TEST(IntelAppraisal, SampleRootsAreUnknownToAPolicyThatDoesNotNameThem) {
  evidence::TestEntropy entropy{1};
  const auto platform = IntelPlatform::create(entropy);
  const auto collateral =
      evidence::intel::Collateral::parse(platform.collateral_files(Tee::kTdx, kWindow));
  ASSERT_TRUE(collateral);
  const Bytes quote = platform.quote_td({});
  Appraiser appraiser(std::make_shared<const Policy>(Policy::strict("test")));
  const auto result = appraiser.appraise(
      {.evidence = quote, .collateral = collateral->get(), .at = kNow}, Detail::kFailures);
  EXPECT_EQ(result.verdict(), Verdict::kRefused);
  EXPECT_EQ(not_passing(result)[0], "intel.tcb_signing.chain");
}

TEST(IntelAppraisal, MalformedEvidenceAndCollateralAreFindings) {
  Appraiser appraiser(std::make_shared<const Policy>(Policy::strict("test")));
  const Bytes junk(100, 0xFF);
  const auto result = appraiser.appraise(
      {.evidence = junk,
       .at = kNow,
       .unreadable_collateral = Error{Code::kInvalidArgument, "collateral.format", "test"}},
      Detail::kAll);
  EXPECT_EQ(result.verdict(), Verdict::kRefused);
  EXPECT_FALSE(result.parsed());
  EXPECT_EQ(not_passing(result), (std::vector<std::string>{"collateral.format", "quote.version"}));
}

TEST(Recognise, ByTheFirstBytes) {
  EXPECT_EQ(recognise(Bytes{4, 0, 2, 0, 0x81, 0, 0, 0}), Tee::kTdx);
  EXPECT_EQ(recognise(Bytes{3, 0, 2, 0, 0, 0, 0, 0}), Tee::kSgx);
  EXPECT_EQ(recognise(Bytes{3, 0, 0, 0, 0, 0, 0, 0}), Tee::kSnp);
  EXPECT_EQ(recognise(Bytes{3, 0}), Tee::kUnknown);
}

}  // namespace
}  // namespace atoma::appraisal
