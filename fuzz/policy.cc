// A policy that parses is the same when it parses again, and its digest is that of its text.
#include "atoma/appraisal/policy.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto policy = appraisal::parse_policy(as_text(in));
  if (!policy) return;
  ATOMA_CHECK(policy->digest == crypto::sha256(in));
  ATOMA_CHECK(policy->tdx || policy->sgx || policy->snp || policy->nvidia || policy->nitro ||
              policy->cca || policy->vtpm);
  if (policy->tdx) {
    ATOMA_CHECK(policy->tdx->measurements.size() == std::size(appraisal::kTdxMeasurements));
  }
  if (policy->sgx) {
    ATOMA_CHECK(policy->sgx->measurements.size() == std::size(appraisal::kSgxMeasurements));
  }
  ATOMA_CHECK(!policy->sample || !policy->sample->roots.empty());
}

}  // namespace atoma::fuzz
