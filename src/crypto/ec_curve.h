// What the two curves differ in. Private to this module.
#pragma once

#include "atoma/crypto/signature.h"
#include "openssl_ptr.h"

namespace atoma::crypto {

inline constexpr std::size_t kCoordinateMax = 48;

struct CurveInfo {
  int nid;
  const char* group_name;
  const char* digest_name;
  std::size_t size;  // of a coordinate, a scalar and half a signature
};

const CurveInfo& curve_info(Curve curve);

}  // namespace atoma::crypto
