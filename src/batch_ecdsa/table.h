// Makes fixed-base tables (kernel.h). The lanes hold eight neighbouring entries of one window, so
// the next window is `width` doublings away; one inversion makes all entries affine.
#pragma once

#include "kernel.h"
#include "point.h"

namespace atoma::batch_ecdsa {
namespace {

template <typename L, typename Curve, typename Prime>
struct TableMaker {
  static constexpr int kLimbs = Curve::kLimbs;
  using P = Points<L, Prime>;
  using F = typename P::F;
  using Fe = typename P::Fe;
  // X, Y, Z and the product of all Z up to here, of eight entries.
  struct Entries {
    std::uint64_t x[kLimbs][kLanes], y[kLimbs][kLanes], z[kLimbs][kLanes];
    std::uint64_t product[kLimbs][kLanes];
  };

  // Multiples of a point of prime order by less than the order: no addition is exceptional.
  static void make(const std::uint64_t* xy, int width, std::uint64_t* table,
                   std::uint64_t* scratch) {
    const int vectors = entries_of(width) / kLanes;
    const int count = windows_of(Curve::kBits, width) * vectors;
    auto* const entries = static_cast<Entries*>(static_cast<void*>(scratch));
    first_window(xy, vectors, entries);
    for (int i = vectors; i < count; ++i) {
      auto point = load(entries[i - vectors]);
      for (int k = 0; k < width; ++k) P::dbl(point);
      store(entries[i], point);
    }
    make_affine(entries, count, table);
  }

 private:
  static typename P::Jacobian load(const Entries& from) {
    return {F::load(from.x), F::load(from.y), F::load(from.z)};
  }
  static void store(Entries& to, const typename P::Jacobian& point) {
    F::store(to.x, point.x);
    F::store(to.y, point.y);
    F::store(to.z, point.z);
  }

  static void first_window(const std::uint64_t* xy, int vectors, Entries* entries) {
    typename P::Affine point;
    for (int i = 0; i < kLimbs; ++i) {
      point.x.v[i] = L::set(xy[i]);
      point.y.v[i] = L::set(xy[kLimbs + i]);
    }
    point = {F::to_montgomery(point.x), F::to_montgomery(point.y)};
    typename P::Jacobian multiple = {point.x, point.y, P::one()};
    for (int i = 0; i < vectors * kLanes; ++i) {
      if (i == 1) P::dbl(multiple);
      if (i > 1) multiple = P::add(multiple, point, 0);
      Entries all;
      store(all, multiple);
      for (int limb = 0; limb < kLimbs; ++limb) {
        const int lane = i % kLanes;
        entries[i / kLanes].x[limb][lane] = all.x[limb][lane];
        entries[i / kLanes].y[limb][lane] = all.y[limb][lane];
        entries[i / kLanes].z[limb][lane] = all.z[limb][lane];
      }
    }
  }

  static void make_affine(Entries* entries, int count, std::uint64_t* table) {
    Fe product = F::load(entries[0].z);
    for (int i = 1; i < count; ++i) {
      F::store(entries[i].product, product);
      product = F::mul(product, F::load(entries[i].z));
    }
    Fe inverse = invert(product);
    for (int i = count; i-- > 0;) {
      const Fe z = i == 0 ? inverse : F::mul(inverse, F::load(entries[i].product));
      inverse = F::mul(inverse, F::load(entries[i].z));
      const Fe zz = F::sqr(z);
      F::store(entries[i].x, F::canonical(F::mul(F::load(entries[i].x), zz)));
      F::store(entries[i].y, F::canonical(F::mul(F::load(entries[i].y), F::mul(zz, z))));
      for (int lane = 0; lane < kLanes; ++lane) {
        std::uint64_t* const entry = table + (i * kLanes + lane) * 2 * kLimbs;
        for (int limb = 0; limb < kLimbs; ++limb) {
          entry[limb] = entries[i].x[limb][lane];
          entry[kLimbs + limb] = entries[i].y[limb][lane];
        }
      }
    }
  }

  // a^(p - 2), four bits of the exponent at a time.
  static Fe invert(const Fe& a) {
    constexpr int kWidth = 4;
    static constexpr Limbs<kLimbs> kExponent = [] {
      Limbs<kLimbs> two{};
      two.v[0] = 2;
      return subtract(Curve::kPrime, two);
    }();
    Fe powers[1 << kWidth];
    powers[0] = P::one();
    for (int i = 1; i < 1 << kWidth; ++i) powers[i] = F::mul(powers[i - 1], a);
    Fe out = P::one();
    for (int bit = kLimbs * kLimbBits - kWidth; bit >= 0; bit -= kWidth) {
      for (int k = 0; k < kWidth; ++k) out = F::sqr(out);
      out = F::mul(out, powers[kExponent.v[bit / kLimbBits] >> bit % kLimbBits & 15]);
    }
    return out;
  }
};

}  // namespace
}  // namespace atoma::batch_ecdsa
