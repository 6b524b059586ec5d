// The key that signs a TPM's quotes (AK): RSA, or EC on P-256 or P-384. Who vouches for it is not
// said here: a verified hardware report (hcl.h), or the relying party that names it.
#pragma once

#include <variant>

#include "atoma/crypto/digest.h"
#include "atoma/crypto/signature.h"
#include "atoma/evidence/tpm/quote.h"
#include "atoma/pki/certificate.h"

namespace atoma::evidence::tpm {

class AttestationKey {
 public:
  // Errors: "key.rsa", "key.point".
  static Result<AttestationKey> create_rsa(ByteView modulus, ByteView exponent);
  static Result<AttestationKey> create_ec(crypto::Curve curve, ByteView xy);
  static Result<AttestationKey> create(const pki::Certificate& certificate);
  // A SubjectPublicKeyInfo in DER or PEM, or a TPM2B_PUBLIC or TPMT_PUBLIC of a restricted signing
  // key. Errors: "tpm.ak.syntax", "tpm.ak.algorithm", "tpm.ak.attributes", and those of create_*.
  static Result<AttestationKey> parse(ByteView bytes);

  // True when this key made `signature` over `message` in a scheme that fits it.
  bool verify(const TpmSignature& signature, ByteView message);
  // SHA-256 of the SubjectPublicKeyInfo in DER: what policies name.
  const crypto::Digest256& fingerprint() const { return fingerprint_; }

 private:
  using Key = std::variant<crypto::EcPublicKey, crypto::RsaPublicKey>;
  AttestationKey(Key key, const Bytes& info)
      : key_(std::move(key)), fingerprint_(crypto::sha256(info)) {}

  Key key_;
  crypto::Digest256 fingerprint_;
};

}  // namespace atoma::evidence::tpm
