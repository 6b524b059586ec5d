// Multiples of points by signed windows: from a fixed-base table without a doubling, or from
// sixteen multiples made on the spot. Which entry a lane takes depends on its scalar, and so does
// the time; scalars here are made of public numbers only.
#pragma once

#include "kernel.h"
#include "point.h"

namespace atoma::batch_ecdsa {
namespace {

inline std::uint64_t address_of(const std::uint64_t* p) {
  return __builtin_bit_cast(std::uint64_t, p);
}

// A sum of points that starts with nothing; the first point a lane adds is taken as it is.
template <typename L, typename Prime>
struct Accumulator {
  using P = Points<L, Prime>;
  using F = typename P::F;
  using Mask = typename L::Mask;

  typename P::Jacobian point = {zero(), zero(), zero()};
  Mask empty = 0xFF;

  // Where `active`: ± q, minus where `negate`. `as_jacobian` is q.
  template <typename Point>
  void add(const Point& q, typename P::Jacobian as_jacobian, Mask negate, Mask active) {
    point = P::select(active, P::add(point, q, negate), point);
    const Mask first = static_cast<Mask>(active & empty);
    if (first == 0) return;
    as_jacobian.y = F::reduce(F::negate_where(negate, as_jacobian.y));
    point = P::select(first, as_jacobian, point);
    empty = static_cast<Mask>(empty & ~first);
  }

 private:
  static typename P::Fe zero() { return F::set(Limbs<Prime::kLimbs>{}); }
};

// A scalar as Σ ± magnitude · 2^(W·i), magnitudes up to 2^(W-1).
template <typename L, typename Curve, int W>
struct Windows {
  static constexpr int kCount = windows_of(Curve::kBits, W);
  typename L::V magnitude[kCount];
  typename L::Mask negative[kCount];

  explicit Windows(const typename Limbwise<L, Curve::kLimbs>::Fe& scalar) {
    auto carry = L::set(0);
    for (int i = 0; i < kCount; ++i) {
      const int limb = i * W / kLimbBits, bit = i * W % kLimbBits;
      auto bits = L::shift_right(scalar.v[limb], bit);
      if (bit + W > kLimbBits && limb + 1 < Curve::kLimbs) {
        bits = L::add(bits, L::shift_left(scalar.v[limb + 1], kLimbBits - bit));
      }
      bits = L::add(L::band(bits, L::set((1U << W) - 1)), carry);
      negative[i] = L::negative(L::sub(L::set(entries_of(W)), bits));
      magnitude[i] = L::select(negative[i], L::sub(L::set(1U << W), bits), bits);
      carry = L::select(negative[i], L::set(1), L::set(0));
    }
  }
  typename L::Mask nonzero(int i) const {
    return static_cast<typename L::Mask>(~L::equal(magnitude[i], L::set(0)));
  }
  // magnitude - 1, or 0 where there is nothing to take.
  typename L::V entry(int i) const {
    return L::select(nonzero(i), L::sub(magnitude[i], L::set(1)), L::set(0));
  }
};

// a · C, a below 2^32.
template <typename L, std::uint64_t C>
[[gnu::always_inline]] inline typename L::V scaled(typename L::V a) {
  auto out = L::set(0);
  repeat<32>([&](auto i) {
    if constexpr ((C >> i & 1) != 0) out = L::add(out, L::template shl<i>(a));
  });
  return out;
}

template <typename L, int N>
[[gnu::always_inline]] inline typename Limbwise<L, N>::Fe gather(typename L::V address,
                                                                 std::uint64_t stride) {
  typename Limbwise<L, N>::Fe out;
  repeat<N>([&](auto i) { out.v[i] = L::gather(L::add(address, L::set(i * stride))); });
  return out;
}

// sum += scalar · (the point of each lane's table).
template <typename L, typename Curve, typename Prime, int W>
void add_from_tables(Accumulator<L, Prime>& sum,
                     const typename Limbwise<L, Curve::kLimbs>::Fe& scalar, typename L::V tables) {
  constexpr int kLimbs = Curve::kLimbs;
  constexpr std::uint64_t kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kEntry = 2 * kLimbs * kWord;
  const Windows<L, Curve, W> windows(scalar);
  for (int i = 0; i < windows.kCount; ++i) {
    const auto address = L::add(tables, scaled<L, kEntry>(windows.entry(i)));
    tables = L::add(tables, L::set(entries_of(W) * kEntry));
    const auto active = windows.nonzero(i);
    if (active == 0) continue;
    const auto x = gather<L, kLimbs>(address, kWord);
    const auto y = gather<L, kLimbs>(L::add(address, L::set(kLimbs * kWord)), kWord);
    using P = Points<L, Prime>;
    sum.add(typename P::Affine{x, y}, {x, y, P::one()}, windows.negative[i], active);
  }
}

// sum += scalar · point, for a sum of nothing.
template <typename L, typename Curve, typename Prime>
void add_multiple(Accumulator<L, Prime>& sum, const typename Limbwise<L, Curve::kLimbs>::Fe& scalar,
                  const typename Points<L, Prime>::Affine& point) {
  using P = Points<L, Prime>;
  constexpr int kLimbs = Curve::kLimbs;
  constexpr int kEntries = entries_of(kColdWindow);
  constexpr std::uint64_t kVector = kLanes * sizeof(std::uint64_t);
  // Entries by multiple, coordinate, limb and lane.
  alignas(64) std::uint64_t table[kEntries][5][kLimbs][kLanes];
  typename P::Jacobian multiple = {point.x, point.y, P::one()};
  for (int i = 0; i < kEntries; ++i) {
    if (i == 1) P::dbl(multiple);
    if (i > 1) multiple = P::add(multiple, point, 0);
    const auto entry = P::cached(multiple);
    const typename P::Fe* const parts[] = {&entry.x, &entry.y, &entry.z, &entry.zz, &entry.zzz};
    for (int k = 0; k < 5; ++k) P::F::store(table[i][k], *parts[k]);
  }

  std::uint64_t lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = address_of(&table[0][0][0][i]);
  const auto base = L::load(lanes);
  const Windows<L, Curve, kColdWindow> windows(scalar);
  for (int i = windows.kCount; i-- > 0;) {
    for (int k = 0; k < kColdWindow && sum.empty != 0xFF; ++k) P::dbl(sum.point);
    auto address = L::add(base, scaled<L, sizeof table[0]>(windows.entry(i)));
    typename P::Cached q;
    for (auto* part : {&q.x, &q.y, &q.z, &q.zz, &q.zzz}) {
      *part = gather<L, kLimbs>(address, kVector);
      address = L::add(address, L::set(kLimbs * kVector));
    }
    sum.add(q, {q.x, q.y, q.z}, windows.negative[i], windows.nonzero(i));
  }
}

}  // namespace
}  // namespace atoma::batch_ecdsa
