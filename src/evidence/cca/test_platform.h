// A software CCA platform for tests.
#pragma once

#include <set>
#include <string>

#include "atoma/base/check.h"
#include "atoma/base/entropy.h"
#include "atoma/evidence/cca/verify.h"
#include "atoma/sample_tee/cca.h"
#include "test_support.h"

namespace atoma::evidence::cca {

inline sample_tee::CcaPlatform test_platform(std::uint8_t seed = 1) {
  TestEntropy entropy(seed);
  return sample_tee::CcaPlatform::create(entropy);
}

inline PlatformKeys keys_of(const sample_tee::CcaPlatform& platform) {
  auto keys = PlatformKeys::parse(platform.platform_key_jwk());
  ATOMA_CHECK(keys.has_value());
  return *std::move(keys);
}

}  // namespace atoma::evidence::cca
