// A software NVIDIA for tests, and evidence that a verifier with its roots believes.
#pragma once

#include <set>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/nvidia/verify.h"
#include "atoma/sample_tee/nvidia_vendor.h"
#include "test_support.h"

namespace atoma::evidence::nvidia {

inline constexpr Time kTestNow{1'750'000'000};  // 2025-06-15
inline constexpr ValidityWindow kTestValidity{{1'600'000'000}, {1'900'000'000}};

inline const sample_tee::NvidiaVendor& test_vendor() {
  static const auto vendor = [] {
    TestEntropy entropy(0x4E);
    return sample_tee::NvidiaVendor(sample_tee::NvidiaKeys::generate(entropy), kTestValidity);
  }();
  return vendor;
}

inline sample_tee::NvidiaDevice make_test_device(
    const sample_tee::NvidiaDeviceTemplate& content = {}, std::uint8_t seed = 1) {
  TestEntropy entropy(seed);
  return test_vendor().make_device(content, entropy);
}

inline TrustAnchors test_anchors() { return {true, {test_vendor().root_digest()}}; }

// Ids of the findings that do not pass.
inline std::set<std::string_view> failing_ids(const Findings& findings) {
  std::set<std::string_view> out;
  for (const auto& f : findings.items()) {
    if (f.outcome < Outcome::kExcused) out.insert(f.id);
  }
  return out;
}

}  // namespace atoma::evidence::nvidia
