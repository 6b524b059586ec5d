// Numbers at the edges of their ranges, points with structure, and sums that meet exceptional
// cases.
#include "test_backends.h"
#include "test_signatures.h"

namespace atoma::batch_ecdsa {
namespace {

using EdgeCases = OnBackend;
// One by one means crypto::EcPublicKey, whose equation is as much ours as the kernel's.
INSTANTIATE_TEST_SUITE_P(Each, EdgeCases, every_backend(), backend_name);

constexpr Curve kCurves[] = {Curve::kP256, Curve::kP384};

Number all_ones(Curve curve) { return Number::from_bytes(Bytes(numbers(curve).size, 0xFF)); }

// Three times over, so that no batch is too small for the kernel. The statistics are those of the
// kernel's lanes.
Stats expect_as_openssl(Backend backend, std::vector<Signed> all) {
  const std::vector<Signed> once = all;
  for (int i = 0; i < 2; ++i) all.insert(all.end(), once.begin(), once.end());
  BatchVerifier verifier(backend);
  EXPECT_EQ(verify_all(verifier, all), expected(all));
  return verifier.stats();
}

std::vector<Number> edges(Curve curve) {
  const auto& c = numbers(curve);
  const Number one(1);
  return {Number(),          one,         c.n.modulus - one, c.n.modulus,    c.n.modulus + one,
          c.p.modulus - one, c.p.modulus, c.p.modulus + one, all_ones(curve)};
}

TEST_P(EdgeCases, RAndSAtTheEdgesOfTheirRange) {
  for (const Curve curve : kCurves) {
    const Signed good = sign(curve, 1, 1);
    std::vector<Signed> all;
    for (const Number& r : edges(curve)) {
      for (const Number& s : edges(curve)) {
        all.push_back(assemble(curve, good.xy, Number::from_bytes(good.digest), r, s));
      }
    }
    expect_as_openssl(GetParam(), all);
  }
}

// s = n - s' is as valid as s'; r + n and s + n, where they fit, are not.
TEST_P(EdgeCases, OtherSpellingsOfASignature) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    const Signed good = sign(curve, 1, 1);
    const Number e = Number::from_bytes(good.digest);
    const Number r = Number::from_bytes(ByteView(good.signature).first(c.size));
    const Number s = Number::from_bytes(ByteView(good.signature).last(c.size));
    const Signed negated = assemble(curve, good.xy, e, r, c.n.negate(s));
    EXPECT_TRUE(negated.expected());
    expect_as_openssl(GetParam(), {good, negated, assemble(curve, good.xy, e, c.n.negate(r), s),
                                   assemble(curve, good.xy, e, s, r)});
    // Small r and s, valid: k = 1 gives a large r, so only s is chosen small.
    for (const std::uint64_t small : {1, 2, 3}) {
      const Number k(7), d(11);
      const Bytes point = key_of(curve, k).public_xy();
      const Number rk = c.n.reduce(Number::from_bytes(ByteView(point).first(c.size)));
      // s = (e + r d)/k, so e = s k - r d.
      const Number ek = c.n.add(c.n.mul(Number(small), k), c.n.negate(c.n.mul(rk, d)));
      const Bytes xy = key_of(curve, d).public_xy();
      const Signed valid = assemble(curve, xy, ek, rk, Number(small));
      EXPECT_TRUE(valid.expected());
      expect_as_openssl(GetParam(),
                        {valid, assemble(curve, xy, ek, rk, Number(small) + c.n.modulus)});
    }
  }
}

TEST_P(EdgeCases, DigestsOfZeroOrNotBelowTheOrder) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    std::vector<Signed> all;
    for (const Number& e : edges(curve)) {
      // The signature of e mod n, made with k = 12345, stands beside the digest as it is.
      const Number d(777), k(12345);
      const Bytes point = key_of(curve, k).public_xy();
      const Number r = c.n.reduce(Number::from_bytes(ByteView(point).first(c.size)));
      const Number s = c.n.mul(c.n.inverse(k), c.n.add(c.n.reduce(e), c.n.mul(r, d)));
      all.push_back(assemble(curve, key_of(curve, d).public_xy(), e, r, s));
      EXPECT_TRUE(all.back().expected());
    }
    expect_as_openssl(GetParam(), all);
  }
}

TEST_P(EdgeCases, PointsThatAreNotOnTheCurveOrNotCanonical) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    const Signed good = sign(curve, 1, 1);
    const auto with_key = [&](const Number& x, const Number& y) {
      Signed out = good;
      out.xy = joined(x.to_bytes(c.size), y.to_bytes(c.size));
      return out;
    };
    const Number x = Number::from_bytes(ByteView(good.xy).first(c.size));
    const Number y = Number::from_bytes(ByteView(good.xy).last(c.size));
    std::vector<Signed> all{with_key(x, c.p.negate(y)), with_key(y, x), with_key(x, Number())};
    for (const Number& a : edges(curve)) {
      for (const Number& b : edges(curve)) all.push_back(with_key(a, b));
    }
    // A point with small x, and its second spelling x + p; valid in the first alone.
    const Number small = next_x(curve, Number(1));
    const Signed valid = key_is_sum(curve, small, small);
    EXPECT_TRUE(valid.expected());
    Signed spelled = valid;
    spelled.xy =
        joined((small + c.p.modulus).to_bytes(c.size), y_of(curve, small)->to_bytes(c.size));
    EXPECT_FALSE(spelled.expected());
    all.push_back(valid);
    all.push_back(spelled);
    // x = 0, if it is a point's.
    if (y_of(curve, Number())) all.push_back(key_is_sum(curve, Number(), Number(1)));
    expect_as_openssl(GetParam(), all);
  }
}

