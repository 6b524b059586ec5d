// The field against slow big integers, at the edges of what each operation takes; and the IFMA
// lanes on CPUs without IFMA.
#include <gtest/gtest.h>

#include <random>

#include "loaded_kernel.h"
#include "test_field_ops.h"
#include "test_signatures.h"

namespace atoma::batch_ecdsa {
namespace {

template <int N>
struct Vectors {
  std::uint64_t v[N][kLanes] = {};

  void put(int lane, const Number& number) {
    for (int bit = 0; bit < N * kLimbBits; ++bit) {
      if (number.bit(static_cast<std::size_t>(bit))) {
        v[bit / kLimbBits][lane] |= std::uint64_t{1} << bit % kLimbBits;
      }
    }
  }
  // Fails when a limb is not below 2^52.
  Number get(int lane) const {
    Number out;
    for (int i = N; i-- > 0;) {
      EXPECT_LE(v[i][lane], kLimbMask);
      for (int bit = 0; bit < kLimbBits; ++bit) out = out + out;
      out = out + Number(v[i][lane]);
    }
    return out;
  }
};

template <typename Curve>
class FieldCheck {
 public:
  static constexpr int N = Curve::kLimbs;

  FieldCheck(crypto::Curve curve, const FieldOps<N>& ops, std::uint64_t seed)
      : p_(numbers(curve).p), ops_(ops), random_(seed) {
    // A Fe is at most 2.01 p.
    bound_ = p_.modulus + p_.modulus;
    Number hundredth = p_.modulus;
    for (int i = 0; i < 7; ++i) hundredth = half(hundredth);
    bound_ = bound_ + hundredth;
    r_ = Number(1);
    for (int i = 0; i < N * kLimbBits; ++i) r_ = p_.add(r_, r_);
  }

  void run(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      Vectors<N> in[4], out;
      std::vector<Number> n[4];
      for (int k = 0; k < 4; ++k) {
        for (int lane = 0; lane < kLanes; ++lane) {
          n[k].push_back(operand());
          in[k].put(lane, n[k].back());
        }
      }
      ops_.mul(in[0].v, in[1].v, out.v);
      expect(out, true, [&](int i) { return product(n[0][i], n[1][i]); });
      ops_.sqr(in[0].v, out.v);
      expect(out, true, [&](int i) { return product(n[0][i], n[0][i]); });
      ops_.mul_sub(in[0].v, in[1].v, in[2].v, in[3].v, out.v);
      expect(out, true, [&](int i) {
        return p_.add(product(n[0][i], n[1][i]), p_.negate(product(n[2][i], n[3][i])));
      });
      ops_.mul_sub_8_sqr(in[0].v, in[1].v, in[2].v, out.v);
      expect(out, true, [&](int i) {
        const Number eight = p_.mul(product(n[2][i], n[2][i]), Number(8));
        return p_.add(product(n[0][i], n[1][i]), p_.negate(eight));
      });
      ops_.eight_a_minus_32_b(in[0].v, in[1].v, out.v);
      expect(out, false, [&](int i) {
        return p_.add(p_.mul(p_.reduce(n[0][i]), Number(8)),
                      p_.negate(p_.mul(p_.reduce(n[1][i]), Number(32))));
      });
      ops_.canonical(in[0].v, out.v);
      for (int lane = 0; lane < kLanes; ++lane) {
        EXPECT_EQ(out.get(lane), p_.reduce(n[0][lane]));
      }
    }
  }

 private:
  static Number half(const Number& a) {
    Bytes bytes = a.to_bytes(64);
    for (std::size_t i = 64; i-- > 0;) {
      const unsigned carry = i == 0 ? 0U : (bytes[i - 1] & 1U) << 7;
      bytes[i] = static_cast<std::uint8_t>(bytes[i] >> 1 | carry);
    }
    return Number::from_bytes(bytes);
  }

  // Any number up to the bound, often near 0, p, 2 p, the bound, or with limbs of ones.
  Number operand() {
    const Number small(random_() % 3);
    switch (random_() % 8) {
      case 0:
        return small;
      case 1:
        return p_.modulus - small;
      case 2:
        return p_.modulus + p_.modulus - small;
      case 3:
        return bound_ - small;
      case 4: {  // 2^k - 1
        Number ones;
        for (std::size_t i = random_() % Curve::kBits; i > 0; --i) ones = ones + ones + Number(1);
        return ones;
      }
      default: {
        Bytes bytes(64);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
        const Number number = p_.reduce(Number::from_bytes(bytes));
        return random_() % 2 == 0 ? number : number + p_.modulus;
      }
    }
  }

  Number product(const Number& a, const Number& b) { return p_.mul(p_.reduce(a), p_.reduce(b)); }

  // Each lane is congruent to wanted(lane), divided by R where `montgomery`, and a Fe.
  template <typename Wanted>
  void expect(const Vectors<N>& out, bool montgomery, Wanted wanted) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const Number got = out.get(lane);
      EXPECT_FALSE(bound_ < got);
      const Number value = p_.reduce(got);
      EXPECT_EQ(montgomery ? p_.mul(value, r_) : value, wanted(lane));
    }
  }

  Modulo p_;
  const FieldOps<N>& ops_;
  std::mt19937_64 random_;
  Number bound_, r_;
};

void check(const FieldOpsOfCurves& ops, int rounds) {
  FieldCheck<P256>(Curve::kP256, ops.p256, 3).run(rounds);
  FieldCheck<P384>(Curve::kP384, ops.p384, 4).run(rounds);
}

TEST(FieldTest, Portable) { check(kPortableFieldOps, 16); }

#if defined(__x86_64__)
TEST(FieldTest, Avx512Fma) {
  if (!cpu_has(Backend::kAvx512Fma)) GTEST_SKIP() << "NOT TESTED: this CPU has no AVX-512";
  check(kAvx512FmaFieldOps, 16);
}

TEST(FieldTest, IfmaWithItsInstructionsWrittenOut) {
  if (!cpu_has(Backend::kAvx512Fma)) GTEST_SKIP() << "NOT TESTED: this CPU has no AVX-512";
  check(kEmulatedIfmaFieldOps, 16);
}

TEST(IfmaKernel, KnownAnswersWithItsInstructionsWrittenOut) {
  if (!cpu_has(Backend::kAvx512Fma)) GTEST_SKIP() << "NOT TESTED: this CPU has no AVX-512";
  const LoadedKernel& fma = *loaded(Backend::kAvx512Fma);
  EXPECT_TRUE(known_answers_hold<P256>({&kEmulatedIfmaKernel.p256, fma.p256.generator_table}));
  EXPECT_TRUE(known_answers_hold<P384>({&kEmulatedIfmaKernel.p384, fma.p384.generator_table}));
}
#endif

// A wrong table must be noticed: else the known-answer test tests nothing.
TEST(KnownAnswers, NoticeAWrongTable) {
  const LoadedKernel& portable = *loaded(Backend::kPortable);
  CurveBackend<P256> backend = portable.p256;
  EXPECT_TRUE(known_answers_hold(backend));
  for (std::uint64_t& word : backend.generator_table) word ^= 1;
  EXPECT_FALSE(known_answers_hold(backend));
}

}  // namespace
}  // namespace atoma::batch_ecdsa
