// TCB levels: which one fits, and what the parts' statuses make together (brief procedure in
// docs/EVIDENCE.md; Intel PCS v4, "TCB info").
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

using enum TcbStatus;

constexpr TcbStatus kServed[] = {
    kRevoked,
    kOutOfDateConfigurationNeeded,
    kOutOfDate,
    kConfigurationAndSwHardeningNeeded,
    kConfigurationNeeded,
    kSwHardeningNeeded,
    kUpToDate,
};
constexpr TcbStatus kAll[] = {
    kNotSupported,
    kRevoked,
    kOutOfDateConfigurationNeeded,
    kOutOfDate,
    kTdRelaunchAdvisedConfigurationNeeded,
    kTdRelaunchAdvised,
    kConfigurationAndSwHardeningNeeded,
    kConfigurationNeeded,
    kSwHardeningNeeded,
    kUpToDate,
};

TcbInfo tdx_info() {
  return sample_tee::sample_tcb_info(Tee::kTdx, sample_tee::sample_pck_info(), kTestWindow);
}

TcbLevel qe_level(TcbStatus status = kUpToDate) {
  TcbLevel level;
  level.status = status;
  level.date = kTestNow;
  return level;
}

TcbStatus status_of(const TcbInfo& info, const ByteArray<16>& svn,
                    PckInfo pck = sample_tee::sample_pck_info()) {
  const TcbLevel qe = qe_level();
  return evaluate_tcb(info, pck, svn, &qe).status;
}

TEST(IntelTcb, NamesRoundTrip) {
  for (const TcbStatus status : kAll) {
    EXPECT_EQ(tcb_status_from_name(tcb_status_name(status)), status);
  }
  EXPECT_EQ(tcb_status_name(kTdRelaunchAdvisedConfigurationNeeded),
            "TDRelaunchAdvisedConfigurationNeeded");
  EXPECT_FALSE(tcb_status_from_name("uptodate"));
  EXPECT_FALSE(tcb_status_from_name(""));
}

TEST(IntelTcb, EachSgxComponentCounts) {
  const TcbInfo info = tdx_info();
  const ByteArray<16> svn{5, 1, 2};
  EXPECT_EQ(status_of(info, svn), kUpToDate);
  for (std::size_t i = 0; i < 16; ++i) {
    PckInfo pck = sample_tee::sample_pck_info();
    if (pck.tcb_components[i] == 0) continue;
    --pck.tcb_components[i];
    EXPECT_EQ(status_of(info, svn, pck), kOutOfDate) << i;
    pck.tcb_components[i] = 0;
    // The lower level asks one less than the upper, which only a component of 1 still has.
    const bool one = info.levels[0].sgx_components[i] == 1;
    EXPECT_EQ(status_of(info, svn, pck), one ? kOutOfDate : kNotSupported) << i;
  }
}

// Step 10: the certificate's components are compared, never the report's or certificate's CPUSVN.
TEST(IntelTcb, CpuSvnIsNotCompared) {
  PckInfo pck = sample_tee::sample_pck_info();
  pck.cpu_svn = {};
  EXPECT_EQ(status_of(tdx_info(), {5, 1, 2}, pck), kUpToDate);
}

TEST(IntelTcb, PceSvnCounts) {
  PckInfo pck = sample_tee::sample_pck_info();
  --pck.pce_svn;
  EXPECT_EQ(status_of(tdx_info(), {5, 1, 2}, pck), kOutOfDate);
  TcbInfo info = tdx_info();
  for (auto& level : info.levels) level.pce_svn = 0x100;
  pck.pce_svn = 0xFF;
  EXPECT_EQ(status_of(info, {5, 1, 2}, pck), kNotSupported);
}

// Step 10: from component 2 on where the module has a version of its own, else from 0.
TEST(IntelTcb, ComponentsZeroAndOneAreSkippedWhenTheModuleHasAVersion) {
  TcbInfo info = tdx_info();
  info.levels[0].tdx_components = TcbComponents{9, 9, 2};
  info.levels.resize(1);
  EXPECT_EQ(status_of(info, {5, 1, 2}), kUpToDate);
  EXPECT_EQ(status_of(info, {5, 0, 2}), kNotSupported);
  info.levels[0].tdx_components = TcbComponents{5, 0, 2};
  EXPECT_EQ(status_of(info, {5, 0, 2}), kUpToDate);
  EXPECT_EQ(status_of(info, {4, 0, 2}), kNotSupported);
}

