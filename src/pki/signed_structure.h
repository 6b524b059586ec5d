// SEQUENCE { what is signed, signatureAlgorithm, signatureValue }: the outside of certificates and
// of revocation lists.
#pragma once

#include <optional>

#include "atoma/pki/algorithm.h"

namespace atoma::pki {

// Views into the bytes that were read.
struct SignedStructure {
  ByteView tbs;  // with its header
  SignatureAlgorithm algorithm = SignatureAlgorithm::kNone;
  ByteView signature;

  // In the form in which signatures are verified: raw r ‖ s for ECDSA. Nothing when it is not of
  // its algorithm's form; the algorithm is one that is known.
  std::optional<Bytes> plain_signature() const;
};

// Nothing when `der` is not exactly that.
std::optional<SignedStructure> read_signed_structure(ByteView der);

}  // namespace atoma::pki
