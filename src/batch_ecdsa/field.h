// Eight numbers at once modulo the curves' primes, in Montgomery form with 52-bit limbs.
//
// Three forms of a number, so that carries and reductions are done once for several terms:
//   Fe     limbs in [0, 2^52), value in [0, 2.01 p)                   what products take
//   Sum    signed limbs below 2^60 in size, value within ±64 p        sums of Fe and of products
//   Wide   signed columns below 2^61, value within ±16 p²             sums of products not reduced
// docs/BATCH_ECDSA.md derives the bounds.
#pragma once

#include <utility>

#include "limbs.h"

namespace atoma::batch_ecdsa {
namespace {

template <int I>
using Index = std::integral_constant<int, I>;

// f(Index<0>) … f(Index<N - 1>): loops that must vanish, since their arrays are registers.
template <int N, typename F>
[[gnu::always_inline]] inline void repeat(F f) {
  [&]<int... I> [[gnu::always_inline]] (std::integer_sequence<int, I...>) {
    (f(Index<I>{}), ...);
  }(std::make_integer_sequence<int, N>{});
}

// P-256: p = -1 + 2^44 B + 2^36 B³ + (2^48 - 2^16) B⁴ with B = 2^52.
struct P256Prime {
  static constexpr int kLimbs = P256::kLimbs;
  static constexpr Montgomery<kLimbs> kConstants = montgomery_of(P256::kPrime);

  // Adds (t mod B)·p, which clears t[0], and moves what is above B to t[1]. -1/p mod B is 1.
  // Adds the biases of one product to t[4] and t[5].
  template <typename L>
  [[gnu::always_inline]] static void montgomery_step(typename L::V* t) {
    const auto m = L::band(t[0], L::set(kLimbMask));
    t[1] = L::add(t[1], L::template sar<kLimbBits>(t[0]));
    L::template shift_add<44>(t[1], t[2], m);
    L::template shift_add<36>(t[3], t[4], m);
    L::mul_add(t[4], t[5], L::factor(m), L::factor(kTop));
  }
  static constexpr int kStepProductColumn = 4;  // -1: none

  // Takes q·p off, where q = (t div 2^256) - 1.
  template <typename L>
  [[gnu::always_inline]] static void fold(typename L::V* t) {
    const auto q = L::sub(L::template sar<48>(t[4]), L::set(1));
    t[0] = L::add(t[0], q);
    t[1] = L::sub(t[1], L::template shl<44>(q));
    t[3] = L::sub(t[3], L::template shl<36>(q));
    t[4] = L::sub(t[4], L::sub(L::template shl<48>(q), L::template shl<16>(q)));
  }

 private:
  static constexpr std::uint64_t kTop = (std::uint64_t{1} << 48) - (std::uint64_t{1} << 16);
};

// P-384: p = -1 + 2^32 - 2^44 B - 2^24 B² + 2^20 B⁷.
struct P384Prime {
  static constexpr int kLimbs = P384::kLimbs;
  static constexpr Montgomery<kLimbs> kConstants = montgomery_of(P384::kPrime);

  // -1/p mod B is 1 + 2^32.
  template <typename L>
  [[gnu::always_inline]] static void montgomery_step(typename L::V* t) {
    const auto mask = L::set(kLimbMask);
    const auto m = L::band(L::add(t[0], L::template shl<32>(t[0])), mask);
    const auto cleared = L::add(L::sub(t[0], m), L::band(L::template shl<32>(m), mask));
    t[1] = L::add(t[1], L::add(L::template sar<kLimbBits>(cleared), L::template shr<20>(m)));
    t[1] = L::sub(t[1], L::band(L::template shl<44>(m), mask));
    t[2] = L::sub(t[2], L::add(L::template shr<8>(m), L::band(L::template shl<24>(m), mask)));
    t[3] = L::sub(t[3], L::template shr<28>(m));
    L::template shift_add<20>(t[7], t[8], m);
  }
  static constexpr int kStepProductColumn = -1;

  // Takes q·p off, where q = (t div 2^384) - 1.
  template <typename L>
  [[gnu::always_inline]] static void fold(typename L::V* t) {
    const auto q = L::sub(L::template sar<20>(t[7]), L::set(1));
    t[0] = L::add(t[0], L::sub(q, L::template shl<32>(q)));
    t[1] = L::add(t[1], L::template shl<44>(q));
    t[2] = L::add(t[2], L::template shl<24>(q));
    t[7] = L::sub(t[7], L::template shl<20>(q));
  }
};

// What numbers modulo a prime and modulo an order share: limbs, comparisons, conversions.
template <typename L, int N>
struct Limbwise {
  using V = typename L::V;
  using Mask = typename L::Mask;
  struct Fe {
    V v[N];
  };
  struct Wide {
    V v[2 * N];
  };

