#include "atoma/pki/public_key.h"

namespace atoma::pki {

Result<PublicKey> PublicKey::create(const Certificate& certificate, crypto::SignatureQueue* later) {
  if (certificate.key_algorithm() == KeyAlgorithm::kRsa) {
    ATOMA_TRY(auto key,
              crypto::RsaPublicKey::create(certificate.rsa_modulus(), certificate.rsa_exponent()));
    return PublicKey(std::move(key));
  }
  const auto curve = certificate.key_algorithm() == KeyAlgorithm::kEcP256 ? crypto::Curve::kP256
                                                                          : crypto::Curve::kP384;
  const auto make =
      later != nullptr ? &crypto::EcPublicKey::create_unchecked : &crypto::EcPublicKey::create;
  ATOMA_TRY(auto key, make(curve, certificate.ec_point()));
  return PublicKey(std::move(key));
}

bool PublicKey::verified(const Signed& part, crypto::SignatureQueue* later) {
  if (auto* rsa = std::get_if<crypto::RsaPublicKey>(&key_)) {
    return part.algorithm == SignatureAlgorithm::kRsaPssSha384 &&
           rsa->verify_pss_sha384(part.tbs, part.signature);
  }
  auto& ec = std::get<crypto::EcPublicKey>(key_);
  const auto fitting = ec.curve() == crypto::Curve::kP256 ? SignatureAlgorithm::kEcdsaSha256
                                                          : SignatureAlgorithm::kEcdsaSha384;
  return part.algorithm == fitting && ec.verify(part.tbs, part.signature, later);
}

}  // namespace atoma::pki
