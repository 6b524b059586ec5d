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
  out.push_back({"nvidia_rim", "driver", world.rim});
  out.push_back({"xml", "rim", world.rim});
  const std::string_view texts[] = {
      "<a xmlns='u' xmlns:p='v' p:b='1' b='&#9;2'>t&amp;<p:c xmlns:p='w'/><d/>\r\n</a>",
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a><b><c>&#xD;</c></b></a>"};
  out.push_back({"xml", "namespaces", to_bytes(texts[0])});
  out.push_back({"xml", "declared", to_bytes(texts[1])});
  const char* const about[] = {"device", "provisioner", "family"};
  for (std::size_t i = 0; i < world.answers.size(); ++i) {
    out.push_back({"ocsp", about[i], world.answers[i]});
  }
  return out;
}

}  // namespace atoma::fuzz
