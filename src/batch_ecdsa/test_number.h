// Big integers and their arithmetic modulo something, written to be obviously right: the oracle of
// this module's tests, and what builds signatures with chosen properties.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "atoma/base/bytes.h"

namespace atoma::batch_ecdsa {

class Number {
 public:
  Number() = default;
  explicit Number(std::uint64_t small) { words_[0] = small; }

  static Number from_hex(std::string_view hex) {
    Number out;
    for (const char c : hex) {
      for (int i = 0; i < 4; ++i) out = out + out;
      out = out + Number(static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10));
    }
    return out;
  }
  static Number from_bytes(ByteView big_endian) {
    Number out;
    for (std::size_t i = 0; i < big_endian.size(); ++i) {
      const std::size_t place = big_endian.size() - 1 - i;
      out.words_.at(place / 8) |= std::uint64_t{big_endian[i]} << place % 8 * 8;
    }
    return out;
  }
  Bytes to_bytes(std::size_t size) const {
    Bytes out(size);
    for (std::size_t place = 0; place < size; ++place) {
      out[size - 1 - place] = static_cast<std::uint8_t>(words_.at(place / 8) >> place % 8 * 8);
    }
    return out;
  }

  bool bit(std::size_t i) const { return (words_.at(i / 64) >> i % 64 & 1) != 0; }
  std::size_t bits() const {
    std::size_t out = kBits;
    while (out > 0 && !bit(out - 1)) --out;
    return out;
  }
  bool is_zero() const { return *this == Number(); }
  bool operator==(const Number&) const = default;
  bool operator<(const Number& other) const {
    for (std::size_t i = kWords; i-- > 0;) {
      if (words_[i] != other.words_[i]) return words_[i] < other.words_[i];
    }
    return false;
  }
  Number operator+(const Number& other) const {
    Number out;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kWords; ++i) {
      const std::uint64_t sum = words_[i] + other.words_[i];
      out.words_[i] = sum + carry;
      carry = sum < words_[i] || out.words_[i] < sum;
    }
    return out;
  }
  Number operator-(const Number& other) const {
    Number out;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < kWords; ++i) {
      const std::uint64_t difference = words_[i] - other.words_[i];
      out.words_[i] = difference - borrow;
      borrow = words_[i] < other.words_[i] || difference < borrow;
    }
    return out;
  }

  static constexpr std::size_t kBits = 512;

 private:
  static constexpr std::size_t kWords = kBits / 64;
  std::array<std::uint64_t, kWords> words_{};
};

// Arithmetic on numbers below `modulus`, which leaves a bit of Number free.
struct Modulo {
  Number modulus;

  Number reduce(Number a) const {
    Number out;
    for (std::size_t i = Number::kBits; i-- > 0;) {
      out = add(out, out);
      if (a.bit(i)) out = add(out, Number(1));
    }
    return out;
  }
  Number add(const Number& a, const Number& b) const {
    const Number sum = a + b;
    return sum < modulus ? sum : sum - modulus;
  }
  Number negate(const Number& a) const { return a.is_zero() ? a : modulus - a; }
  Number mul(const Number& a, const Number& b) const {
    Number out;
    for (std::size_t i = b.bits(); i-- > 0;) {
      out = add(out, out);
      if (b.bit(i)) out = add(out, a);
    }
    return out;
  }
  Number power(const Number& a, const Number& exponent) const {
    Number out(1);
    for (std::size_t i = exponent.bits(); i-- > 0;) {
      out = mul(out, out);
      if (exponent.bit(i)) out = mul(out, a);
    }
    return out;
  }
  Number inverse(const Number& a) const { return power(a, modulus - Number(2)); }  // a prime
};

}  // namespace atoma::batch_ecdsa
