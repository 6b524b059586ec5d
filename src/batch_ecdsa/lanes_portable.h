// Eight lanes as plain integers: what the vector backends must agree with, on any machine.
//
// A Lanes type is the whole of what the kernel knows about a CPU:
//   V               eight 64-bit integers
//   Mask            one bit a lane, lane 0 lowest
//   Factor          a V of numbers below 2^52, made ready for multiplication
//   mul_add         low += (a·b mod 2^52) + kLowBias, high += (a·b div 2^52) + kHighBias
// The biases (zero where the CPU multiplies integers) are known, so that who sums up many products
// takes them off once.
#pragma once

#include "limbs.h"

namespace atoma::batch_ecdsa {
namespace {

struct PortableLanes {
  using Mask = std::uint8_t;
  struct V {
    std::uint64_t v[kLanes];
  };
  struct Factor {
    V v;
  };
  static constexpr std::uint64_t kLowBias = 0;
  static constexpr std::uint64_t kHighBias = 0;

  // Not inlined: the kernel is one long sequence of these, and compilers drown in it.
  template <typename F>
  [[gnu::noinline]] static V map(F f) {
    V out;
    for (int i = 0; i < kLanes; ++i) out.v[i] = f(i);
    return out;
  }
  template <typename F>
  static Mask where(F f) {
    unsigned out = 0;
    for (int i = 0; i < kLanes; ++i) out |= f(i) ? 1U << i : 0U;
    return static_cast<Mask>(out);
  }

  static V load(const std::uint64_t* from) {
    return map([&](int i) { return from[i]; });
  }
  static void store(std::uint64_t* to, V a) {
    for (int i = 0; i < kLanes; ++i) to[i] = a.v[i];
  }
  static V set(std::uint64_t x) {
    return map([&](int) { return x; });
  }
  // Reads the eight words at these byte addresses.
  static V gather(V address) {
    return map([&](int i) {
      const void* const from = __builtin_bit_cast(const void*, address.v[i]);
      return *static_cast<const std::uint64_t*>(from);
    });
  }
  // Lane i gets lane i ^ K.
  template <int K>
  static V swap(V a) {
    return map([&](int i) { return a.v[i ^ K]; });
  }

  static V add(V a, V b) {
    return map([&](int i) { return a.v[i] + b.v[i]; });
  }
  static V sub(V a, V b) {
    return map([&](int i) { return a.v[i] - b.v[i]; });
  }
  static V band(V a, V b) {
    return map([&](int i) { return a.v[i] & b.v[i]; });
  }
  template <int K>
  static V shl(V a) {
    return map([&](int i) { return a.v[i] << K; });
  }
  template <int K>
  static V shr(V a) {
    return map([&](int i) { return a.v[i] >> K; });
  }
  // Arithmetic: rounds towards minus infinity.
  template <int K>
  static V sar(V a) {
    return map(
        [&](int i) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(a.v[i]) >> K); });
  }
  static V shift_right(V a, int k) {
    return map([&](int i) { return a.v[i] >> k; });
  }
  static V shift_left(V a, int k) {
    return map([&](int i) { return a.v[i] << k; });
  }

  static Mask equal(V a, V b) {
    return where([&](int i) { return a.v[i] == b.v[i]; });
  }
  static Mask negative(V a) {
    return where([&](int i) { return a.v[i] >> 63 != 0; });
  }
  static V select(Mask mask, V yes, V no) {
    return map([&](int i) { return (mask >> i & 1) != 0 ? yes.v[i] : no.v[i]; });
  }

  static Factor factor(V a) { return {a}; }
  static Factor factor(std::uint64_t x) { return {set(x)}; }
  [[gnu::noinline]] static void mul_add(V& low, V& high, Factor a, Factor b) {
    for (int i = 0; i < kLanes; ++i) {
      __extension__ using Wide = unsigned __int128;
      const Wide product = static_cast<Wide>(a.v.v[i] & kLimbMask) * (b.v.v[i] & kLimbMask);
      low.v[i] += static_cast<std::uint64_t>(product) & kLimbMask;
      high.v[i] += static_cast<std::uint64_t>(product >> kLimbBits);
    }
  }
  // low += a·2^K mod 2^52, high += a·2^K div 2^52, for a below 2^52; no bias.
  template <int K>
  static void shift_add(V& low, V& high, V a) {
    low = add(low, band(shl<K>(a), set(kLimbMask)));
    high = add(high, shr<kLimbBits - K>(a));
  }
};

}  // namespace
}  // namespace atoma::batch_ecdsa
