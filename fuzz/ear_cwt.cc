// Claims that parse are written in a form that parses to the same; no token verifies unless the key
// signed it; key sets are written as they were read.
#include "atoma/cose/ear_cwt.h"

#include "atoma/cose/ear_batch.h"
#include "atoma/cose/sign1.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

struct World : TokenWorld {
  cose::SigningKey signer{fixed_key(crypto::Curve::kP256, 0x22)};
  cose::VerificationKeys trusted;
  Bytes cwt;

  World() {
    const std::string kid = trusted.add(signer.public_key());
    cwt = cose::sign_ear_cwt(ear, signer, kid);
    ATOMA_CHECK(cose::verify_ear_cwt(cwt, trusted) == ear);
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  const auto verified = cose::verify_ear_cwt(in, world.trusted);
  ATOMA_CHECK(!verified || *verified == world.ear);
  if (const auto ear = cose::parse_ear_cwt(in)) {
    const auto again = cose::parse_ear_cwt(cose::encode_ear_cwt(*ear));
    ATOMA_CHECK(again.has_value() && *again == *ear);
  }
  if (const auto batch = cose::parse_ear_batch_cwt(in)) {
    const auto again = cose::parse_ear_batch_cwt(cose::encode_ear_batch_cwt(*batch));
    ATOMA_CHECK(again.has_value() && *again == *batch);
  }
  if (const auto keys = cose::VerificationKeys::parse_cose(in)) {
    const auto again = cose::VerificationKeys::parse_cose(keys->to_cose());
    ATOMA_CHECK(again.has_value() && again->to_jwks() == keys->to_jwks());
  }
}

}  // namespace atoma::fuzz
