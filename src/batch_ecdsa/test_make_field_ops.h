// Makes FieldOps of a kind of lanes.
#pragma once

#include "field.h"
#include "test_field_ops.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename L, typename Prime>
constexpr FieldOps<Prime::kLimbs> make_field_ops() {
  using F = Field<L, Prime>;
  using N = typename FieldOps<Prime::kLimbs>::Numbers;
  return {
      .mul = [](const N& a, const N& b, N& out) { F::store(out, F::mul(F::load(a), F::load(b))); },
      .sqr = [](const N& a, N& out) { F::store(out, F::sqr(F::load(a))); },
      .mul_sub =
          [](const N& a, const N& b, const N& c, const N& d, N& out) {
            F::store(out, F::mul_sub(F::load(a), F::load(b), F::load(c), F::load(d)));
          },
      .mul_sub_8_sqr =
          [](const N& a, const N& b, const N& c, N& out) {
            F::store(out, F::mul_sub_8_sqr(F::load(a), F::load(b), F::load(c)));
          },
      .eight_a_minus_32_b =
          [](const N& a, const N& b, N& out) {
            F::store(out, F::reduce(F::sub(F::template times_power_of_two<3>(F::load(a)),
                                           F::template times_power_of_two<5>(F::load(b)))));
          },
      .canonical = [](const N& a, N& out) { F::store(out, F::canonical(F::load(a))); },
  };
}

template <typename L>
constexpr FieldOpsOfCurves make_field_ops_of_curves() {
  return {.p256 = make_field_ops<L, P256Prime>(), .p384 = make_field_ops<L, P384Prime>()};
}

}  // namespace
}  // namespace atoma::batch_ecdsa
