// A software AWS for tests.
#pragma once

#include <set>
#include <string>

#include "atoma/base/entropy.h"
#include "atoma/evidence/nitro/verify.h"
#include "atoma/sample_tee/nitro.h"

namespace atoma::evidence::nitro {

inline constexpr Time kTestNow{1767225600};  // 2026-01-01
inline constexpr Freshness kTestFreshness{Duration{300}, Duration{60}};

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

inline sample_tee::NitroPlatform test_platform(const sample_tee::NitroPlatform::Edit& edit = {},
                                               std::uint8_t seed = 1) {
  TestEntropy entropy(seed);
  return sample_tee::NitroPlatform::create(entropy, kTestNow, edit);
}

inline std::set<std::string> not_passed(const Findings& findings) {
  std::set<std::string> ids;
  for (const auto& finding : findings.items()) {
    if (finding.outcome != Outcome::kPass) ids.emplace(finding.id);
  }
  return ids;
}

}  // namespace atoma::evidence::nitro
