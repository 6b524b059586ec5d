// NVIDIA's roots, pinned by the SHA-256 of their DER.
#pragma once

#include <span>

#include "atoma/crypto/digest.h"

namespace atoma::evidence::nvidia {

// "NVIDIA Device Identity CA": devices and the OCSP answers about them.
std::span<const crypto::Digest256> device_roots();
// "NVIDIA CoRIM signing Root CA": reference integrity manifests.
std::span<const crypto::Digest256> rim_roots();

}  // namespace atoma::evidence::nvidia
