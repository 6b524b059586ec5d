// The one source of chance in a run: everything is decided by the seed, on any machine.
#pragma once

#include <cstdint>

#include "atoma/base/check.h"

namespace atoma::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // SplitMix64.
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // From 0 to bound - 1.
  std::uint64_t below(std::uint64_t bound) {
    ATOMA_CHECK(bound > 0);
    return next() % bound;
  }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // A probability in millionths; 0 draws nothing.
  bool chance(std::uint64_t millionths) { return millionths != 0 && below(1'000'000) < millionths; }

 private:
  std::uint64_t state_;
};

}  // namespace atoma::sim
