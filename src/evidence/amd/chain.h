// What does not depend on the clock or on a report: the judgement of one set of endorsements.
#pragma once

#include "atoma/crypto/signature.h"
#include "atoma/evidence/amd/verify.h"

namespace atoma::evidence::amd {

struct ChainFacts {
  crypto::Digest256 digest{};     // of the endorsements
  std::vector<Finding> findings;  // every check with its texts
  bool good = false;              // none of them failed
  bool revocation_checked = false;
  RootKind root = RootKind::kUnknown;
  Product product = Product::kUnknown;       // the root's
  SigningKey leaf_kind = SigningKey::kNone;  // by the leaf's subject
  std::shared_ptr<const KeyExtensions> key_extensions;
  std::optional<crypto::EcPublicKey> key;  // P-384, of the leaf
  ValidityWindow certificates;
  std::optional<ValidityWindow> crl;
};

// `endorsements` must be complete.
ChainFacts establish_chain(const Endorsements& endorsements, const TrustAnchors& anchors);

}  // namespace atoma::evidence::amd
