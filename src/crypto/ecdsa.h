// The verification equation of ECDSA over OpenSSL's arithmetic on points. Private to this module.
//
// EVP_PKEY_verify would do; it makes a key object for each key and, for each signature, takes DER
// apart, builds it again to compare, and inverts in time that must not depend on its input. Here
// everything is public, and that is a tenth of a P-256 verification and half of what a new key
// costs. Points, their multiples and the curve check are OpenSSL's; the numbers modulo the order
// are computed here. Tests compare both (signature_test, batch_ecdsa's edge cases).
#pragma once

#include "atoma/crypto/signature.h"
#include "openssl_ptr.h"

namespace atoma::crypto {

// SEC 1 §2.3.4 with full validation (SP 800-186 §D.1.1): coordinates below the field's prime, a
// point on the curve; neither curve has a cofactor. Null otherwise. `point` has the 0x04 prefix.
EcPointPtr decode_point(Curve curve, ByteView point);

// FIPS 186-5 §6.4.2. `digest` and half of `signature` are as long as the curve's order. Variable
// time: for public numbers only. Any thread.
bool verify_ecdsa(Curve curve, const EC_POINT& key, ByteView digest, ByteView signature);

}  // namespace atoma::crypto
