// Whose roots are believed. Vendor roots are pinned in the code by the SHA-256 of their exact
// bytes; sample roots are what the caller names, and what they sign is never called a vendor's.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/tee.h"

namespace atoma::evidence {

struct TrustAnchors {
  bool vendor_roots = true;
  std::vector<crypto::Digest256> sample_roots;  // SHA-256 of a root certificate's DER

  RootKind kind_of(const crypto::Digest256& root, std::span<const crypto::Digest256> pinned) const {
    if (vendor_roots && std::ranges::contains(pinned, root)) return RootKind::kVendor;
    return std::ranges::contains(sample_roots, root) ? RootKind::kSample : RootKind::kUnknown;
  }
};

}  // namespace atoma::evidence
