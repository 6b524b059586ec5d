// HMAC-SHA256 (FIPS 198-1), and HKDF over it (RFC 5869).
#pragma once

#include "atoma/crypto/digest.h"

namespace atoma::crypto {

// Over the concatenation of `parts`. Compare tags with ct_equal().
Digest256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

// Fills `out`, at most 255 blocks of 32 bytes, from a secret that is uniform enough: extract, then
// expand. What differs in `info` is independent.
void hkdf_sha256(ByteView secret, ByteView salt, ByteView info, MutableByteView out);

}  // namespace atoma::crypto
