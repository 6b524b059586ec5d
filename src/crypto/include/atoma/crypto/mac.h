// HMAC-SHA256 (FIPS 198-1).
#pragma once

#include "atoma/crypto/digest.h"

namespace atoma::crypto {

// Over the concatenation of `parts`. Compare tags with ct_equal().
Digest256 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

}  // namespace atoma::crypto
