#include "atoma/batch_ecdsa/decider.h"

namespace atoma::batch_ecdsa {

void BatchDecider::decide(std::span<crypto::SignatureJob> jobs) {
  jobs_.clear();
  for (const auto& job : jobs) {
    jobs_.push_back({job.curve(), job.xy(), job.digest(), job.signature()});
  }
  verifier_.verify(jobs_);
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].set_good(jobs_[i].valid);
}

}  // namespace atoma::batch_ecdsa
