// The inverse of a number modulo an odd prime, by divsteps (Bernstein and Yang, "Fast constant-time
// gcd computation and modular inversion", 2019) taken 62 at a time on the lowest words alone, in
// variable time: for public numbers only. Private to this module.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "atoma/base/bytes.h"

namespace atoma::crypto {

// Numbers below 2^(62 × kLimbs - 6): limbs of 62 bits, the last one with the sign.
template <int kLimbs>
class ModularInverse {
 public:
  using Number = std::array<std::int64_t, kLimbs>;

  static Number from_bytes(ByteView big_endian) {
    Number out{};
    for (std::size_t i = 0; i < big_endian.size(); ++i) {
      const std::size_t bit = 8 * (big_endian.size() - 1 - i);
      const std::uint64_t byte = big_endian[i];
      out[bit / kBits] |= signed_of(byte << bit % kBits & kMask);
      if (bit % kBits > kBits - 8) out[bit / kBits + 1] |= signed_of(byte >> (kBits - bit % kBits));
    }
    return out;
  }
  static void to_bytes(const Number& number, MutableByteView big_endian) {
    for (std::size_t i = 0; i < big_endian.size(); ++i) {
      const std::size_t bit = 8 * (big_endian.size() - 1 - i);
      std::uint64_t byte = word_of(number[bit / kBits]) >> bit % kBits;
      if (bit % kBits > kBits - 8 && bit / kBits + 1 < kLimbs) {
        byte |= word_of(number[bit / kBits + 1]) << (kBits - bit % kBits);
      }
      big_endian[i] = static_cast<std::uint8_t>(byte);
    }
  }

  explicit ModularInverse(ByteView prime) : modulus_(from_bytes(prime)) {
    // Newton: each round doubles the low bits that are right, from three.
    const std::uint64_t m = word_of(modulus_[0]);
    negative_inverse_ = m;
    for (int i = 0; i < 5; ++i) negative_inverse_ *= 2 - m * negative_inverse_;
    negative_inverse_ = 0 - negative_inverse_;
  }

  // `a` in [1, modulus). Below the modulus, too.
  Number operator()(const Number& a) const {
    Number f = modulus_, g = a;
    // f = d·a and g = e·a modulo the modulus, each but for the same power of two that divides f, g.
    Number d{}, e{};
    e[0] = 1;
    std::int64_t delta = 1;
    while (g != Number{}) {
      const Matrix t = divsteps(delta, low_word(f), low_word(g));
      apply(t, f, g, 0, 0);
      // Multiples of the modulus make the lowest 62 bits zero; they are the smallest that do, so
      // that |d| and |e| grow by half the modulus at most: 15 rounds of 384 bits take four bits.
      apply(t, d, e, multiple(t.u, t.v, d, e), multiple(t.q, t.r, d, e));
    }
    if (f[kLimbs - 1] < 0) negate(d);  // f is 1 or -1
    while (d[kLimbs - 1] < 0) add(d, 1);
    while (!below_modulus(d)) add(d, -1);
    return d;
  }

 private:
  static constexpr int kBits = 62;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;
  using Wide = __int128;

  // Sixty-two divsteps: 2^62 (f', g') = (u f + v g, q f + r g), |u| + |v| and |q| + |r| ≤ 2^62.
  struct Matrix {
    std::int64_t u, v, q, r;
  };

  static std::int64_t signed_of(std::uint64_t word) { return static_cast<std::int64_t>(word); }
  static std::uint64_t word_of(std::int64_t limb) { return static_cast<std::uint64_t>(limb); }
  static std::uint64_t low_word(const Number& a) { return word_of(a[0]) | word_of(a[1]) << kBits; }

  static Matrix divsteps(std::int64_t& delta, std::uint64_t f, std::uint64_t g) {
    std::uint64_t u = 1, v = 0, q = 0, r = 1;
    for (int left = kBits;;) {
      const int zeros = std::countr_zero(g | ~std::uint64_t{0} << left);
      g >>= zeros;
      u <<= zeros;
      v <<= zeros;
      delta += zeros;
      left -= zeros;
      if (left == 0) break;
      if (delta > 0) {
        delta = -delta;
        g = std::exchange(f, g), q = std::exchange(u, q), r = std::exchange(v, r);
        g = 0 - g, q = 0 - q, r = 0 - r;
      }
      // As long as delta is not positive f stays, and each step adds f to an odd g: that many low
      // bits of g go at once. f·(2 - f²) is f's inverse modulo 2^6.
      const int steps = static_cast<int>(std::min<std::int64_t>({1 - delta, left, 6}));
      const std::uint64_t factor = g * f * (f * f - 2) & ((std::uint64_t{1} << steps) - 1);
      g += f * factor;
      q += u * factor;
      r += v * factor;
    }
    return {signed_of(u), signed_of(v), signed_of(q), signed_of(r)};
  }

  // The smallest k, by magnitude, for which x·a + y·b + k·modulus is divisible by 2^62.
  std::int64_t multiple(std::int64_t x, std::int64_t y, const Number& a, const Number& b) const {
    const std::uint64_t low = word_of(x) * word_of(a[0]) + word_of(y) * word_of(b[0]);
    const std::uint64_t k = low * negative_inverse_;
    return signed_of(k << 2) >> 2;
  }

  // (a, b) := (u a + v b + m modulus, q a + r b + n modulus) / 2^62, which divides exactly.
  void apply(const Matrix& t, Number& a, Number& b, std::int64_t m, std::int64_t n) const {
    Wide first = 0, second = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      first += Wide{t.u} * a[i] + Wide{t.v} * b[i] + Wide{m} * modulus_[i];
      second += Wide{t.q} * a[i] + Wide{t.r} * b[i] + Wide{n} * modulus_[i];
      if (i > 0) {
        a[i - 1] = signed_of(static_cast<std::uint64_t>(first) & kMask);
        b[i - 1] = signed_of(static_cast<std::uint64_t>(second) & kMask);
      }
      first >>= kBits;
      second >>= kBits;
    }
    a[kLimbs - 1] = static_cast<std::int64_t>(first);
    b[kLimbs - 1] = static_cast<std::int64_t>(second);
  }

  static void carry(Number& a) {
    for (std::size_t i = 0; i + 1 < kLimbs; ++i) {
      a[i + 1] += a[i] >> kBits;
      a[i] = signed_of(word_of(a[i]) & kMask);
    }
  }
  static void negate(Number& a) {
    for (std::int64_t& limb : a) limb = -limb;
    carry(a);
  }
  void add(Number& a, std::int64_t times) const {
    for (std::size_t i = 0; i < kLimbs; ++i) a[i] += times * modulus_[i];
    carry(a);
  }
  bool below_modulus(const Number& a) const {
    for (std::size_t i = kLimbs; i-- > 0;) {
      if (a[i] != modulus_[i]) return a[i] < modulus_[i];
    }
    return false;
  }

  Number modulus_;
  std::uint64_t negative_inverse_;  // -1/modulus modulo 2^64
};

}  // namespace atoma::crypto
