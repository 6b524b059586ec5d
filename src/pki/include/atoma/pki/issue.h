// Makes certificates and revocation lists for software roots: the sample TEE and the tests. What
// comes out is what a vendor would sign, so the verifier can't tell it from the real thing except
// by its root.
#pragma once

#include <string>

#include "atoma/crypto/signature.h"
#include "atoma/pki/certificate.h"

namespace atoma::pki {

// Signs with an EC (SHA-256 or SHA-384 by curve) or an RSA key. Not owned.
class Signer {
 public:
  explicit Signer(const crypto::EcPrivateKey& key) : ec_(&key) {}
  explicit Signer(const crypto::RsaPrivateKey& key) : rsa_(&key) {}

  SignatureAlgorithm algorithm() const;
  // As it stands in an X.509 signatureValue.
  Bytes sign(ByteView tbs) const;
  // SubjectPublicKeyInfo of the signer's own key.
  Bytes public_key_info() const;

 private:
  const crypto::EcPrivateKey* ec_ = nullptr;
  const crypto::RsaPrivateKey* rsa_ = nullptr;
};

struct CertificateTemplate {
  std::string subject_cn;
  std::string issuer_cn;
  Bytes serial{1};
  ValidityWindow validity{{0}, {4102444800}};
  bool is_ca = false;
  std::optional<std::uint64_t> path_length;
  bool with_standard_extensions = true;  // basic constraints, key usage, key ids
  Bytes public_key_info;                 // empty: the signer's own (self-signed)
  Bytes authority_key_info;              // SPKI that the authority key id names; empty: as above
  struct Extra {
    std::string oid;
    bool critical = false;
    Bytes value;
  };
  std::vector<Extra> extra;
};

// The raw Name with O = "Atoma sample" and this CN.
Bytes make_name(std::string_view common_name);

// DER of the certificate.
Bytes issue_certificate(const CertificateTemplate& content, const Signer& signer);

struct CrlTemplate {
  std::string issuer_cn;
  ValidityWindow validity;
  std::vector<Bytes> revoked_serials;
  bool with_number = true;
};

// DER of the list.
Bytes issue_crl(const CrlTemplate& content, const Signer& signer);

// A 20-byte key id: the start of SHA-256 of the SubjectPublicKeyInfo.
Bytes key_id(ByteView public_key_info);

}  // namespace atoma::pki
