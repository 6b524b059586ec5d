// The verification of groups of eight ECDSA signatures (FIPS 186-5 §6.4.2), for one kind of lanes.
// Each backend's file includes this once; nothing here has a name that another file could see.
#pragma once

#include "kernel.h"
#include "point.h"
#include "scalar.h"
#include "table.h"
#include "windows.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename L, typename Curve, typename Prime>
struct Engine {
  static constexpr int kLimbs = Curve::kLimbs;
  using P = Points<L, Prime>;
  using F = typename P::F;
  using O = OrderField<L, Curve>;
  using Fe = typename P::Fe;
  using V = typename L::V;
  using Mask = typename L::Mask;
  using G = Group<kLimbs>;

  static void verify(G* groups, std::size_t count, const std::uint64_t* generator_table) {
    Fe product = O::set(kOne);
    for (std::size_t i = 0; i < count; ++i) {
      check_ranges(groups[i]);
      // u1 holds s and u2 the product of all s before it, in Montgomery form, until both are known.
      const Fe s = O::mul(invertible(groups[i]), O::set(O::kConstants.r_squared));
      O::store(groups[i].u1, s);
      if (i == 0) {
        product = s;
      } else {
        O::store(groups[i].u2, product);
        product = O::mul(product, s);
      }
    }
    Fe inverse = invert(product);
    for (std::size_t i = count; i-- > 0;) {
      const Fe s = O::load(groups[i].u1);
      const Fe w = i == 0 ? inverse : O::mul(inverse, O::load(groups[i].u2));
      inverse = O::mul(inverse, s);
      O::store(groups[i].u1, O::canonical(O::mul(O::load(groups[i].e), w)));
      O::store(groups[i].u2, O::canonical(O::mul(O::load(groups[i].r), w)));
    }
    for (std::size_t i = 0; i < count; ++i) decide(groups[i], generator_table);
  }

 private:
  static constexpr Limbs<kLimbs> kOne = [] {
    Limbs<kLimbs> one{};
    one.v[0] = 1;
    return one;
  }();

  // r and s in [1, n - 1], coordinates below p, the point on the curve.
  static void check_ranges(G& group) {
    const Fe r = O::load(group.r), s = O::load(group.s);
    const Fe x = F::load(group.x), y = F::load(group.y);
    const auto in_range = [](const Fe& a) { return ~O::zero_limbs(a) & O::less(a, Curve::kOrder); };
    const Mask on_curve = P::on_curve({F::to_montgomery(x), F::to_montgomery(y)},
                                      F::to_montgomery(F::set(Curve::kB)));
    group.refused = static_cast<Mask>(~(in_range(r) & in_range(s) & F::less(x, Curve::kPrime) &
                                        F::less(y, Curve::kPrime) & on_curve));
  }

  // s, or 1 in refused lanes: one zero would spoil everybody's inverse.
  static Fe invertible(const G& group) {
    return O::select(group.refused, O::set(kOne), O::load(group.s));
  }

  // Of each lane, Montgomery form both ways. All lanes share one inversion: each needs the product
  // of the others, which three exchanges give.
  static Fe invert(const Fe& a) {
    const auto swap = [](const Fe& from, auto k) {
      Fe out;
      repeat<kLimbs>([&](auto i) { out.v[i] = L::template swap<k>(from.v[i]); });
      return out;
    };
    Fe all = O::mul(a, swap(a, Index<1>{}));
    Fe others = swap(a, Index<1>{});
    others = O::mul(others, swap(all, Index<2>{}));
    all = O::mul(all, swap(all, Index<2>{}));
    others = O::mul(others, swap(all, Index<4>{}));
    all = O::canonical(O::mul(all, swap(all, Index<4>{})));

    using Scalar = Inversion<kLimbs>;
    std::uint64_t limbs[kLimbs][kLanes];
    O::store(limbs, all);
    std::uint64_t number[kLimbs];
    for (int i = 0; i < kLimbs; ++i) number[i] = limbs[i][0];
    const auto inverse =
        Scalar::inverse(Scalar::from_limbs(number), Scalar::from_limbs(Curve::kOrder.v));
    Scalar::to_limbs(inverse, number);
    Fe broadcast;
    repeat<kLimbs>([&](auto i) { broadcast.v[i] = L::set(number[i]); });
    return O::mul(others, O::mul(broadcast, O::set(O::kConstants.r_cubed)));
  }

  static void decide(G& group, const std::uint64_t* generator_table) {
    Accumulator<L, Prime> sum;
    const Fe u2 = O::load(group.u2);
    if (group.with_tables) {
      V tables;
      {
        std::uint64_t addresses[kLanes];
        for (int i = 0; i < kLanes; ++i) addresses[i] = address_of(group.tables[i]);
        tables = L::load(addresses);
      }
      add_from_tables<L, Curve, Prime, kKeyWindow>(sum, u2, tables);
    } else {
      add_multiple<L, Curve, Prime>(
          sum, u2, {F::to_montgomery(F::load(group.x)), F::to_montgomery(F::load(group.y))});
    }
    add_from_tables<L, Curve, Prime, kGeneratorWindow>(sum, O::load(group.u1),
                                                       L::set(address_of(generator_table)));
    const Mask exceptional = static_cast<Mask>(F::is_zero(sum.point.z) | sum.empty);
    const Mask matching = x_is_r(sum.point, O::load(group.r));
    group.undecided = static_cast<Mask>(exceptional & ~group.refused);
    group.valid = static_cast<Mask>(matching & ~exceptional & ~group.refused);
  }

  // Whether x mod n = r without dividing: X = r Z² or, where r + n is below p, X = (r + n) Z².
  static Mask x_is_r(const typename P::Jacobian& point, const Fe& r) {
    static constexpr Limbs<kLimbs> kGap = subtract(Curve::kPrime, Curve::kOrder);
    const Fe zz = F::sqr(point.z);
    const auto is_x = [&](const Fe& candidate) {
      return F::is_zero(F::reduce(F::sub(F::product(F::to_montgomery(candidate), zz), point.x)));
    };
    const Fe r_plus_n = F::carry(F::add(r, F::set(Curve::kOrder)));
    return static_cast<Mask>(is_x(r) | (is_x(r_plus_n) & F::less(r, kGap)));
  }
};

template <typename L>
constexpr Kernel make_kernel() {
  return {.p256 = {.verify = &Engine<L, P256, P256Prime>::verify,
                   .make_table = &TableMaker<L, P256, P256Prime>::make},
          .p384 = {.verify = &Engine<L, P384, P384Prime>::verify,
                   .make_table = &TableMaker<L, P384, P384Prime>::make}};
}

}  // namespace
}  // namespace atoma::batch_ecdsa
