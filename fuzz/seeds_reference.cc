#include "fixtures.h"
#include "seeds.h"
#include "test_corim.h"

namespace atoma::fuzz {

std::vector<Seed> reference_seeds() {
  const appraisal::CorimParts parts;
  const cose::SigningKey signer(fixed_key(crypto::Curve::kP256, 0x33));
  return {{"corim", "signed", parts.sign(signer)}, {"corim", "payload", parts.payload()}};
}

}  // namespace atoma::fuzz
