// What vouches for a report's key: VCEK or VLEK, its issuer ASK or ASVK, the root ARK, and a
// revocation list. Parsed once, judged by amd::Verifier, used for many reports.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/pki/certificate.h"
#include "atoma/pki/crl.h"

namespace atoma::evidence::amd {

// Owns its bytes; move-only.
class Endorsements {
 public:
  // Each file is a certificate in DER, one or more in PEM, or a list in DER or PEM. The order says
  // nothing: an EC key is the leaf, a self-issued RSA key the root, another RSA key the issuer;
  // among several the one whose name fits. Bytes that stand twice count once. What is missing stays
  // empty, for the verifier to report.
  // Errors: those of pki, "endorsements.too_many" (certificates), "endorsements.leaf" (two
  // different ones), "endorsements.crl" (two different ones).
  static Result<Endorsements> parse(std::span<const ByteView> files);

  const pki::Certificate* leaf() const { return pointer(leaf_); }
  const pki::Certificate* intermediate() const { return pointer(intermediate_); }
  const pki::Certificate* root() const { return pointer(root_); }
  const pki::Crl* crl() const { return pointer(crl_); }
  // All that is there, in DER: endorsements of equal digest can be made of them.
  std::vector<Bytes> files() const;
  bool complete() const { return leaf_ && intermediate_ && root_; }
  // digest_of_files of all four: equal digests, equal judgement.
  const crypto::Digest256& digest() const { return digest_; }

 private:
  Endorsements() = default;
  template <typename T>
  static const T* pointer(const std::optional<T>& value) {
    return value ? &*value : nullptr;
  }
  crypto::Digest256 compute_digest() const;

  std::optional<pki::Certificate> leaf_, intermediate_, root_;
  std::optional<pki::Crl> crl_;
  crypto::Digest256 digest_{};
};

// A chain of SHA-256 over each file's SHA-256, to know equal input again. Allocates nothing.
crypto::Digest256 digest_of_files(std::span<const ByteView> files);

}  // namespace atoma::evidence::amd
