// Randomness as an argument. The real source is crypto::SystemEntropy; tests pass a seeded one.
#pragma once

#include "atoma/base/bytes.h"

namespace atoma {

class Entropy {
 public:
  virtual ~Entropy() = default;
  // Fills `out` or stops the process: a system without randomness must not go on.
  virtual void fill(MutableByteView out) = 0;
};

}  // namespace atoma