  [[gnu::always_inline]] static Fe load(const std::uint64_t (*from)[kLanes]) {
    Fe out;
    repeat<N>([&] [[gnu::always_inline]] (auto i) { out.v[i] = L::load(from[i]); });
    return out;
  }
  [[gnu::always_inline]] static void store(std::uint64_t (*to)[kLanes], const Fe& a) {
    repeat<N>([&] [[gnu::always_inline]] (auto i) { L::store(to[i], a.v[i]); });
  }
  [[gnu::always_inline]] static Fe set(const Limbs<N>& limbs) {
    Fe out;
    repeat<N>([&] [[gnu::always_inline]] (auto i) { out.v[i] = L::set(limbs.v[i]); });
    return out;
  }
  [[gnu::always_inline]] static Fe select(Mask mask, const Fe& yes, const Fe& no) {
    Fe out;
    repeat<N>(
        [&] [[gnu::always_inline]] (auto i) { out.v[i] = L::select(mask, yes.v[i], no.v[i]); });
    return out;
  }
  // Moves what exceeds 52 bits one limb up; the top limb keeps it.
  [[gnu::always_inline]] static void propagate(V* t) {
    repeat<N - 1>([&] [[gnu::always_inline]] (auto i) {
      t[i + 1] = L::add(t[i + 1], L::template sar<kLimbBits>(t[i]));
      t[i] = L::band(t[i], L::set(kLimbMask));
    });
  }
  // a - limbs; the sign is that of the top limb.
  [[gnu::always_inline]] static Fe minus(const Fe& a, const Limbs<N>& limbs) {
    Fe out;
    repeat<N>(
        [&] [[gnu::always_inline]] (auto i) { out.v[i] = L::sub(a.v[i], L::set(limbs.v[i])); });
    propagate(out.v);
    return out;
  }
  static Mask less(const Fe& a, const Limbs<N>& limbs) {
    return L::negative(minus(a, limbs).v[N - 1]);
  }
  static Mask zero_limbs(const Fe& a) {
    Mask out = 0xFF;
    repeat<N>([&] [[gnu::always_inline]] (auto i) {
      out = static_cast<Mask>(out & L::equal(a.v[i], L::set(0)));
    });
    return out;
  }
  // The number in [0, modulus) for one below 3 · modulus.
  [[gnu::noinline]] static Fe canonical(Fe a, const Limbs<N>& modulus) {
    for (int i = 0; i < 2; ++i) {
      const Fe less_one = minus(a, modulus);
      a = select(L::negative(less_one.v[N - 1]), a, less_one);
    }
    return a;
  }

  // How many products' low halves end in column c when a times b is summed up, all or i < j only.
  static constexpr std::uint64_t products_in(int c) {
    return static_cast<std::uint64_t>(c < 0 || c > 2 * N - 2 ? 0 : c < N ? c + 1 : 2 * N - 1 - c);
  }
  static constexpr std::uint64_t squares_in(int c) { return c >= 0 && c < 2 * N && c % 2 == 0; }

  [[gnu::always_inline]] static Wide multiply(const Fe& a, const Fe& b) {
    Wide t;
    repeat<2 * N>([&] [[gnu::always_inline]] (auto c) {
      t.v[c] = L::set(0 - products_in(c) * L::kLowBias - products_in(c - 1) * L::kHighBias);
    });
    typename L::Factor fb[N];
    repeat<N>([&] [[gnu::always_inline]] (auto j) { fb[j] = L::factor(b.v[j]); });
    repeat<N>([&] [[gnu::always_inline]] (auto i) {
      const auto fa = L::factor(a.v[i]);
      repeat<N>([&] [[gnu::always_inline]] (auto j) {
        L::mul_add(t.v[i + j], t.v[i + j + 1], fa, fb[j]);
      });
    });
    return t;
  }

  // The products with i < j, twice, and the squares. Columns start at minus half the biases of
  // everything: twice that takes off those of the former twice and of the latter once.
  [[gnu::always_inline]] static Wide square(const Fe& a) {
    Wide t;
    repeat<2 * N>([&] [[gnu::always_inline]] (auto c) {
      t.v[c] =
          L::set(0 - products_in(c) * (L::kLowBias / 2) - products_in(c - 1) * (L::kHighBias / 2));
    });
    typename L::Factor f[N];
    repeat<N>([&] [[gnu::always_inline]] (auto j) { f[j] = L::factor(a.v[j]); });
    repeat<N>([&] [[gnu::always_inline]] (auto i) {
      repeat<N - 1 - i>([&] [[gnu::always_inline]] (auto k) {
        constexpr int j = i + 1 + k;
        L::mul_add(t.v[i + j], t.v[i + j + 1], f[i], f[j]);
      });
    });
    repeat<2 * N>([&] [[gnu::always_inline]] (auto c) { t.v[c] = L::add(t.v[c], t.v[c]); });
    repeat<N>([&] [[gnu::always_inline]] (auto i) {
      L::mul_add(t.v[2 * i], t.v[2 * i + 1], f[i], f[i]);
    });
    return t;
  }
};

// Modulo a curve's prime.
template <typename L, typename Prime>
struct Field : Limbwise<L, Prime::kLimbs> {
  static constexpr int kLimbs = Prime::kLimbs;
  using Base = Limbwise<L, kLimbs>;
  using V = typename L::V;
  using Mask = typename L::Mask;
  using Fe = typename Base::Fe;
  using Wide = typename Base::Wide;
  struct Sum {
    V v[kLimbs];