TEST(IntelTcb, EachTdxComponentCounts) {
  TcbInfo info = tdx_info();
  info.levels.resize(1);
  info.levels[0].tdx_components->fill(3);
  ByteArray<16> svn;
  svn.fill(3);
  svn[0] = 5;  // what the module's own levels ask
  EXPECT_EQ(status_of(info, svn), kUpToDate);
  for (std::size_t i = 2; i < 16; ++i) {
    ByteArray<16> lower = svn;
    lower[i] = 2;
    EXPECT_EQ(status_of(info, lower), kNotSupported) << i;
  }
}

// 16 bits: an SVN above 255 is out of reach, not wrapped.
TEST(IntelTcb, ComponentsAreNotCutToEightBits) {
  TcbInfo info = tdx_info();
  info.levels.resize(1);
  info.levels[0].sgx_components[15] = 0x100;
  EXPECT_EQ(status_of(info, {5, 1, 2}), kNotSupported);
}

// The first level that fits counts, whatever stands below: the order is Intel's.
TEST(IntelTcb, LevelsAreSearchedInTheOrderServed) {
  TcbInfo info = tdx_info();
  std::swap(info.levels[0], info.levels[1]);
  EXPECT_EQ(status_of(info, {5, 1, 2}), kOutOfDate);
  info = tdx_info();
  std::ranges::reverse(info.module_identities[1].levels);
  EXPECT_EQ(status_of(info, {5, 1, 2}), kOutOfDate);
}

TEST(IntelTcb, NoLevelIsNotSupported) {
  TcbInfo info = tdx_info();
  info.levels.clear();
  EXPECT_EQ(status_of(info, {5, 1, 2}), kNotSupported);
  // Step 11: no level of the module, no identity of its version.
  EXPECT_EQ(status_of(tdx_info(), {2, 1, 2}), kOutOfDate);
  EXPECT_EQ(status_of(tdx_info(), {1, 1, 2}), kNotSupported);
  EXPECT_EQ(status_of(tdx_info(), {5, 2, 2}), kNotSupported);
  EXPECT_EQ(status_of(tdx_info(), {5, 3, 2}), kUpToDate);
  const auto evaluation =
      evaluate_tcb(tdx_info(), sample_tee::sample_pck_info(), ByteArray<16>{5, 1, 2}, nullptr);
  EXPECT_EQ(evaluation.status, kNotSupported);
  EXPECT_EQ(evaluation.levels[2], nullptr);
  EXPECT_EQ(evaluation.date, Time{});  // no date is the oldest date
}

TEST(IntelTcb, SgxNeedsNoTdxComponents) {
  const PckInfo pck = sample_tee::sample_pck_info();
  const TcbLevel qe = qe_level();
  const TcbInfo info = sample_tee::sample_tcb_info(Tee::kSgx, pck, kTestWindow);
  EXPECT_EQ(evaluate_tcb(info, pck, {}, &qe).status, kUpToDate);
  // A level without TDX components fits no TD.
  EXPECT_EQ(status_of(info, {0, 0}), kNotSupported);
}

// Step 12, written out: rows are the platform's status, columns the component's.
TcbStatus expected_convergence(TcbStatus platform, TcbStatus component) {
  struct Line {
    TcbStatus platform, with_old_component;
  };
  constexpr Line kTable[] = {
      {kUpToDate, kOutOfDate},
      {kSwHardeningNeeded, kOutOfDate},
      {kConfigurationNeeded, kOutOfDateConfigurationNeeded},
      {kConfigurationAndSwHardeningNeeded, kOutOfDateConfigurationNeeded},
      {kOutOfDate, kOutOfDate},
      {kOutOfDateConfigurationNeeded, kOutOfDateConfigurationNeeded},
      {kRevoked, kRevoked},
  };
  if (component == kRevoked) return kRevoked;
  const bool old = component == kOutOfDate || component == kOutOfDateConfigurationNeeded;
  for (const auto& line : kTable) {
    if (line.platform == platform) return old ? line.with_old_component : platform;
  }
  return kNotSupported;
}

