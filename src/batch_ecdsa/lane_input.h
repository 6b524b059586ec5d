// Between bytes and limbs by lane. Private.
#pragma once

#include "atoma/base/bytes.h"
#include "kernel.h"

namespace atoma::batch_ecdsa {

// Big-endian bytes as limbs; exactly Curve::kBits of them.
template <typename Curve>
Limbs<Curve::kLimbs> limbs_of(ByteView big_endian) {
  Limbs<Curve::kLimbs> out{};
  std::uint64_t pending = 0;  // bits not yet in a limb, lowest first
  int bits = 0, limb = 0;
  for (std::size_t i = big_endian.size(); i-- > 0;) {
    pending |= std::uint64_t{big_endian[i]} << bits;
    bits += 8;
    if (bits >= kLimbBits) {
      out.v[limb++] = pending & kLimbMask;
      pending >>= kLimbBits;
      bits -= kLimbBits;
    }
  }
  if (limb < Curve::kLimbs) out.v[limb] = pending;
  return out;
}

template <int N>
void set_lane(std::uint64_t (&numbers)[N][kLanes], int lane, const Limbs<N>& value) {
  for (int i = 0; i < N; ++i) numbers[i][lane] = value.v[i];
}

// Lengths are those of the curve.
template <typename Curve>
void fill_lane(Group<Curve::kLimbs>& group, int lane, ByteView xy, ByteView digest,
               ByteView signature) {
  const std::size_t size = Curve::kBits / 8;
  set_lane(group.x, lane, limbs_of<Curve>(xy.first(size)));
  set_lane(group.y, lane, limbs_of<Curve>(xy.last(size)));
  set_lane(group.e, lane, limbs_of<Curve>(digest));
  set_lane(group.r, lane, limbs_of<Curve>(signature.first(size)));
  set_lane(group.s, lane, limbs_of<Curve>(signature.last(size)));
}

}  // namespace atoma::batch_ecdsa
