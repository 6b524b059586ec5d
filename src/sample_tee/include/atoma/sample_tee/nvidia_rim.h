// Writes reference manifests as NVIDIA publishes them, under a software root.
//
//   const NvidiaRimVendor vendor(NvidiaRimKeys::generate(entropy), validity);
//   const Bytes rim = vendor.make_rim(rim_for(report, "driver 550.90.07", indices));
//   anchors.sample_roots.push_back(vendor.root_digest());
#pragma once

#include <functional>

#include "atoma/crypto/digest.h"
#include "atoma/pki/issue_ocsp.h"
#include "atoma/sample_tee/nvidia_report.h"

namespace atoma::sample_tee {

struct NvidiaRimResource {
  std::size_t index = 0;
  bool active = true;
  std::vector<Bytes> hashes{Bytes(48)};
};

struct NvidiaRimTemplate {
  std::string version = "550.90.07";
  std::string product = "GH100";
  std::vector<NvidiaRimResource> resources;
};

// What `content` measures at these indices, active; every other index inactive.
NvidiaRimTemplate matching_rim(const NvidiaReportTemplate& content, std::string version,
                               std::string product, const std::vector<std::size_t>& indices);

// Keys of P-384.
struct NvidiaRimKeys {
  crypto::EcPrivateKey root, issuer, signer;

  static NvidiaRimKeys generate(Entropy& entropy);
};

// The tag without its signature.
std::string encode_nvidia_rim(const NvidiaRimTemplate& rim);

class NvidiaRimVendor {
 public:
  NvidiaRimVendor(NvidiaRimKeys keys, ValidityWindow validity);

  const NvidiaRimKeys& keys() const { return keys_; }
  crypto::Digest256 root_digest() const { return crypto::sha256(chain_.back()); }
  // DER: signer, issuer, root.
  const std::vector<Bytes>& chain() const { return chain_; }

  Bytes make_rim(const NvidiaRimTemplate& rim) const {
    return sign(encode_nvidia_rim(rim), chain_);
  }
  // Signs any tag; `chain` is what KeyInfo shows.
  Bytes sign(const std::string& tag, const std::vector<Bytes>& chain) const;
  // A chain like this one's, changed before it is signed: signer, issuer.
  std::vector<Bytes> chain_with(
      const std::function<void(std::vector<pki::CertificateTemplate>&)>& change) const;

  // OCSP answers about signer and issuer, each by its issuer; `status` is the signer's.
  std::vector<Bytes> answers(pki::OcspStatus status, ValidityWindow validity) const;

 private:
  NvidiaRimKeys keys_;
  ValidityWindow validity_;
  std::vector<Bytes> chain_;
};

}  // namespace atoma::sample_tee