TEST(IntelTcb, AllConvergences) {
  const PckInfo pck = sample_tee::sample_pck_info();
  for (const TcbStatus platform : kServed) {
    for (const TcbStatus module : kServed) {
      for (const TcbStatus qe : kServed) {
        TcbInfo info = tdx_info();
        info.levels[0].status = platform;
        info.module_identities[1].levels[0].status = module;
        const TcbLevel level = qe_level(qe);
        const auto both = evaluate_tcb(info, pck, ByteArray<16>{5, 1, 2}, &level);
        const auto expected = expected_convergence(expected_convergence(platform, module), qe);
        EXPECT_EQ(both.status, expected) << tcb_status_name(platform) << " "
                                         << tcb_status_name(module) << " " << tcb_status_name(qe);
        // Without a module of its own the module's status does not count.
        const auto plain = evaluate_tcb(info, pck, ByteArray<16>{5, 0, 2}, &level);
        EXPECT_EQ(plain.status, expected_convergence(platform, qe));
        EXPECT_EQ(plain.levels[1], nullptr);
      }
    }
  }
}

TEST(IntelTcb, DateIsTheOldestOfTheParts) {
  const PckInfo pck = sample_tee::sample_pck_info();
  for (std::size_t oldest = 0; oldest < 3; ++oldest) {
    TcbInfo info = tdx_info();
    TcbLevel qe = qe_level();
    Time* const dates[] = {&info.levels[0].date, &info.module_identities[1].levels[0].date,
                           &qe.date};
    for (Time* date : dates) *date = Time{2000};
    *dates[oldest] = Time{1000};
    const auto result = evaluate_tcb(info, pck, ByteArray<16>{5, 1, 2}, &qe);
    EXPECT_EQ(result.date, Time{1000}) << oldest;
    const TcbLevel* const levels[] = {&info.levels[0], &info.module_identities[1].levels[0], &qe};
    EXPECT_TRUE(std::ranges::equal(result.levels, levels));
  }
}

// Step 13, written out from the rule.
TcbStatus expected_relaunch(TcbStatus launch, TcbStatus now) {
  if (now == kNotSupported || now == kRevoked) return now;
  const bool old = launch == kOutOfDate || launch == kOutOfDateConfigurationNeeded;
  const bool plain = now == kUpToDate || now == kSwHardeningNeeded;
  const bool configure = now == kConfigurationNeeded || now == kConfigurationAndSwHardeningNeeded;
  if (!old || !(plain || configure)) return launch;
  return launch == kOutOfDate && plain ? kTdRelaunchAdvised : kTdRelaunchAdvisedConfigurationNeeded;
}

TEST(IntelTcb, AllRelaunchAdvice) {
  std::size_t advised = 0, with_configuration = 0;
  for (const TcbStatus launch : kAll) {
    for (const TcbStatus now : kAll) {
      const TcbStatus status = relaunch_status(launch, now);
      EXPECT_EQ(status, expected_relaunch(launch, now))
          << tcb_status_name(launch) << " then " << tcb_status_name(now);
      // A level itself never advises, so the advice below is counted from served levels alone.
      if (!std::ranges::contains(kServed, launch)) continue;
      advised += status == kTdRelaunchAdvised;
      with_configuration += status == kTdRelaunchAdvisedConfigurationNeeded;
    }
  }
  EXPECT_EQ(advised, 2u);
  EXPECT_EQ(with_configuration, 6u);
}

struct Relaunch {
  const char* name;
  ByteArray<16> launch, now;
  TcbStatus status;
};
const Relaunch kRelaunches[] = {
    {"SameAndGood", {5, 1, 2}, {5, 1, 2}, kUpToDate},
    {"OldModuleReplaced", {2, 1, 2}, {5, 1, 2}, kTdRelaunchAdvised},
    {"OldMicrocodeReplaced", {5, 1, 1}, {5, 1, 2}, kTdRelaunchAdvised},
    {"StillOld", {2, 1, 2}, {4, 1, 2}, kOutOfDate},
    {"SecondModuleUnknown", {5, 1, 2}, {5, 2, 2}, kNotSupported},
    {"SecondModuleBelowAllLevels", {5, 1, 2}, {1, 1, 2}, kNotSupported},
    {"SecondBelowAllPlatformLevels", {5, 1, 2}, {5, 1, 0}, kNotSupported},
    {"LaunchFailedAndSecondGood", {5, 2, 2}, {5, 1, 2}, kNotSupported},
};

// Both bodies that carry a second SVN; TD 1.0 in the same version has none.
TEST(IntelTcb, SecondSvnDecidesInTd15) {
  TestCase c;
  Verifier verifier(c.anchors);
  for (const Relaunch& row : kRelaunches) {
    for (const BodyType body : {BodyType::kTd15, BodyType::kTd15Ex}) {
      sample_tee::TdReportTemplate td;
      td.tee_tcb_svn = row.launch;
      td.tee_tcb_svn_2 = row.now;
      c.quote = c.platform.quote_td(td, body);
      const Verdict verdict = verify(verifier, c);
      ASSERT_TRUE(verdict.result.quote) << row.name;
      EXPECT_EQ(verdict.result.quote->tcb_status(), row.status) << row.name;
    }
  }
}

