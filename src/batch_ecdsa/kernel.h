// What a backend offers: groups of eight signatures of one curve. Plain data both ways, because the
// backends' files are compiled for CPUs that may not be there. Private to this module.
#pragma once

#include "limbs.h"

namespace atoma::batch_ecdsa {

// Signed windows of these widths. docs/BATCH_ECDSA.md has the measurements.
inline constexpr int kGeneratorWindow = 8;
inline constexpr int kKeyWindow = 5;
inline constexpr int kColdWindow = 5;

// Groups that share one inversion.
inline constexpr std::size_t kGroupsMax = 8;

// A scalar of `bits` bits has so many signed windows: one bit more, for the carry.
constexpr int windows_of(int bits, int width) { return (bits + width) / width; }
constexpr int entries_of(int width) { return 1 << (width - 1); }

// A fixed-base table: for each window w the points 2^(width·w)·j·Q, j = 1 … 2^(width-1), as affine
// x and y in Montgomery form, one after the other.
template <typename Curve>
constexpr std::size_t table_words(int width) {
  return static_cast<std::size_t>(windows_of(Curve::kBits, width) * entries_of(width) * 2 *
                                  Curve::kLimbs);
}
// What making it takes besides: X, Y, Z and a product for each point.
template <typename Curve>
constexpr std::size_t table_scratch_words(int width) {
  return 2 * table_words<Curve>(width);
}

template <int N>
struct Group {
  // Numbers by limb and lane. Any value that fits the signature's bytes; unused lanes are zero.
  using Numbers = std::uint64_t[N][kLanes];
  alignas(64) Numbers x, y, r, s, e;
  alignas(64) Numbers u1, u2;           // the kernel's own
  const std::uint64_t* tables[kLanes];  // of the lanes' keys; null: lanes are worked without
  bool with_tables;
  // Results, a bit a lane. Never both; a lane with neither is refused.
  std::uint8_t valid;
  std::uint8_t undecided;
  std::uint8_t refused;  // the kernel's own: outside of the ranges, or not on the curve
};

template <int N>
struct CurveKernel {
  // At most kGroupsMax groups.
  void (*verify)(Group<N>* groups, std::size_t count, const std::uint64_t* generator_table);
  // `xy` is a point of the curve, x and y as plain limbs.
  void (*make_table)(const std::uint64_t* xy, int width, std::uint64_t* table,
                     std::uint64_t* scratch);
};

struct Kernel {
  CurveKernel<P256::kLimbs> p256;
  CurveKernel<P384::kLimbs> p384;
};

extern const Kernel kPortableKernel;
#if defined(__x86_64__)
extern const Kernel kAvx512FmaKernel;
extern const Kernel kAvx512IfmaKernel;
#endif

}  // namespace atoma::batch_ecdsa
