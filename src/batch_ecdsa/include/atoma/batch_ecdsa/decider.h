// Decides queues of signatures (crypto/signature_queue.h) by the batch kernel.
#pragma once

#include <vector>

#include "atoma/batch_ecdsa/batch_verifier.h"
#include "atoma/crypto/signature_queue.h"

namespace atoma::batch_ecdsa {

class BatchDecider final : public crypto::SignatureDecider {
 public:
  explicit BatchDecider(Backend backend = best_backend(), KeyTableLimits limits = {})
      : verifier_(backend, limits) {}

  void decide(std::span<crypto::SignatureJob> jobs) override;
  const BatchVerifier& verifier() const { return verifier_; }

 private:
  BatchVerifier verifier_;
  std::vector<Job> jobs_;  // kept for its memory
};

}  // namespace atoma::batch_ecdsa
