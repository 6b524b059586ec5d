// AMD's certification authorities, pinned by the SHA-256 of their DER.
#pragma once

#include <optional>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/amd/tcb.h"

namespace atoma::evidence::amd {

enum class Authority : std::uint8_t { kArk, kAsk, kAsvk };

struct PinnedCertificate {
  Product product;
  Authority authority;
};

std::optional<PinnedCertificate> find_pinned(const crypto::Digest256& digest);

}  // namespace atoma::evidence::amd
