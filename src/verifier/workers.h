// What one request at a time may use: an appraiser with its memory of good chains, and a signing
// key. Checked out and given back; the last one given back goes out first, so its memory is warm.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "atoma/appraisal/appraiser.h"
#include "atoma/base/check.h"
#include "atoma/crypto/signature.h"

namespace atoma::verifier {

struct Worker {
  appraisal::Appraiser appraiser;
  crypto::EcPrivateKey signing_key;
};

class Workers {
 public:
  // `scalar` is that of a good P-256 key.
  Workers(std::shared_ptr<const appraisal::Policy> policy, SecretBytes scalar)
      : policy_(std::move(policy)), scalar_(std::move(scalar)) {}

  class Lease {
   public:
    Lease(Workers& owner, std::unique_ptr<Worker> worker)
        : owner_(owner), worker_(std::move(worker)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { owner_.give_back(std::move(worker_)); }
    Worker* operator->() const { return worker_.get(); }
    Worker& operator*() const { return *worker_; }

   private:
    Workers& owner_;
    std::unique_ptr<Worker> worker_;
  };

  // As many are made as are ever out at once: the server's pool bounds that.
  Lease take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto worker = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(worker));
      }
    }
    auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256,
                                                 scalar_.expose("a worker's EAR signing key"));
    ATOMA_CHECK(key.has_value());
    return Lease(*this,
                 std::make_unique<Worker>(Worker{appraisal::Appraiser(policy_), *std::move(key)}));
  }

 private:
  void give_back(std::unique_ptr<Worker> worker) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(worker));
  }

  const std::shared_ptr<const appraisal::Policy> policy_;
  const SecretBytes scalar_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace atoma::verifier
