#include "atoma/crypto/system_entropy.h"

#include <openssl/rand.h>

#include "atoma/base/check.h"

namespace atoma::crypto {

void SystemEntropy::fill(MutableByteView out) {
  constexpr unsigned int kStrengthBits = 256;
  ATOMA_CHECK(RAND_priv_bytes_ex(nullptr, out.data(), out.size(), kStrengthBits) == 1);
}

}  // namespace atoma::crypto
