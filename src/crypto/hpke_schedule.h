// The key schedule of HPKE base mode (RFC 9180 §5.1) for suites with HKDF-SHA256. Private to this
// module; a function of its own, so that the RFC's vectors for other KEMs can check it.
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/base/secret.h"
#include "atoma/crypto/aead.h"

namespace atoma::crypto {

struct HpkeSuite {
  std::uint16_t kem_id;
  std::uint16_t kdf_id;
  std::uint16_t aead_id;
  std::size_t key_size;  // Nk, at most 32
};

inline constexpr HpkeSuite kXwingSuite = {0x647a, 0x0001, 0x0002, 32};

struct HpkeKeys {
  Secret<32> key;  // the first key_size bytes
  ByteArray<kAeadNonceSize> base_nonce{};
};

HpkeKeys hpke_key_schedule(const HpkeSuite& suite, ByteView shared_secret, ByteView info);

}  // namespace atoma::crypto
