// SHA-2 digests over OpenSSL with the algorithm fetched once: the implicit fetch of the one-shot
// calls costs more than hashing a short input.
#pragma once

#include <initializer_list>

#include "atoma/base/bytes.h"

namespace atoma::crypto {

using Digest256 = ByteArray<32>;
using Digest384 = ByteArray<48>;
using Digest512 = ByteArray<64>;

// The digest of the concatenation of `parts`. No allocation of ours, safe from any thread.
Digest256 sha256(ByteView data);
Digest256 sha256(std::initializer_list<ByteView> parts);
Digest384 sha384(ByteView data);
Digest384 sha384(std::initializer_list<ByteView> parts);
Digest512 sha512(ByteView data);
Digest512 sha512(std::initializer_list<ByteView> parts);

}  // namespace atoma::crypto
