// Loops over whole appraisals (parse, verify, policy, report data) of evidence that sample vendors
// made, in the vendors' formats and with their algorithms. Private to `atoma bench verify`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "atoma/appraisal/appraiser.h"
#include "atoma/batch_ecdsa/decider.h"
#include "atoma/crypto/reference.h"
#include "bench.h"

namespace atoma::app {

inline constexpr Time kBenchNow{1'780'000'000};
inline constexpr ValidityWindow kBenchWindow{{1'779'000'000}, {1'782'000'000}};

// Signatures in one vector, and requests in one batch.
inline constexpr std::size_t kBenchLanes = 8;
inline constexpr std::size_t kBenchBatch = 64;

// The strict policy under these software roots.
std::shared_ptr<const appraisal::Policy> bench_policy(std::vector<crypto::Digest256> roots);

void must_accept(const appraisal::AttestationResult& result);
void must_accept(std::span<const appraisal::AttestationResult> results);

// What they are given must outlive the loop.
Loop reference_loop(crypto::ReferenceVerifier& verifier);
Loop appraise_loop(appraisal::Appraiser& appraiser, const appraisal::Request& request);
Loop batch_loop(appraisal::Appraiser& appraiser, const appraisal::Request& request);

// An appraiser whose signatures the kernel decides. Without tables every key is a new one.
struct KernelAppraiser {
  explicit KernelAppraiser(std::shared_ptr<const appraisal::Policy> policy,
                           batch_ecdsa::KeyTableLimits tables = {});
  KernelAppraiser(std::shared_ptr<const appraisal::Policy> policy,
                  std::unique_ptr<batch_ecdsa::BatchDecider> kernel);

  // `what`, and what the kernel did so far: which one, and how many of its lanes were filled.
  std::string note(std::string_view what) const;

  const batch_ecdsa::BatchDecider* decider;  // the appraiser's
  appraisal::Appraiser appraiser;
};

// Measures `batches` of it with that note.
Measurement compare_kernel(std::string name, const KernelAppraiser& kernel, const Loop& batches,
                           const Loop& reference, double scale, double goal, std::string_view what);

// Devices of NVIDIA's, beside P-384.
std::vector<Measurement> bench_nvidia(crypto::ReferenceVerifier& p384);

}  // namespace atoma::app