    [[gnu::always_inline]] Sum() {}
    [[gnu::always_inline]] Sum(const Fe& a) {  // NOLINT: a Fe is a Sum
      repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { v[i] = a.v[i]; });
    }
  };

  [[gnu::always_inline]] static Sum add(const Sum& a, const Sum& b) {
    Sum out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = L::add(a.v[i], b.v[i]); });
    return out;
  }
  [[gnu::always_inline]] static Sum sub(const Sum& a, const Sum& b) {
    Sum out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = L::sub(a.v[i], b.v[i]); });
    return out;
  }
  template <int K>
  [[gnu::always_inline]] static Sum times_power_of_two(const Sum& a) {
    Sum out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = L::template shl<K>(a.v[i]); });
    return out;
  }
  [[gnu::always_inline]] static Sum negate_where(Mask mask, const Sum& a) {
    Sum out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) {
      out.v[i] = L::select(mask, L::sub(L::set(0), a.v[i]), a.v[i]);
    });
    return out;
  }
  // a - 2^K b, before reduction.
  template <int K>
  [[gnu::always_inline]] static Wide sub_shifted(const Wide& a, const Wide& b) {
    Wide out;
    repeat<2 * kLimbs>([&] [[gnu::always_inline]] (auto i) {
      if constexpr (K == 0) {
        out.v[i] = L::sub(a.v[i], b.v[i]);
      } else {
        out.v[i] = L::sub(a.v[i], L::template shl<K>(b.v[i]));
      }
    });
    return out;
  }

  // t/R + (something in [0, p)).
  [[gnu::always_inline]] static Sum montgomery(Wide t) {
    constexpr int kColumn = Prime::kStepProductColumn;
    if constexpr (kColumn >= 0 && L::kLowBias != 0) {
      repeat<kLimbs + 1>([&] [[gnu::always_inline]] (auto i) {
        constexpr std::uint64_t low = i < kLimbs ? L::kLowBias : 0;
        constexpr std::uint64_t high = i > 0 ? L::kHighBias : 0;
        t.v[kColumn + i] = L::sub(t.v[kColumn + i], L::set(low + high));
      });
    }
    repeat<kLimbs>(
        [&] [[gnu::always_inline]] (auto i) { Prime::template montgomery_step<L>(t.v + i); });
    Sum out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = t.v[kLimbs + i]; });
    return out;
  }

  // Of a Sum known to be in [0, 2.01 p): a product.
  [[gnu::always_inline]] static Fe carry(const Sum& a) {
    Fe out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = a.v[i]; });
    Base::propagate(out.v);
    return out;
  }
  // Of any Sum.
  [[gnu::always_inline]] static Fe reduce(const Sum& a) {
    Fe out;
    repeat<kLimbs>([&] [[gnu::always_inline]] (auto i) { out.v[i] = a.v[i]; });
    Prime::template fold<L>(out.v);
    Base::propagate(out.v);
    return out;
  }

  // The products are functions: inlined, they would not fit the instruction cache.
  [[gnu::noinline]] static Sum product(const Fe& a, const Fe& b) {
    return montgomery(Base::multiply(a, b));
  }
  [[gnu::noinline]] static Sum product(const Fe& a) { return montgomery(Base::square(a)); }
  [[gnu::noinline]] static Fe mul(const Fe& a, const Fe& b) {
    return carry(montgomery(Base::multiply(a, b)));
  }
  [[gnu::noinline]] static Fe sqr(const Fe& a) { return carry(montgomery(Base::square(a))); }
  // a·b - c·d and a·b - 8·c², reduced once.
  [[gnu::noinline]] static Fe mul_sub(const Fe& a, const Fe& b, const Fe& c, const Fe& d) {
    return reduce(montgomery(sub_shifted<0>(Base::multiply(a, b), Base::multiply(c, d))));
  }
  [[gnu::noinline]] static Fe mul_sub_8_sqr(const Fe& a, const Fe& b, const Fe& c) {
    return reduce(montgomery(sub_shifted<3>(Base::multiply(a, b), Base::square(c))));
  }

  static Fe canonical(const Fe& a) { return Base::canonical(a, Prime::kConstants.modulus); }
  static Mask is_zero(const Fe& a) { return Base::zero_limbs(canonical(a)); }
  static Fe to_montgomery(const Fe& a) { return mul(a, Base::set(Prime::kConstants.r_squared)); }
};

}  // namespace
}  // namespace atoma::batch_ecdsa
