#include "nvidia_world.h"
#include "seeds.h"

namespace atoma::fuzz {
namespace {

void add_dice(std::vector<Seed>& out, const NvidiaWorld& world) {
  using evidence::nvidia::Architecture;
  const Bytes info = pki::Signer(world.vendor.keys().family).public_key_info();
  out.push_back({"nvidia_dice", "composite", sample_tee::encode_nvidia_dice({}, info)});
  out.push_back({"nvidia_dice", "tcb_info",
                 sample_tee::encode_nvidia_dice({.architecture = Architecture::kBlackwell}, info)});
}

}  // namespace

std::vector<Seed> nvidia_seeds() {
  std::vector<Seed> out;
  const NvidiaWorld world;
  const char* const names[] = {"hopper", "blackwell", "ls10"};
  for (std::size_t i = 0; i < world.reports.size(); ++i) {
    out.push_back({"nvidia_report", names[i], world.reports[i]});
  }
  add_dice(out, world);
  return out;
}

}  // namespace atoma::fuzz
