// What private keys of all our EC curves share: scalars, points, and OpenSSL's key object. Private
// to this module.
#pragma once

#include "ec_curve.h"

namespace atoma::crypto {

// The one curve of EVM chains. It is in no enum Curve: nothing that attests or certifies uses it.
extern const CurveInfo kSecp256k1;

EcGroupPtr make_group(const CurveInfo& info);
// Whether it lies between 1 and the order minus 1; constant time in the scalar.
bool in_range(const EC_GROUP* group, ByteView scalar);
// Constant time in the contents; equal sizes.
bool below(ByteView a, ByteView b);
// scalar × G as an uncompressed point.
Bytes public_point(const EC_GROUP* group, ByteView scalar);
PkeyPtr make_key(const CurveInfo& info, ByteView scalar, Bytes& point);
// r ‖ s over the digest, deterministic (RFC 6979).
Bytes sign_digest(const CurveInfo& info, EVP_PKEY* key, ByteView digest);

}  // namespace atoma::crypto
