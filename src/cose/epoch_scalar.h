// Rejection sampling of a P-256 scalar. Private to this module; apart from the derivation, so that
// tests can offer what no derivation will give in a lifetime.
#pragma once

#include "atoma/base/check.h"
#include "atoma/crypto/signature.h"

namespace atoma::cose {

// The first key that `candidate(0)`, `candidate(1)`, … gives, each 32 bytes. One in 2^32 is none.
template <typename Candidate>
crypto::EcPrivateKey first_p256_key(Candidate candidate) {
  for (std::uint8_t i = 0; i < 255; ++i) {
    const Secret<32> scalar = candidate(i);
    auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256,
                                                 scalar.expose("candidate for a signing key"));
    if (key) return *std::move(key);
  }
  ATOMA_CHECK(false);
}

}  // namespace atoma::cose
