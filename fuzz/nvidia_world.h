// A software NVIDIA with a GPU of each generation and a switch, always the same ones.
#pragma once

#include "atoma/sample_tee/nvidia_vendor.h"
#include "fixtures.h"

namespace atoma::fuzz {

struct NvidiaWorld {
  NvidiaWorld();

  evidence::TrustAnchors anchors() const { return {true, {vendor.root_digest()}}; }

  sample_tee::NvidiaVendor vendor;
  std::vector<sample_tee::NvidiaDevice> devices;  // Hopper, Blackwell, LS10
  std::vector<Bytes> reports;                     // one of each
};

}  // namespace atoma::fuzz
