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

// A signature as ASN.1 SEQUENCE { r, s } without an allocation: it is built for every verification.
class DerSignature {
 public:
  // `raw` is r ‖ s of at most 2 × kCoordinateMax bytes.
  explicit DerSignature(ByteView raw);
  ByteView view() const { return ByteView(bytes_).first(size_); }

 private:
  void append_integer(ByteView magnitude);

  // Two headers and a sign octet each, and the outer header; the lengths stay below 128.
  ByteArray<2 + 2 * (3 + kCoordinateMax)> bytes_;
  std::size_t size_ = 2;
};

}  // namespace atoma::crypto
