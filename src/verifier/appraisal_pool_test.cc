// The pool: everything taken is answered once, whatever the load; too much is not taken.
#include "appraisal_pool.h"

#include <gtest/gtest.h>

#include <latch>
#include <random>

#include "atoma/crypto/system_entropy.h"
#include "atoma/sample_tee/intel_platform.h"

namespace atoma::verifier {
namespace {

using appraisal::Verdict;
using evidence::Tee;
using sample_tee::IntelPlatform;

constexpr Time kNow{1'780'000'000};
constexpr ValidityWindow kWindow{{1'779'000'000}, {1'782'000'000}};

struct Scene {
  AppraisalPool::Options options(std::size_t threads = 2) const {
    auto policy = std::make_shared<appraisal::Policy>(appraisal::Policy::strict("tests"));
    policy->sample = appraisal::SamplePolicy{{platform.root_digest()}};
    return {.policies = {policy},
            .at_hand = {.collateral = {*evidence::intel::Collateral::parse(
                            platform.collateral_files(Tee::kTdx, kWindow))}},
            .keys = std::make_shared<const cose::EpochKeys>(Secret<32>(), Duration{86'400}),
            .threads = threads,
            .waiting_max = 1024,
            .make_decider = nullptr};
  }
  Appraisal appraisal(Appraisal::Done done) const {
    Appraisal out;
    out.subject.evidence = platform.quote_td({});
    out.at = kNow;
    out.done = std::move(done);
    return out;
  }
  static std::vector<Appraisal> one(Appraisal appraisal) {
    std::vector<Appraisal> out;
    out.push_back(std::move(appraisal));
    return out;
  }

  mutable crypto::SystemEntropy entropy;
  IntelPlatform platform = IntelPlatform::create(entropy);
};

TEST(AppraisalPool, AnswersEachOnceFromManyThreads) {
  const Scene scene;
  constexpr int kClients = 4, kEach = 100;
  std::atomic<int> good = 0, bad = 0;
  {
    AppraisalPool pool(scene.options());
    std::vector<std::jthread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          auto item =
              scene.appraisal([&](const Appraisal&, const Appraised& result, cose::EpochSigner&) {
                ++(result.verdict() == Verdict::kAccepted ? good : bad);
              });
          if (i % 2 == 1) item.subject.evidence[200] ^= 1;
          EXPECT_TRUE(pool.submit(Scene::one(std::move(item))));
        }
      });
    }
  }  // the pool finishes what waits
  EXPECT_EQ(good, kClients * kEach / 2);
  EXPECT_EQ(bad, kClients * kEach / 2);
}

TEST(AppraisalPool, TakesAllOfABatchOrNone) {
  const Scene scene;
  telemetry::Metrics metrics;
  auto options = scene.options(1);
  options.waiting_max = 3;
  options.metrics = &metrics;
  std::latch holding(1), begun(1);
  std::atomic<int> done = 0;
  AppraisalPool pool(std::move(options));
  ASSERT_TRUE(pool.submit(
      Scene::one(scene.appraisal([&](const Appraisal&, const Appraised&, cose::EpochSigner&) {
        begun.count_down();
        holding.wait();
      }))));
  begun.wait();
  const auto several = [&](int count) {
    std::vector<Appraisal> out;
    for (int i = 0; i < count; ++i) {
      out.push_back(
          scene.appraisal([&](const Appraisal&, const Appraised&, cose::EpochSigner&) { ++done; }));
    }
    return out;
  };
  EXPECT_TRUE(pool.submit(several(2)));
  EXPECT_EQ(pool.submit(several(2)).error().reason, "verifier.busy");
  EXPECT_EQ(pool.waiting(), 2u);
  EXPECT_TRUE(pool.submit(several(1)));
  EXPECT_EQ(pool.submit(several(1)).error().reason, "verifier.busy");
  holding.count_down();
  while (done < 3) std::this_thread::yield();
  EXPECT_EQ(metrics.verifier_busy.value(), 2u);
  EXPECT_EQ(metrics.verifier_latency.count(), 4u);
  EXPECT_EQ(metrics.verifier_batch.count(), 2u);  // what held the thread, then the rest
}

// What came while a batch was in work is decided in one go.
TEST(AppraisalPool, DecidesTogetherWhatWaitedTogether) {
  class Recorder final : public crypto::SignatureDecider {
   public:
    explicit Recorder(std::vector<std::size_t>& sizes) : sizes_(sizes) {}
    void decide(std::span<crypto::SignatureJob> jobs) override {
      sizes_.push_back(jobs.size());
      one_by_one_.decide(jobs);
    }

   private:
    std::vector<std::size_t>& sizes_;
    crypto::OneByOneDecider one_by_one_;
  };
  const Scene scene;
  std::vector<std::size_t> sizes;  // of the pool's one thread
  auto options = scene.options(1);
  options.make_decider = [&] { return std::make_unique<Recorder>(sizes); };
  {
    std::latch holding(1), begun(1);
    AppraisalPool pool(std::move(options));
    const auto nothing = [](const Appraisal&, const Appraised&, cose::EpochSigner&) {};
    ASSERT_TRUE(pool.submit(
        Scene::one(scene.appraisal([&](const Appraisal&, const Appraised&, cose::EpochSigner&) {
          begun.count_down();
          holding.wait();
        }))));
    begun.wait();
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(pool.submit(Scene::one(scene.appraisal(nothing))));
    }
    holding.count_down();
  }
  // Nine signatures of the first, unknown platform; then one of each of the ten.
  EXPECT_EQ(sizes, (std::vector<std::size_t>{9, 10}));
}

}  // namespace
}  // namespace atoma::verifier
