// The certificates that vouch for a device's attestation key: FMC, BROM, provisioner, family,
// NVIDIA Device Identity CA. Parsed once, judged by nvidia::Verifier.
#pragma once

#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/trust_anchors.h"
#include "atoma/pki/certificate.h"

namespace atoma::evidence::nvidia {

// Owns its bytes; move-only.
class DeviceChain {
 public:
  // Certificates in PEM, leaf first. How many there are and what they say is for the verifier.
  // Errors: those of pki.
  static Result<DeviceChain> parse(ByteView pem);

  // At least one.
  const std::vector<pki::Certificate>& certificates() const { return certificates_; }
  const pki::Certificate& leaf() const { return certificates_.front(); }
  // Of the certificates' DER, each behind its size: equal digests, equal judgement.
  const crypto::Digest256& digest() const { return digest_; }

 private:
  DeviceChain() = default;
  std::vector<pki::Certificate> certificates_;
  crypto::Digest256 digest_{};
};

// SHA-256 over each one's size in eight bytes and its DER.
crypto::Digest256 digest_of(const std::vector<pki::Certificate>& certificates);

// Whose root a certificate is: kVendor for NVIDIA's of device identities, pinned by its bytes.
RootKind device_root_kind(const pki::Certificate& root, const TrustAnchors& anchors);
// The same for the root of reference manifests, whose signers' state is asked by OCSP too.
RootKind rim_root_kind(const pki::Certificate& root, const TrustAnchors& anchors);

}  // namespace atoma::evidence::nvidia
