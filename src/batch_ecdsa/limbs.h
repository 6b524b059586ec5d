// Constants of the two curves as 52-bit limbs, least significant first, computed by the compiler.
// The kernel's files are compiled for CPUs that a machine may not have, so nothing here may leave
// code behind that another file could be linked to: everything is consteval or a plain struct.
#pragma once

#include <cstddef>
#include <cstdint>

namespace atoma::batch_ecdsa {

inline constexpr int kLimbBits = 52;
inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << kLimbBits) - 1;
inline constexpr int kLanes = 8;

template <int N>
struct Limbs {
  std::uint64_t v[N];
};

// `hex` is big-endian and below 2^(52 N).
template <int N>
consteval Limbs<N> from_hex(const char* hex) {
  Limbs<N> out{};
  for (; *hex != 0; ++hex) {
    const int digit = *hex <= '9' ? *hex - '0' : *hex - 'a' + 10;
    std::uint64_t carry = static_cast<std::uint64_t>(digit);
    for (std::uint64_t& limb : out.v) {
      const std::uint64_t shifted = limb << 4 | carry;
      limb = shifted & kLimbMask;
      carry = shifted >> kLimbBits;
    }
  }
  return out;
}

template <int N>
consteval bool less(const Limbs<N>& a, const Limbs<N>& b) {
  for (int i = N; i-- > 0;) {
    if (a.v[i] != b.v[i]) return a.v[i] < b.v[i];
  }
  return false;
}

// a - b, a not below b.
template <int N>
consteval Limbs<N> subtract(const Limbs<N>& a, const Limbs<N>& b) {
  Limbs<N> out{};
  std::uint64_t borrow = 0;
  for (int i = 0; i < N; ++i) {
    const std::uint64_t difference = a.v[i] - b.v[i] - borrow;
    out.v[i] = difference & kLimbMask;
    borrow = difference >> 63;
  }
  return out;
}

// value · 2^bits mod modulus; value below the modulus, which leaves the top bit free.
template <int N>
consteval Limbs<N> times_power_of_two(Limbs<N> value, int bits, const Limbs<N>& modulus) {
  for (; bits > 0; --bits) {
    std::uint64_t carry = 0;
    for (std::uint64_t& limb : value.v) {
      const std::uint64_t doubled = limb << 1 | carry;
      limb = doubled & kLimbMask;
      carry = doubled >> kLimbBits;
    }
    if (!less(value, modulus)) value = subtract(value, modulus);
  }
  return value;
}

// -1/modulus mod 2^52, by Newton's iteration.
consteval std::uint64_t negative_inverse(std::uint64_t modulus) {
  std::uint64_t inverse = 1;
  for (int i = 0; i < 6; ++i) inverse *= 2 - modulus * inverse;
  return (0 - inverse) & kLimbMask;
}

// SEC 2 §2.4.2, SP 800-186 §3.2.1.3. R = 2^260.
struct P256 {
  static constexpr int kLimbs = 5;
  static constexpr int kBits = 256;
  static constexpr Limbs<5> kPrime =
      from_hex<5>("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  static constexpr Limbs<5> kOrder =
      from_hex<5>("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  static constexpr Limbs<5> kB =
      from_hex<5>("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
  static constexpr Limbs<5> kGx =
      from_hex<5>("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
  static constexpr Limbs<5> kGy =
      from_hex<5>("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
};

// SEC 2 §2.5.1, SP 800-186 §3.2.1.4. R = 2^416.
struct P384 {
  static constexpr int kLimbs = 8;
  static constexpr int kBits = 384;
  static constexpr Limbs<8> kPrime = from_hex<8>(
      "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
      "ffffffff0000000000000000ffffffff");
  static constexpr Limbs<8> kOrder = from_hex<8>(
      "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
      "581a0db248b0a77aecec196accc52973");
  static constexpr Limbs<8> kB = from_hex<8>(
      "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a"
      "c656398d8a2ed19d2a85c8edd3ec2aef");
  static constexpr Limbs<8> kGx = from_hex<8>(
      "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
      "5502f25dbf55296c3a545e3872760ab7");
  static constexpr Limbs<8> kGy = from_hex<8>(
      "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
      "0a60b1ce1d7e819d7a431d7c90ea0e5f");
};

// Montgomery's constants of a modulus, R = 2^(52 N).
template <int N>
struct Montgomery {
  Limbs<N> modulus;
  Limbs<N> one;        // R
  Limbs<N> r_squared;  // takes a number into Montgomery form
  Limbs<N> r_cubed;    // takes an inverse of a number in Montgomery form back into it
  std::uint64_t n0;    // -1/modulus mod 2^52
};

template <int N>
consteval Montgomery<N> montgomery_of(const Limbs<N>& modulus) {
  Montgomery<N> out{};
  Limbs<N> unit{};
  unit.v[0] = 1;
  out.modulus = modulus;
  out.one = times_power_of_two(unit, kLimbBits * N, modulus);
  out.r_squared = times_power_of_two(out.one, kLimbBits * N, modulus);
  out.r_cubed = times_power_of_two(out.r_squared, kLimbBits * N, modulus);
  out.n0 = negative_inverse(modulus.v[0]);
  return out;
}

}  // namespace atoma::batch_ecdsa
