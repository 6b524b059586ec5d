// What the verifier remembers changes its speed and nothing else.
#include <gtest/gtest.h>

#include "amd/test_platform.h"

namespace atoma::evidence::amd {
namespace {

using Ids = std::set<std::string>;

bool same(const Findings& a, const Findings& b) {
  return std::ranges::equal(a.items(), b.items(), [](const Finding& x, const Finding& y) {
    return x.id == y.id && x.outcome == y.outcome && x.expected == y.expected &&
           x.actual == y.actual && x.check_class == y.check_class && x.severity == y.severity;
  });
}

struct Given {
  TestPlatform platform;
  Bytes report = platform.report();
  SnpReport parsed = *parse_report(report);
  Endorsements endorsements = *parse_endorsements(platform.chain());
};

TEST(AmdCache, WarmFindingsEqualColdOnes) {
  const Given s;
  auto files = s.platform.chain();
  files.push_back(s.platform.empty_crl());
  const auto endorsements = *parse_endorsements(files);
  for (const Time at : {kTestNow, Time{0}}) {
    Verifier verifier(s.platform.anchors());
    Findings cold(Detail::kAll), warm(Detail::kAll);
    verifier.verify(s.parsed, endorsements, at, cold);
    EXPECT_EQ(verifier.facts(), 1u);
    verifier.verify(s.parsed, endorsements, at, warm);
    EXPECT_TRUE(same(cold, warm));
    EXPECT_GT(cold.items().size(), 15u);
  }
}

TEST(AmdCache, ClockIsComparedEachTime) {
  const Given s;
  auto files = s.platform.chain();
  files.push_back(s.platform.vendor.issue_crl({}, {kTestNow, kTestNow + Duration{10}}));
  const auto endorsements = *parse_endorsements(files);
  Verifier verifier(s.platform.anchors());
  const auto ids_at = [&](Time at) {
    Findings findings(Detail::kFailures);
    verifier.verify(s.parsed, endorsements, at, findings);
    return not_passed(findings);
  };
  EXPECT_EQ(ids_at(kTestNow), Ids{});
  EXPECT_EQ(ids_at(kTestNow + Duration{11}), Ids{"amd.crl.validity"});
  EXPECT_EQ(ids_at(kTestValidity.not_after + Duration{1}),
            (Ids{"amd.crl.validity", "amd.validity"}));
  EXPECT_EQ(ids_at(kTestNow), Ids{});
  EXPECT_EQ(verifier.facts(), 1u);
}

TEST(AmdCache, AListThatArrivesCounts) {
  const Given s;
  Verifier verifier(s.platform.anchors());
  Findings findings(Detail::kFailures);
  EXPECT_TRUE(verifier.verify(s.parsed, s.endorsements, kTestNow, findings).report);
  auto files = s.platform.chain();
  files.push_back(s.platform.vendor.issue_crl({{1, 0, 1}}, kTestValidity));
  EXPECT_FALSE(verifier.verify(s.parsed, *parse_endorsements(files), kTestNow, findings).report);
  EXPECT_EQ(not_passed(findings), Ids{"amd.crl.intermediate"});
}

TEST(AmdCache, FailuresAreNotRemembered) {
  const Given s;
  Verifier verifier({});
  for (int i = 0; i < 3; ++i) {
    Findings findings(Detail::kFailures);
    EXPECT_FALSE(verifier.verify(s.parsed, s.endorsements, kTestNow, findings).report);
    EXPECT_EQ(not_passed(findings), Ids{"amd.root"});
  }
  const auto files = s.platform.chain();
  const std::vector<ByteView> views(files.begin(), files.end());
  EXPECT_TRUE(verifier.endorsements(views));
  EXPECT_EQ(verifier.facts(), 0u);
}

TEST(AmdCache, StaysWithinItsBoundUnderManyChains) {
  constexpr std::size_t kBound = 3;
  const TestPlatform base;
  Verifier verifier(base.anchors(), kBound);
  std::vector<std::vector<Bytes>> chains;
  for (std::uint8_t seed = 1; seed <= 8; ++seed) {
    chains.push_back(TestPlatform(Product::kMilan, SigningKey::kVcek, 3, seed).chain());
    chains.back()[2] = base.vendor.ark();
    chains.back()[1] = base.vendor.ask();
  }
  for (int round = 0; round < 2; ++round) {
    for (const auto& files : chains) {
      const std::vector<ByteView> views(files.begin(), files.end());
      const auto endorsements = verifier.endorsements(views);
      ASSERT_TRUE(endorsements);
      Findings findings(Detail::kFailures);
      const auto result = verifier.verify_endorsements_only(**endorsements, kTestNow, findings);
      EXPECT_EQ(result.authenticity, Authenticity::kYes);
      EXPECT_LE(verifier.facts(), 2 * kBound);
    }
  }
  EXPECT_EQ(verifier.facts(), 2 * kBound);
  verifier.forget();
  EXPECT_EQ(verifier.facts(), 0u);
}

TEST(AmdCache, EqualFilesAreParsedOnce) {
  const Given s;
  Verifier verifier(s.platform.anchors());
  const auto files = s.platform.chain();
  const auto copies = files;
  const std::vector<ByteView> views(files.begin(), files.end());
  const std::vector<ByteView> other(copies.begin(), copies.end());
  EXPECT_EQ(*verifier.endorsements(views), *verifier.endorsements(other));
  auto damaged = files;
  damaged[0][40] ^= 1;
  const std::vector<ByteView> bad(damaged.begin(), damaged.end());
  const auto parsed = verifier.endorsements(bad);
  EXPECT_TRUE(!parsed || *parsed != *verifier.endorsements(views));
}

TEST(AmdCache, ReportsUnderOneChainAreJudgedOneByOne) {
  const Given s;
  Verifier verifier(s.platform.anchors());
  Findings findings(Detail::kFailures);
  EXPECT_TRUE(verifier.verify(s.parsed, s.endorsements, kTestNow, findings).report);
  Bytes damaged = s.report;
  damaged[0x50] ^= 1;
  EXPECT_FALSE(verifier.verify(*parse_report(damaged), s.endorsements, kTestNow, findings).report);
  EXPECT_TRUE(verifier.verify(s.parsed, s.endorsements, kTestNow, findings).report);
}

}  // namespace
}  // namespace atoma::evidence::amd
