// The chain inside a document, judged once: everything that needs no clock. Private to nitro.
#pragma once

#include <optional>
#include <vector>

#include "atoma/crypto/signature.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/nitro/document.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::nitro {

struct ChainFacts {
  Bytes bytes;  // what chain_bytes gives
  bool good = false;
  RootKind root = RootKind::kUnknown;
  ValidityWindow valid;
  std::optional<crypto::EcPublicKey> key;  // of the leaf
  std::vector<Finding> findings;
};

// The certificates in order, each behind its size: equal bytes are equal chains.
Bytes chain_bytes(const DocumentFields& document);

ChainFacts establish_chain(const DocumentFields& document, const TrustAnchors& anchors);

}  // namespace atoma::evidence::nitro
