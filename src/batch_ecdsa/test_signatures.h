// Signatures for this module's tests: ordinary ones, and ones whose scalars are chosen.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/base/check.h"
#include "atoma/batch_ecdsa/batch_verifier.h"
#include "atoma/crypto/digest.h"
#include "atoma/crypto/reference.h"
#include "test_number.h"

namespace atoma::batch_ecdsa {

using crypto::Curve;

// A job that owns its bytes.
struct Signed {
  Curve curve = Curve::kP256;
  Bytes xy, digest, signature;

  Job job() const { return {curve, xy, digest, signature}; }
  // What OpenSSL says.
  bool expected() const { return crypto::openssl_verifies(curve, xy, digest, signature); }
};

struct CurveNumbers {
  Curve curve;
  std::size_t size;  // bytes of a coordinate
  Modulo p, n;
  Number b;
};

inline const CurveNumbers& numbers(Curve curve) {
  const auto hex = [](std::string_view text) { return Number::from_hex(text); };
  static const CurveNumbers p256{
      Curve::kP256,
      32,
      {hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")},
      {hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")},
      hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b")};
  static const CurveNumbers p384{Curve::kP384,
                                 48,
                                 {hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                                      "ffffeffffffff0000000000000000ffffffff")},
                                 {hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f43"
                                      "72ddf581a0db248b0a77aecec196accc52973")},
                                 hex("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f50"
                                     "13875ac656398d8a2ed19d2a85c8edd3ec2aef")};
  return curve == Curve::kP256 ? p256 : p384;
}

inline Bytes joined(const Bytes& a, const Bytes& b) {
  Bytes out = a;
  append(out, b);
  return out;
}

inline crypto::EcPrivateKey key_of(Curve curve, const Number& scalar) {
  auto key = crypto::EcPrivateKey::from_scalar(curve, scalar.to_bytes(numbers(curve).size));
  ATOMA_CHECK(key.has_value());
  return std::move(*key);
}

// Key number `key` signs message number `message`.
inline Signed sign(Curve curve, std::uint64_t key, std::uint64_t message) {
  const auto seed = crypto::sha256(as_bytes("key " + std::to_string(key)));
  const auto signer = key_of(curve, numbers(curve).n.reduce(Number::from_bytes(seed)));
  const Bytes text = to_bytes("message " + std::to_string(message));
  Signed out{curve, signer.public_xy(), {}, signer.sign(text)};
  out.digest =
      curve == Curve::kP256 ? to_bytes(crypto::sha256(text)) : to_bytes(crypto::sha384(text));
  return out;
}

// Numbers as they stand; a point as x and y.
inline Signed assemble(Curve curve, const Bytes& xy, const Number& e, const Number& r,
                       const Number& s) {
  const std::size_t size = numbers(curve).size;
  return {curve, xy, e.to_bytes(size), joined(r.to_bytes(size), s.to_bytes(size))};
}

// A valid signature under d whose verification computes u1·G + u2·(d·G) with these scalars.
inline Signed with_scalars(Curve curve, const Number& d, const Number& u1, const Number& u2) {
  const auto& c = numbers(curve);
  const Number k = c.n.add(u1, c.n.mul(u2, d));
  const Bytes point = key_of(curve, k).public_xy();
  const Number r = c.n.reduce(Number::from_bytes(ByteView(point).first(c.size)));
  const Number s = c.n.mul(r, c.n.inverse(u2));
  return assemble(curve, key_of(curve, d).public_xy(), c.n.mul(u1, s), r, s);
}

// The even y of a point, if x is one's; both primes are 3 modulo 4.
inline std::optional<Number> y_of(Curve curve, const Number& x) {
  const auto& c = numbers(curve);
  const Number cube = c.p.mul(c.p.mul(x, x), x);
  const Number right = c.p.add(c.p.add(cube, c.p.negate(c.p.mul(Number(3), x))), c.b);
  Number quarter;  // (p + 1) / 4
  const Number p_plus_1 = c.p.modulus + Number(1);
  for (std::size_t i = Number::kBits; i-- > 2;) {
    quarter = quarter + quarter;
    if (p_plus_1.bit(i)) quarter = quarter + Number(1);
  }
  const Number y = c.p.power(right, quarter);
  if (c.p.mul(y, y) != right) return std::nullopt;
  return y.bit(0) ? c.p.negate(y) : y;
}

// The first x from `x` on that is a point's.
inline Number next_x(Curve curve, Number x) {
  while (!y_of(curve, x)) x = x + Number(1);
  return x;
}

// R is the key itself: u1 = 0, u2 = 1 if s = r.
inline Signed key_is_sum(Curve curve, const Number& x, const Number& r) {
  const std::size_t size = numbers(curve).size;
  return assemble(curve, joined(x.to_bytes(size), y_of(curve, x)->to_bytes(size)), Number(), r, r);
}

// Verifies all in one batch; the answers.
inline std::vector<bool> verify_all(BatchVerifier& verifier, const std::vector<Signed>& all) {
  std::vector<Job> jobs;
  for (const Signed& item : all) jobs.push_back(item.job());
  verifier.verify(jobs);
  std::vector<bool> out;
  for (const Job& job : jobs) out.push_back(job.valid);
  return out;
}

inline std::vector<bool> expected(const std::vector<Signed>& all) {
  std::vector<bool> out;
  for (const Signed& item : all) out.push_back(item.expected());
  return out;
}

}  // namespace atoma::batch_ecdsa
