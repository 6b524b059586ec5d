// What does not depend on the clock or on a report: the judgement of one device's chain.
#pragma once

#include "atoma/crypto/signature.h"
#include "atoma/evidence/nvidia/verify.h"

namespace atoma::evidence::nvidia {

struct ChainFacts {
  crypto::Digest256 digest{};     // of the chain
  std::vector<Finding> findings;  // every check with its texts
  bool good = false;              // none of them failed
  RootKind root = RootKind::kUnknown;
  std::shared_ptr<const DeviceIdentity> device;
  std::optional<crypto::EcPublicKey> key;  // P-384, of the leaf
  ValidityWindow certificates;
};

ChainFacts establish_chain(const DeviceChain& chain, const TrustAnchors& anchors);

}  // namespace atoma::evidence::nvidia
