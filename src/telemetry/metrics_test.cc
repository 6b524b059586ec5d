#include "atoma/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

namespace atoma::telemetry {
namespace {

bool has_line(const std::string& text, std::string_view line) {
  return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
}

TEST(Counter, CountsByLabels) {
  Metrics metrics;
  metrics.verifier_verdicts.add({"tdx", "accepted"});
  metrics.verifier_verdicts.add({"tdx", "accepted"});
  metrics.verifier_verdicts.add({"snp", "refused"}, 5);
  metrics.verifier_busy.add();
  EXPECT_EQ(metrics.verifier_verdicts.value({"tdx", "accepted"}), 2u);
  const std::string text = metrics.to_prometheus();
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_verdicts_total{tee="tdx",verdict="accepted"} 2)"));
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_verdicts_total{tee="snp",verdict="refused"} 5)"));
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_verdicts_total{tee="tdx",verdict="refused"} 0)"));
  EXPECT_TRUE(has_line(text, "atoma_verifier_busy_total 1"));
  EXPECT_TRUE(has_line(text, "# TYPE atoma_verifier_busy_total counter"));
}

TEST(Counter, RefusesValuesThatAreNotListed) {
  Metrics metrics;
  EXPECT_DEATH(metrics.verifier_verdicts.add({"tdx", "whatever a request says"}), "");
  EXPECT_DEATH(metrics.verifier_verdicts.add({"tdx"}), "");
}

TEST(Counter, LosesNothingBetweenThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        metrics.verifier_busy.add();
        metrics.verifier_latency.observe(0.5);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(metrics.verifier_busy.value(), 40'000u);
  EXPECT_EQ(metrics.verifier_latency.count(), 40'000u);
  EXPECT_TRUE(has_line(metrics.to_prometheus(), "atoma_verifier_appraisal_seconds_sum 20000"));
}

TEST(Histogram, BucketsAreCumulativeAndHoldTheirBound) {
  Metrics metrics;
  for (const double size : {1.0, 8.0, 9.0, 64.0, 65.0}) metrics.verifier_batch.observe(size);
  const std::string text = metrics.to_prometheus();
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_batch_appraisals_bucket{le="1"} 1)"));
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_batch_appraisals_bucket{le="8"} 2)"));
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_batch_appraisals_bucket{le="16"} 3)"));
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_batch_appraisals_bucket{le="64"} 4)"));
  EXPECT_TRUE(has_line(text, R"(atoma_verifier_batch_appraisals_bucket{le="+Inf"} 5)"));
  EXPECT_TRUE(has_line(text, "atoma_verifier_batch_appraisals_sum 147"));
  EXPECT_TRUE(has_line(text, "atoma_verifier_batch_appraisals_count 5"));
}

TEST(Gauge, IsReadWhenAsked) {
  Metrics metrics;
  EXPECT_EQ(metrics.to_prometheus().find("atoma_verifier_waiting"), std::string::npos);
  double waiting = 3;
  metrics.verifier_waiting.read_from([&] { return waiting; });
  EXPECT_TRUE(has_line(metrics.to_prometheus(), "atoma_verifier_waiting_appraisals 3"));
  waiting = 4;
  EXPECT_TRUE(has_line(metrics.to_prometheus(), "atoma_verifier_waiting_appraisals 4"));
}

TEST(Gauges, HaveAValueForEachThatTheirSourceTells) {
  Metrics metrics;
  EXPECT_FALSE(metrics.to_prometheus().contains("atoma_collateral_age"));
  metrics.collateral_age.read_from(
      [] { return Gauges::Values{{"amd/crl", 60}, {"nvidia/rim", -5}}; });
  const std::string text = metrics.to_prometheus();
  EXPECT_TRUE(has_line(text, "# TYPE atoma_collateral_age_seconds gauge"));
  EXPECT_TRUE(has_line(text, R"(atoma_collateral_age_seconds{kind="amd/crl"} 60)"));
  EXPECT_TRUE(has_line(text, R"(atoma_collateral_age_seconds{kind="nvidia/rim"} -5)"));
  metrics.collateral_age.read_from([] { return Gauges::Values{{"whatever", 1}}; });
  EXPECT_DEATH(metrics.to_prometheus(), "");
}

// Names tell module, matter and unit, and none stands twice.
TEST(Metrics, NamesFollowTheRule) {
  std::istringstream lines(metrics_document());
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    EXPECT_TRUE(name.starts_with("atoma_")) << name;
    EXPECT_GE(std::ranges::count(name, '_'), 3) << name;
    EXPECT_EQ(name.ends_with("_total"), line.find("| counter |") != std::string::npos) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_GT(names.size(), 5u);
}

TEST(Metrics, DocumentIsFresh) {
  const char* const root = std::getenv("ATOMA_SOURCE_DIR");
  ASSERT_NE(root, nullptr);
  std::ifstream file(std::string(root) + "/docs/METRICS.md");
  const std::string written((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(written, metrics_document()) << "make docs/METRICS.md anew:\n" << metrics_document();
}

}  // namespace
}  // namespace atoma::telemetry
