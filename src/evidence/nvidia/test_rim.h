// A software RIM vendor for tests.
#pragma once

#include "atoma/base/check.h"
#include "atoma/evidence/nvidia/rim_verify.h"
#include "atoma/sample_tee/nvidia_rim.h"
#include "nvidia/test_device.h"

namespace atoma::evidence::nvidia {

inline const sample_tee::NvidiaRimVendor& test_rim_vendor() {
  static const auto vendor = [] {
    TestEntropy entropy(0x52);
    return sample_tee::NvidiaRimVendor(sample_tee::NvidiaRimKeys::generate(entropy), kTestValidity);
  }();
  return vendor;
}

inline TrustAnchors test_rim_anchors() { return {true, {test_rim_vendor().root_digest()}}; }

// `from` must stand in `text`; every place is changed.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  ATOMA_CHECK(text.contains(from));
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace atoma::evidence::nvidia
