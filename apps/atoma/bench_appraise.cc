#include "bench_appraise.h"

#include <format>

#include "atoma/base/check.h"

namespace atoma::app {

using appraisal::Appraiser;
using appraisal::Policy;
using appraisal::Request;
using appraisal::Verdict;
using evidence::Detail;

std::shared_ptr<const Policy> bench_policy(std::vector<crypto::Digest256> roots) {
  auto policy = std::make_shared<Policy>(Policy::strict("benchmark"));
  policy->sample = appraisal::SamplePolicy{std::move(roots)};
  return policy;
}

void must_accept(const appraisal::AttestationResult& result) {
  ATOMA_CHECK(result.verdict() == Verdict::kAccepted);
}
void must_accept(std::span<const appraisal::AttestationResult> results) {
  for (const auto& result : results) must_accept(result);
}

Loop reference_loop(crypto::ReferenceVerifier& verifier) {
  return [&verifier](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) verifier.verify_once();
  };
}

Loop appraise_loop(Appraiser& appraiser, const Request& request) {
  return [&appraiser, &request](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      must_accept(appraiser.appraise(request, Detail::kFailures));
    }
  };
}

Loop batch_loop(Appraiser& appraiser, const Request& request) {
  return [&appraiser, requests = std::vector<Request>(kBenchBatch, request)](std::uint64_t n) {
    for (std::uint64_t done = 0; done < n; done += kBenchBatch) {
      const auto batch = std::span(requests).first(std::min<std::size_t>(kBenchBatch, n - done));
      must_accept(appraiser.appraise_all(batch, Detail::kFailures));
    }
  };
}

KernelAppraiser::KernelAppraiser(std::shared_ptr<const Policy> policy,
                                 batch_ecdsa::KeyTableLimits tables)
    : KernelAppraiser(std::move(policy), std::make_unique<batch_ecdsa::BatchDecider>(
                                             batch_ecdsa::best_backend(), tables)) {}

KernelAppraiser::KernelAppraiser(std::shared_ptr<const Policy> policy,
                                 std::unique_ptr<batch_ecdsa::BatchDecider> kernel)
    : decider(kernel.get()), appraiser(std::move(policy), std::move(kernel)) {}

std::string KernelAppraiser::note(std::string_view what) const {
  const auto& verifier = decider->verifier();
  const auto& stats = verifier.stats();
  const double filled = stats.lanes_run == 0 ? 0
                                             : 100 * static_cast<double>(stats.lanes_filled) /
                                                   static_cast<double>(stats.lanes_run);
  return std::format("{}; {}, {:.0f} % of lanes filled", what,
                     batch_ecdsa::name(verifier.backend()), filled);
}

Measurement compare_kernel(std::string name, const KernelAppraiser& kernel, const Loop& batches,
                           const Loop& reference, double scale, double goal,
                           std::string_view what) {
  auto out = compare(std::move(name), batches, reference, scale, goal, "");
  out.note = kernel.note(what);
  return out;
}

}  // namespace atoma::app
