// A software AWS for tests.
#pragma once

#include <set>
#include <string>

#include "atoma/base/entropy.h"
#include "atoma/evidence/nitro/verify.h"
#include "atoma/sample_tee/nitro.h"
#include "test_support.h"

namespace atoma::evidence::nitro {

inline constexpr Time kTestNow{1767225600};  // 2026-01-01
inline constexpr Freshness kTestFreshness{Duration{300}, Duration{60}};

inline sample_tee::NitroPlatform test_platform(const sample_tee::NitroPlatform::Edit& edit = {},
                                               std::uint8_t seed = 1) {
  TestEntropy entropy(seed);
  return sample_tee::NitroPlatform::create(entropy, kTestNow, edit);
}

}  // namespace atoma::evidence::nitro
