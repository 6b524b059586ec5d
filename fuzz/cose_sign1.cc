// No message verifies unless the key signed exactly its payload under its header.
#include "atoma/cose/sign1.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  static const cose::SigningKey signer(fixed_key(crypto::Curve::kP256, 0x22));
  static cose::PublicKey key = signer.public_key();
  static const Bytes message = sign1_fixture();
  static const auto expected = *cose::parse_sign1(message, cose::Sign1Tag::kRequired);
  ATOMA_CHECK(cose::verify_sign1(expected, key));
  const auto parsed = cose::parse_sign1(in, cose::Sign1Tag::kOptional);
  if (!parsed || !cose::verify_sign1(*parsed, key)) return;
  ATOMA_CHECK(equal(parsed->payload, expected.payload));
  ATOMA_CHECK(equal(parsed->protected_header, expected.protected_header));
}

}  // namespace atoma::fuzz
