// No token verifies unless the key signed exactly its payload.
#include "atoma/cose/jws.h"

#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  static TokenWorld world;
  static const std::string payload = cose::encode_ear(world.ear);
  ATOMA_CHECK(cose::verify_ear(world.token, world.keys) == world.ear);
  const auto jws = cose::jws_verify(as_text(in), world.keys, cose::kEarType);
  ATOMA_CHECK(!jws || jws->payload() == payload);
  static_cast<void>(cose::verify_ear(as_text(in), world.keys));
}

}  // namespace atoma::fuzz