TEST(IntelTcb, SecondSvnIsAbsentInTd10) {
  TestCase c;
  sample_tee::IntelQuoteTemplate content{.version = 5};
  content.td.tee_tcb_svn_2 = {};
  c.quote = c.platform.quote(content);
  const Verdict verdict = verify(c);
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->tcb_status(), kUpToDate);
}

// The second evaluation fails: its failure is the result.
TEST(IntelTcb, SecondSvnRevoked) {
  TestCase c;
  c.change_tcb_info([](TcbInfo& info) { info.module_identities[0].levels[0].status = kRevoked; });
  sample_tee::TdReportTemplate td;
  td.tee_tcb_svn_2 = {5, 3, 2};
  c.quote = c.platform.quote_td(td, BodyType::kTd15);
  const Verdict verdict = verify(c);
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->launch_tcb().status, kUpToDate);
  EXPECT_EQ(verdict.result.quote->tcb_status(), kRevoked);
}

// Step 7: the quoting enclave's level is the first at or below its SVN.
TEST(IntelTcb, QuotingEnclaveLevels) {
  const std::pair<std::uint16_t, TcbStatus> rows[] = {
      {9, kUpToDate}, {8, kUpToDate}, {7, kOutOfDate}, {6, kOutOfDate}, {5, kNotSupported}};
  for (const Tee tee : {Tee::kTdx, Tee::kSgx}) {
    for (const auto& [svn, status] : rows) {
      TestCase c(tee);
      sample_tee::IntelQuoteTemplate content;
      if (tee == Tee::kSgx) content.body_type = BodyType::kSgx;
      content.quoting_enclave = sample_tee::sample_quoting_enclave(tee);
      content.quoting_enclave->isv_svn = svn;
      c.quote = c.platform.quote(content);
      const Verdict verdict = verify(c);
      ASSERT_TRUE(verdict.result.quote);
      EXPECT_EQ(verdict.result.quote->tcb_status(), status) << svn;
    }
  }
}

TEST(IntelTcb, RevokedIsAStatusAndNotAForgery) {
  TestCase c;
  c.change_tcb_info([](TcbInfo& info) { info.levels[0].status = kRevoked; });
  const Verdict verdict = verify(c);
  EXPECT_EQ(verdict.ids(), Ids{});
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->tcb_status(), kRevoked);
}

// A module version that Intel doesn't list has no signer to compare: a TCB that nobody supports.
TEST(IntelTcb, UnknownModuleIsNotSupported) {
  TestCase c;
  c.change_td([](auto& td) { td.tee_tcb_svn = {5, 0x0A, 2}; });
  const Verdict verdict = verify(c);
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->tcb_status(), kNotSupported);
}

// go-tdx-guest compares in lower case, which fails from 0x0A on.
TEST(IntelTcb, ModuleIdsInEitherCase) {
  TestCase c;
  TcbInfo info = tdx_info();
  info.module_identities[1].version = 0x0A;
  const std::string upper = sample_tee::encode_tcb_info(info);
  c.change_td([](auto& td) { td.tee_tcb_svn = {5, 0x0A, 2}; });
  for (const std::string& text : {upper, replaced(upper, "TDX_0A", "TDX_0a")}) {
    c.files.tcb_info = c.platform.sign_tcb_info(text);
    const Verdict verdict = verify(c);
    ASSERT_TRUE(verdict.result.quote);
    EXPECT_EQ(verdict.result.quote->tcb_status(), kUpToDate);
  }
}

TEST(IntelTcb, Version2OfSgx) {
  TestCase c(Tee::kSgx);
  c.change_tcb_info([](TcbInfo& info) { info.version = 2; });
  const Verdict verdict = verify(c);
  EXPECT_EQ(verdict.ids(), Ids{});
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->tcb_status(), kUpToDate);
  c.tee = Tee::kTdx;
  c.quote = c.platform.quote_td({});
  // Both parts are of SGX.
  EXPECT_EQ(verify(c).ids(), (Ids{"intel.tcb_info.id", "intel.qe_identity.id"}));
}

}  // namespace
}  // namespace atoma::evidence::intel
