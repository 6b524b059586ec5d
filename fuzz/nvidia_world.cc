#include "nvidia_world.h"

namespace atoma::fuzz {
namespace {

using evidence::nvidia::Architecture;

class CountingEntropy final : public Entropy {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out) byte = crypto::sha256(Bytes{0x4E, counter_++})[0];
  }

 private:
  std::uint8_t counter_ = 0;
};

}  // namespace

NvidiaWorld::NvidiaWorld()
    : vendor({fixed_key(crypto::Curve::kP384, 0x31), fixed_key(crypto::Curve::kP384, 0x32),
              fixed_key(crypto::Curve::kP384, 0x33)},
             kLongWindow) {
  CountingEntropy entropy;
  for (const auto architecture :
       {Architecture::kHopper, Architecture::kBlackwell, Architecture::kLs10}) {
    devices.push_back(vendor.make_device({.architecture = architecture}, entropy));
    reports.push_back(devices.back().report(devices.back().content()));
  }
}

}  // namespace atoma::fuzz
