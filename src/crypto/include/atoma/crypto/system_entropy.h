// The operating system's randomness, through OpenSSL's DRBG.
#pragma once

#include "atoma/base/entropy.h"

namespace atoma::crypto {

class SystemEntropy final : public Entropy {
 public:
  void fill(MutableByteView out) override;
};

}  // namespace atoma::crypto
