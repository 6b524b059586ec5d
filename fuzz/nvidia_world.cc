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
             kLongWindow),
      rim_vendor({fixed_key(crypto::Curve::kP384, 0x35), fixed_key(crypto::Curve::kP384, 0x36),
                  fixed_key(crypto::Curve::kP384, 0x37)},
                 kLongWindow) {
  CountingEntropy entropy;
  for (const auto architecture :
       {Architecture::kHopper, Architecture::kBlackwell, Architecture::kLs10}) {
    devices.push_back(vendor.make_device({.architecture = architecture}, entropy));
    reports.push_back(devices.back().report(devices.back().content()));
  }
  answers = vendor.answers(devices[0], pki::OcspStatus::kGood, kWindow);
  auto content = devices[0].content();
  content.measurements.resize(4);
  rim = rim_vendor.make_rim(sample_tee::matching_rim(content, "550.90.07", "GH100", {1, 3}));
}

}  // namespace atoma::fuzz
