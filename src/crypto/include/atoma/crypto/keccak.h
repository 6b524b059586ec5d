// Keccak-256 with its original padding, as EVM chains use it: not SHA3-256. For anchoring logs on
// chains and for nothing else.
#pragma once

#include "atoma/crypto/digest.h"

namespace atoma::crypto {

// The digest of the concatenation of `parts`. No allocation of ours, safe from any thread.
Digest256 keccak256(ByteView data);
Digest256 keccak256(std::initializer_list<ByteView> parts);

}  // namespace atoma::crypto