// x of the sum in [n, p): r is x - n. And x small with r = x + p - n: r + n is x only modulo p.
TEST_P(EdgeCases, SumWithXNotBelowTheOrder) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    const Number x = next_x(curve, c.n.modulus + Number(1));
    const Signed wraps = key_is_sum(curve, x, x - c.n.modulus);
    EXPECT_TRUE(wraps.expected());
    const Number small = next_x(curve, Number(1));
    const Signed twice = key_is_sum(curve, small, small + (c.p.modulus - c.n.modulus));
    EXPECT_FALSE(twice.expected());
    const Signed edge = key_is_sum(curve, x, c.p.modulus - c.n.modulus);
    EXPECT_FALSE(edge.expected());
    const Stats stats = expect_as_openssl(GetParam(), {wraps, twice, edge});
    EXPECT_EQ(stats.undecided, 0U);  // the kernel itself must tell them apart
  }
}

TEST_P(EdgeCases, KeysThatAreSmallMultiplesOfTheGenerator) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    std::vector<Signed> all;
    for (const std::uint64_t d : {1, 2, 3, 4, 5, 16, 17, 32, 128, 256}) {
      for (const Number& key : {Number(d), c.n.negate(Number(d))}) {
        all.push_back(with_scalars(curve, key, Number(1009), Number(1)));
        all.push_back(with_scalars(curve, key, c.n.negate(Number(9)), c.n.negate(Number(2))));
        all.push_back(with_scalars(curve, key, Number(), Number(77)));
        all.push_back(with_scalars(curve, key, Number::from_hex("123456789abcdef00"),
                                   Number::from_hex("fedcba98765432100f")));
        EXPECT_TRUE(all.back().expected());
      }
    }
    expect_as_openssl(GetParam(), all);
  }
}

// u1·G = u2·Q: the last addition would be a doubling. Valid, and only OpenSSL can say so.
TEST_P(EdgeCases, EqualSummands) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    std::vector<Signed> all;
    for (const std::uint64_t u : {1, 5, 64, 100, 128}) {
      const Number d(1000 + u);
      all.push_back(with_scalars(curve, d, Number(u), c.n.mul(Number(u), c.n.inverse(d))));
      EXPECT_TRUE(all.back().expected());
    }
    const Stats stats = expect_as_openssl(GetParam(), all);
    const bool kernel = GetParam() != Backend::kOpenSsl;
    EXPECT_EQ(stats.undecided, kernel ? 3 * all.size() : 0);

    // Scalars of many windows: the sums on the way differ.
    const Number u = c.n.inverse(Number(3)), d(99);
    const Signed large = with_scalars(curve, d, u, c.n.mul(u, c.n.inverse(d)));
    EXPECT_TRUE(large.expected());
    expect_as_openssl(GetParam(), {large});
  }
}

// u1·G = -u2·Q: the sum is the point at infinity, which no r fits.
TEST_P(EdgeCases, OppositeSummands) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    std::vector<Signed> all;
    for (const std::uint64_t number : {1, 2, 3, 400, 5000}) {
      const Number d(1000 + number), r(number), s = c.n.inverse(Number(number + 7));
      const Number e = c.n.negate(c.n.mul(r, d));
      all.push_back(assemble(curve, key_of(curve, d).public_xy(), e, r, s));
      EXPECT_FALSE(all.back().expected());
    }
    const Stats stats = expect_as_openssl(GetParam(), all);
    const bool kernel = GetParam() != Backend::kOpenSsl;
    EXPECT_EQ(stats.undecided, kernel ? 3 * all.size() : 0);
  }
}

// Scalars whose signed windows are all zero, all at the edge, or carry to the end.
TEST_P(EdgeCases, ScalarsWithStructure) {
  for (const Curve curve : kCurves) {
    const auto& c = numbers(curve);
    std::vector<Number> scalars{Number(1),
                                Number(16),
                                Number(17),
                                Number(31),
                                Number(32),
                                Number(127),
                                Number(128),
                                Number(129),
                                Number(255),
                                Number(256),
                                c.n.modulus - Number(1),
                                c.n.modulus - Number(16),
                                c.n.modulus - Number(128)};
    Number power(1);
    for (std::size_t bit = 0; bit < 8 * c.size; ++bit, power = power + power) {
      if (bit % 51 == 0 || bit + 9 > 8 * c.size) scalars.push_back(c.n.reduce(power));
      if (bit % 67 == 0) scalars.push_back(c.n.reduce(power - Number(1)));
    }
    std::vector<Signed> all;
    for (std::size_t i = 0; i < scalars.size(); ++i) {
      const Number& u2 = scalars[i].is_zero() ? scalars[0] : scalars[i];
      all.push_back(with_scalars(curve, Number(4242), scalars[(7 * i + 3) % scalars.size()], u2));
    }
    expect_as_openssl(GetParam(), all);
  }
}

}  // namespace
}  // namespace atoma::batch_ecdsa
