// A software NVIDIA with a GPU of each generation and a switch, always the same ones.
#pragma once

#include "atoma/sample_tee/nvidia_rim.h"
#include "atoma/sample_tee/nvidia_vendor.h"
#include "fixtures.h"

namespace atoma::fuzz {

struct NvidiaWorld {
  NvidiaWorld();

  evidence::TrustAnchors anchors() const { return {true, {vendor.root_digest()}}; }

  sample_tee::NvidiaVendor vendor;
  std::vector<sample_tee::NvidiaDevice> devices;  // Hopper, Blackwell, LS10
  std::vector<Bytes> reports;                     // one of each
  std::vector<Bytes> answers;                     // OCSP, about the first
  sample_tee::NvidiaRimVendor rim_vendor;
  Bytes rim;  // of the first's driver
};

}  // namespace atoma::fuzz
