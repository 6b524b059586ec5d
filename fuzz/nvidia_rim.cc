// No manifest is authentic that says anything else than the one that was signed.
#include "atoma/evidence/nvidia/rim_verify.h"
#include "fuzz.h"
#include "nvidia_world.h"

namespace atoma::fuzz {
namespace {

using namespace evidence::nvidia;

struct World : NvidiaWorld {
  RimVerifier verifier{{true, {rim_vendor.root_digest()}}, 0};
  Rim signed_rim = must_parse();

  World() { ATOMA_CHECK(verifier.verify(signed_rim).authentic()); }

  Rim must_parse() const {
    auto parsed = Rim::parse(rim);
    ATOMA_CHECK(parsed.has_value());
    return *std::move(parsed);
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  const auto rim = Rim::parse(in);
  if (!rim) return;
  ATOMA_CHECK(!rim->golden().empty() && !rim->certificates().empty());
  for (const auto& golden : rim->golden()) ATOMA_CHECK(!golden.alternatives.empty());
  const auto verified = world.verifier.verify(*rim);
  // NVIDIA's own manifests, which are replayed too, are trusted beside that of this world.
  if (!verified.authentic() || verified.root == evidence::RootKind::kVendor) return;
  ATOMA_CHECK(rim->version() == world.signed_rim.version());
  ATOMA_CHECK(rim->product() == world.signed_rim.product());
  ATOMA_CHECK(std::ranges::equal(rim->golden(), world.signed_rim.golden(),
                                 [](const auto& a, const auto& b) {
                                   return a.index == b.index && a.alternatives == b.alternatives;
                                 }));
}

}  // namespace atoma::fuzz
