// Eight lanes of AVX-512 F and DQ. What both ways to multiply share, then the two ways:
//   Avx512FmaLanes   double precision fused multiply-add
//   Avx512IfmaLanes  the 52-bit integer multiply-add of AVX-512 IFMA
// lanes_portable.h says what each operation must do.
#pragma once

#include <immintrin.h>

#include "limbs.h"

namespace atoma::batch_ecdsa {
namespace {

struct Avx512Lanes {
  using Mask = __mmask8;
  struct V {
    __m512i v;
  };

  [[gnu::always_inline]] static V load(const std::uint64_t* from) {
    return {_mm512_loadu_si512(from)};
  }
  [[gnu::always_inline]] static void store(std::uint64_t* to, V a) { _mm512_storeu_si512(to, a.v); }
  [[gnu::always_inline]] static V set(std::uint64_t x) {
    return {_mm512_set1_epi64(static_cast<long long>(x))};
  }
  [[gnu::always_inline]] static V gather(V address) {
    return {_mm512_i64gather_epi64(address.v, nullptr, 1)};
  }
  template <int K>
  [[gnu::always_inline]] static V swap(V a) {
    const __m512i from = _mm512_setr_epi64(0 ^ K, 1 ^ K, 2 ^ K, 3 ^ K, 4 ^ K, 5 ^ K, 6 ^ K, 7 ^ K);
    return {_mm512_permutexvar_epi64(from, a.v)};
  }

  [[gnu::always_inline]] static V add(V a, V b) { return {_mm512_add_epi64(a.v, b.v)}; }
  [[gnu::always_inline]] static V sub(V a, V b) { return {_mm512_sub_epi64(a.v, b.v)}; }
  [[gnu::always_inline]] static V band(V a, V b) { return {_mm512_and_si512(a.v, b.v)}; }
  template <int K>
  [[gnu::always_inline]] static V shl(V a) {
    return {_mm512_slli_epi64(a.v, K)};
  }
  template <int K>
  [[gnu::always_inline]] static V shr(V a) {
    return {_mm512_srli_epi64(a.v, K)};
  }
  template <int K>
  [[gnu::always_inline]] static V sar(V a) {
    return {_mm512_srai_epi64(a.v, K)};
  }
  [[gnu::always_inline]] static V shift_right(V a, int k) {
    return {_mm512_srlv_epi64(a.v, _mm512_set1_epi64(k))};
  }
  [[gnu::always_inline]] static V shift_left(V a, int k) {
    return {_mm512_sllv_epi64(a.v, _mm512_set1_epi64(k))};
  }

  [[gnu::always_inline]] static Mask equal(V a, V b) { return _mm512_cmpeq_epi64_mask(a.v, b.v); }
  [[gnu::always_inline]] static Mask negative(V a) { return _mm512_movepi64_mask(a.v); }
  [[gnu::always_inline]] static V select(Mask mask, V yes, V no) {
    return {_mm512_mask_blend_epi64(mask, no.v, yes.v)};
  }
};

// With p = a·b < 2^104, rounded towards zero: 2^104 + p has 52 bits of mantissa in units of 2^52,
// so its bits are those of 2^104 plus p div 2^52. Taking the part above off again leaves
// 2^52 + (p mod 2^52), exactly, whose bits are those of 2^52 plus p mod 2^52.
struct Avx512FmaLanes : Avx512Lanes {
  struct Factor {
    __m512d v;
  };
  static constexpr std::uint64_t kLowBias = 0x4330000000000000;   // the bits of 2^52
  static constexpr std::uint64_t kHighBias = 0x4670000000000000;  // the bits of 2^104

  [[gnu::always_inline]] static Factor factor(V a) { return {_mm512_cvtepu64_pd(a.v)}; }
  [[gnu::always_inline]] static Factor factor(std::uint64_t x) {
    return {_mm512_set1_pd(static_cast<double>(x))};
  }
  [[gnu::always_inline]] static void mul_add(V& low, V& high, Factor a, Factor b) {
    constexpr int kTowardsZero = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
    const __m512d top = _mm512_set1_pd(0x1p104);
    const __m512d rest = _mm512_set1_pd(0x1p104 + 0x1p52);
    const __m512d above = _mm512_fmadd_round_pd(a.v, b.v, top, kTowardsZero);
    const __m512d below = _mm512_fmadd_round_pd(a.v, b.v, _mm512_sub_pd(rest, above), kTowardsZero);
    high.v = _mm512_add_epi64(high.v, _mm512_castpd_si512(above));
    low.v = _mm512_add_epi64(low.v, _mm512_castpd_si512(below));
  }
  template <int K>
  [[gnu::always_inline]] static void shift_add(V& low, V& high, V a) {
    low = add(low, band(shl<K>(a), set(kLimbMask)));
    high = add(high, shr<kLimbBits - K>(a));
  }
};

#ifdef __AVX512IFMA__
// The instruction reads the low 52 bits of its factors.
struct Avx512IfmaLanes : Avx512Lanes {
  struct Factor {
    __m512i v;
  };
  static constexpr std::uint64_t kLowBias = 0;
  static constexpr std::uint64_t kHighBias = 0;

  [[gnu::always_inline]] static Factor factor(V a) { return {a.v}; }
  [[gnu::always_inline]] static Factor factor(std::uint64_t x) { return {set(x).v}; }
  [[gnu::always_inline]] static void mul_add(V& low, V& high, Factor a, Factor b) {
    low.v = _mm512_madd52lo_epu64(low.v, a.v, b.v);
    high.v = _mm512_madd52hi_epu64(high.v, a.v, b.v);
  }
  template <int K>
  [[gnu::always_inline]] static void shift_add(V& low, V& high, V a) {
    mul_add(low, high, {a.v}, factor(std::uint64_t{1} << K));
  }
};
#endif

}  // namespace
}  // namespace atoma::batch_ecdsa
