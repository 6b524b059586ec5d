// Points of a curve with a = -3, eight at once, in Jacobian coordinates: x = X/Z², y = Y/Z³.
//
// The formulas are not complete, and need not be: where an addition meets two equal or opposite
// points, or the point at infinity, they give Z = 0 (modulo p), and each formula here makes Z = 0
// out of Z = 0. So a lane that met an exceptional case anywhere shows it at the end.
#pragma once

#include "field.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename L, typename Prime>
struct Points {
  using F = Field<L, Prime>;
  using Fe = typename F::Fe;
  using Sum = typename F::Sum;
  using Mask = typename L::Mask;

  struct Affine {
    Fe x, y;
  };
  struct Jacobian {
    Fe x, y, z;
  };
  // With Z² and Z³, for points that are added many times.
  struct Cached {
    Fe x, y, z, zz, zzz;
  };

  static Jacobian select(Mask mask, const Jacobian& yes, const Jacobian& no) {
    return {F::select(mask, yes.x, no.x), F::select(mask, yes.y, no.y),
            F::select(mask, yes.z, no.z)};
  }
  static Fe one() { return F::set(Prime::kConstants.one); }

  // "dbl-2001-b" of the Explicit-Formulas Database: 3M + 5S, one reduction for two products of Y.
  [[gnu::noinline]] static void dbl(Jacobian& p) {
    const Fe delta = F::sqr(p.z);
    const Fe gamma = F::sqr(p.y);
    const Fe beta = F::mul(p.x, gamma);
    const Sum lower = F::sub(p.x, delta);
    const Fe alpha = F::mul(F::reduce(F::add(lower, F::template times_power_of_two<1>(lower))),
                            F::reduce(F::add(p.x, delta)));
    const Fe y_plus_z = F::reduce(F::add(p.y, p.z));
    p.z = F::reduce(F::sub(F::product(y_plus_z), F::add(gamma, delta)));
    p.x = F::reduce(F::sub(F::product(alpha), F::template times_power_of_two<3>(beta)));
    const Fe rest = F::reduce(F::sub(F::template times_power_of_two<2>(beta), p.x));
    p.y = F::mul_sub_8_sqr(alpha, rest, gamma);
  }

  // p ± q, minus where `negate`: 8M + 3S.
  [[gnu::noinline]] static Jacobian add(const Jacobian& p, const Affine& q, Mask negate) {
    const Fe zz = F::sqr(p.z);
    const Sum u2 = F::product(q.x, zz);
    const Sum s2 = F::product(F::mul(q.y, p.z), zz);
    const Fe h = F::reduce(F::sub(u2, p.x));
    const Fe r = F::reduce(F::sub(F::negate_where(negate, s2), p.y));
    return finish(p.x, p.y, h, r, F::mul(p.z, h));
  }

  // 11M + 3S.
  [[gnu::noinline]] static Jacobian add(const Jacobian& p, const Cached& q, Mask negate) {
    const Fe zz = F::sqr(p.z);
    const Fe u1 = F::mul(p.x, q.zz);
    const Fe s1 = F::mul(p.y, q.zzz);
    const Sum u2 = F::product(q.x, zz);
    const Sum s2 = F::product(F::mul(q.y, p.z), zz);
    const Fe h = F::reduce(F::sub(u2, u1));
    const Fe r = F::reduce(F::sub(F::negate_where(negate, s2), s1));
    return finish(u1, s1, h, r, F::mul(F::mul(p.z, q.z), h));
  }

  static Cached cached(const Jacobian& p) {
    const Fe zz = F::sqr(p.z);
    return {p.x, p.y, p.z, zz, F::mul(zz, p.z)};
  }

  // Whether y² = x³ - 3x + b.
  static Mask on_curve(const Affine& p, const Fe& b) {
    const Sum three_x = F::add(p.x, F::template times_power_of_two<1>(p.x));
    const Sum cube = F::product(F::sqr(p.x), p.x);
    const Sum right = F::add(F::sub(cube, three_x), b);
    return F::is_zero(F::reduce(F::sub(F::product(p.y), right)));
  }

 private:
  // X3 = r² - h³ - 2 u h², Y3 = r (u h² - X3) - s h³.
  [[gnu::noinline]] static Jacobian finish(const Fe& u, const Fe& s, const Fe& h, const Fe& r,
                                           const Fe& z) {
    const Fe hh = F::sqr(h);
    const Fe hhh = F::mul(h, hh);
    const Fe v = F::mul(u, hh);
    const Sum twice_v = F::template times_power_of_two<1>(v);
    const Fe x = F::reduce(F::sub(F::product(r), F::add(hhh, twice_v)));
    const Fe rest = F::reduce(F::sub(v, x));
    return {x, F::mul_sub(r, rest, s, hhh), z};
  }
};

}  // namespace
}  // namespace atoma::batch_ecdsa
