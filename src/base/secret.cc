#include "atoma/base/secret.h"

#include <cstring>

namespace atoma {

void wipe(MutableByteView memory) {
  if (memory.empty()) return;
  std::memset(memory.data(), 0, memory.size());
  // The barrier makes the store visible to "someone", so that it can't be dropped as dead.
  __asm__ __volatile__("" : : "r"(memory.data()) : "memory");
}

bool ct_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe(value_);
    value_ = std::exchange(other.value_, {});
  }
  return *this;
}

}  // namespace atoma
