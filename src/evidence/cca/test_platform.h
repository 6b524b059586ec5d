// A software CCA platform for tests.
#pragma once

#include <set>
#include <string>

#include "atoma/base/check.h"
#include "atoma/base/entropy.h"
#include "atoma/evidence/cca/verify.h"
#include "atoma/sample_tee/cca.h"

namespace atoma::evidence::cca {

class TestEntropy final : public Entropy {
 public:
  explicit TestEntropy(std::uint8_t seed) : seed_(seed) {}
  void fill(MutableByteView out) override {
    for (auto& byte : out) byte = crypto::sha256(Bytes{seed_, counter_++})[0];
  }

 private:
  std::uint8_t seed_;
  std::uint8_t counter_ = 0;
};

inline sample_tee::CcaPlatform test_platform(std::uint8_t seed = 1) {
  TestEntropy entropy(seed);
  return sample_tee::CcaPlatform::create(entropy);
}

inline PlatformKeys keys_of(const sample_tee::CcaPlatform& platform) {
  auto keys = PlatformKeys::parse(platform.platform_key_jwk());
  ATOMA_CHECK(keys.has_value());
  return *std::move(keys);
}

inline std::set<std::string> not_passed(const Findings& findings) {
  std::set<std::string> ids;
  for (const auto& finding : findings.items()) {
    if (finding.outcome != Outcome::kPass) ids.emplace(finding.id);
  }
  return ids;
}

}  // namespace atoma::evidence::cca
