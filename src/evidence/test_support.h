// What the tests of every kind of evidence share.
#pragma once

#include <set>
#include <string>

#include "atoma/base/entropy.h"
#include "atoma/crypto/digest.h"
#include "atoma/evidence/finding.h"

namespace atoma::evidence {

// SHA-256(seed ‖ counter), block after block.
class TestEntropy final : public Entropy {
 public:
  explicit TestEntropy(std::uint8_t seed) : seed_(seed) {}

  void fill(MutableByteView out) override {
    for (auto& byte : out) {
      if (used_ == block_.size()) {
        block_ = crypto::sha256(Bytes{seed_, counter_++});
        used_ = 0;
      }
      byte = block_[used_++];
    }
  }

 private:
  std::uint8_t seed_;
  std::uint8_t counter_ = 0;
  crypto::Digest256 block_{};
  std::size_t used_ = block_.size();
};

// Ids of what did not pass.
inline std::set<std::string> not_passed(const Findings& findings) {
  std::set<std::string> ids;
  for (const auto& finding : findings.items()) {
    if (finding.outcome != Outcome::kPass) ids.emplace(finding.id);
  }
  return ids;
}

}  // namespace atoma::evidence
