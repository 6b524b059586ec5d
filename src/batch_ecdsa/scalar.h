// Numbers modulo a curve's order: the few products that turn (e, r, s) into u1 and u2, and the one
// inversion that a batch shares (Montgomery's trick).
#pragma once

#include "field.h"
#include "limbs.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename L, typename Curve>
struct OrderField : Limbwise<L, Curve::kLimbs> {
  static constexpr int kLimbs = Curve::kLimbs;
  static constexpr Montgomery<kLimbs> kConstants = montgomery_of(Curve::kOrder);
  using Base = Limbwise<L, kLimbs>;
  using V = typename L::V;
  using Fe = typename Base::Fe;

  // a·b/R in [0, 2n) for a and b in [0, 2n).
  [[gnu::noinline]] static Fe mul(const Fe& a, const Fe& b) {
    typename Base::Wide t = Base::multiply(a, b);
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { montgomery_step(t.v + i); });
    Fe out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = t.v[kLimbs + i]; });
    Base::propagate(out.v);
    return out;
  }
  static Fe canonical(const Fe& a) { return Base::canonical(a, kConstants.modulus); }

 private:
  // Adds the multiple of n that clears t[0], and moves what is above 2^52 to t[1].
  [[gnu::always_inline]] static void montgomery_step(V* t) {
    V m = L::set(0 - L::kLowBias);
    V unused = L::set(0);
    L::mul_add(m, unused, L::factor(L::band(t[0], L::set(kLimbMask))), L::factor(kConstants.n0));
    const auto factor = L::factor(m);
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto j) {
      t[j] = L::sub(t[j], L::set(L::kLowBias));
      t[j + 1] = L::sub(t[j + 1], L::set(L::kHighBias));
      L::mul_add(t[j], t[j + 1], factor, L::factor(kConstants.modulus.v[j]));
    });
    t[1] = L::add(t[1], L::template sar<kLimbBits>(t[0]));
  }
};

// The inverse of one number modulo an odd prime by the binary extended Euclidean algorithm
// (Knuth, TAOCP 4.5.2, exercise 39). Words of 64 bits, least significant first.
template <int N>
struct Inversion {
  static constexpr int kWords = (N * kLimbBits + 63) / 64;
  struct Words {
    std::uint64_t v[kWords];
  };

  static Words from_limbs(const std::uint64_t* limbs) {
    Words out{};
    for (int i = 0; i < N; ++i) {
      const int bit = i * kLimbBits;
      out.v[bit / 64] |= limbs[i] << bit % 64;
      if (bit % 64 > 64 - kLimbBits && bit / 64 + 1 < kWords) {
        out.v[bit / 64 + 1] |= limbs[i] >> (64 - bit % 64);
      }
    }
    return out;
  }
  static void to_limbs(const Words& a, std::uint64_t* limbs) {
    for (int i = 0; i < N; ++i) {
      const int bit = i * kLimbBits;
      std::uint64_t limb = a.v[bit / 64] >> bit % 64;
      if (bit % 64 > 64 - kLimbBits && bit / 64 + 1 < kWords) {
        limb |= a.v[bit / 64 + 1] << (64 - bit % 64);
      }
      limbs[i] = limb & kLimbMask;
    }
  }

  // `a` in [1, modulus).
  static Words inverse(const Words& a, const Words& modulus) {
    Words u = a, v = modulus;
    Words x{}, y{};  // u = x a and v = y a, modulo the modulus
    x.v[0] = 1;
    for (;;) {
      halve(u, x, modulus);
      if (is_one(u)) return x;
      halve(v, y, modulus);
      if (is_one(v)) return y;
      if (less(v, u)) {
        subtract(u, v);
        subtract_modulo(x, y, modulus);
      } else {
        subtract(v, u);
        subtract_modulo(y, x, modulus);
      }
    }
  }

 private:
  static bool is_one(const Words& a) {
    std::uint64_t rest = a.v[0] ^ 1;
    for (int i = 1; i < kWords; ++i) rest |= a.v[i];
    return rest == 0;
  }
  static bool less(const Words& a, const Words& b) {
    for (int i = kWords; i-- > 0;) {
      if (a.v[i] != b.v[i]) return a.v[i] < b.v[i];
    }
    return false;
  }
  static void shift_right_once(Words& a) {
    for (int i = 0; i + 1 < kWords; ++i) a.v[i] = a.v[i] >> 1 | a.v[i + 1] << 63;
    a.v[kWords - 1] >>= 1;
  }
  // Room for the carry: N limbs of 52 bits leave at least four bits above the modulus.
  static void add(Words& a, const Words& b) {
    std::uint64_t carry = 0;
    for (int i = 0; i < kWords; ++i) {
      std::uint64_t sum;
      const bool first = __builtin_add_overflow(a.v[i], b.v[i], &sum);
      carry = first + __builtin_add_overflow(sum, carry, &a.v[i]);
    }
  }
  static void subtract(Words& a, const Words& b) {
    std::uint64_t borrow = 0;
    for (int i = 0; i < kWords; ++i) {
      std::uint64_t difference;
      const bool first = __builtin_sub_overflow(a.v[i], b.v[i], &difference);
      borrow = first + __builtin_sub_overflow(difference, borrow, &a.v[i]);
    }
  }
  static void subtract_modulo(Words& a, const Words& b, const Words& modulus) {
    if (less(a, b)) add(a, modulus);
    subtract(a, b);
  }
  static void halve(Words& a, Words& x, const Words& modulus) {
    while ((a.v[0] & 1) == 0) {
      shift_right_once(a);
      if ((x.v[0] & 1) != 0) add(x, modulus);
      shift_right_once(x);
    }
  }
};

}  // namespace
}  // namespace atoma::batch_ecdsa
