// An answer that parses keeps its DER, and nobody is good by it whom no authority spoke of.
#include "atoma/pki/ocsp.h"

#include "fuzz.h"
#include "nvidia_world.h"

namespace atoma::fuzz {
namespace {

struct World : NvidiaWorld {
  std::vector<pki::Certificate> chain;

  World() {
    for (const auto& der : devices[0].chain) chain.push_back(*pki::Certificate::parse(der));
    const auto answer = pki::OcspResponse::parse(answers[0]);
    ATOMA_CHECK(answer.has_value() && good(*answer));
  }

  bool good(const pki::OcspResponse& answer) const {
    const auto* single = answer.find(chain[1], chain[2]);
    return single != nullptr && single->status == pki::OcspStatus::kGood &&
           ocsp_signer_window(answer, chain[2], chain.back()).contains(kNow);
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  const auto answer = pki::OcspResponse::parse(in);
  if (!answer) return;
  ATOMA_CHECK(equal(answer->der(), in));
  if (!world.good(*answer)) return;
  const auto signed_one = *pki::OcspResponse::parse(world.answers[0]);
  ATOMA_CHECK(equal(answer->signed_part().tbs, signed_one.signed_part().tbs));
}

}  // namespace atoma::fuzz
