// A software AMD: ARK, ASK and ASVK of one product line, and what they certify. Names, extensions
// and algorithms are those of 57230, so that a verifier tells them from AMD's by the root alone.
//
//   const AmdVendor vendor(Product::kGenoa, AmdAuthorityKeys::generate(), validity);
//   const Bytes vcek = vendor.issue_key({.hw_id = chip, .tcb = tcb}, key);
//   anchors.sample_roots = {vendor.root_digest()};
#pragma once

#include "atoma/crypto/digest.h"
#include "atoma/evidence/amd/report.h"
#include "atoma/pki/issue.h"

namespace atoma::sample_tee {

struct AmdAuthorityKeys {
  crypto::RsaPrivateKey ark;
  crypto::RsaPrivateKey ask;
  crypto::RsaPrivateKey asvk;

  // RSA-4096 three times: takes seconds.
  static AmdAuthorityKeys generate();
};

// A VCEK or VLEK to be certified.
struct AmdKeyTemplate {
  evidence::amd::SigningKey kind = evidence::amd::SigningKey::kVcek;
  Bytes hw_id;         // VCEK: 64 bytes, Turin 8
  std::string csp_id;  // VLEK
  evidence::amd::TcbVersion tcb;
  ValidityWindow validity{{0}, {4102444800}};
};

// The parts, for whoever wants to change one before it is signed.
pki::CertificateTemplate amd_ark_template(evidence::amd::Product product, ValidityWindow validity);
// The ASK for kVcek, the ASVK for kVlek; the caller sets the public key.
pki::CertificateTemplate amd_intermediate_template(evidence::amd::Product product,
                                                   evidence::amd::SigningKey kind,
                                                   ValidityWindow validity);
pki::CertificateTemplate amd_key_template(evidence::amd::Product product, const AmdKeyTemplate& key,
                                          ByteView public_key_info);

class AmdVendor {
 public:
  AmdVendor(evidence::amd::Product product, AmdAuthorityKeys keys, ValidityWindow validity);

  evidence::amd::Product product() const { return product_; }
  const AmdAuthorityKeys& keys() const { return keys_; }
  // Certificates in DER.
  const Bytes& ark() const { return ark_; }
  const Bytes& ask() const { return ask_; }
  const Bytes& asvk() const { return asvk_; }
  crypto::Digest256 root_digest() const { return crypto::sha256(ark_); }

  // The certificate of a VCEK (by the ASK) or VLEK (by the ASVK) in DER. Serial 0, as AMD's.
  Bytes issue_key(const AmdKeyTemplate& key, const crypto::EcPrivateKey& owner) const;
  // A list by the ARK in DER.
  Bytes issue_crl(std::vector<Bytes> revoked_serials, ValidityWindow validity) const;

 private:
  evidence::amd::Product product_;
  AmdAuthorityKeys keys_;
  Bytes ark_, ask_, asvk_;
};

}  // namespace atoma::sample_tee
