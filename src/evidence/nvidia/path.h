// What certificates of a path must be, whoever's path it is.
#pragma once

#include "atoma/pki/certificate.h"
#include "atoma/pki/public_key.h"

namespace atoma::evidence::nvidia {

inline bool is_authority(const pki::Certificate& certificate) {
  return certificate.is_ca() && certificate.key_usage() && certificate.key_usage()->key_cert_sign;
}

// `place` counts from the leaf, which is 0. A path length counts the authorities below, the leaf
// not among them (RFC 5280 §4.2.1.9).
inline bool path_fits(const pki::Certificate& authority, std::size_t place) {
  return !authority.path_length() || *authority.path_length() >= place - 1;
}

// May sign, but no certificates.
inline bool signs(const pki::Certificate& certificate) {
  return !certificate.is_ca() && certificate.key_usage() &&
         certificate.key_usage()->digital_signature && !certificate.key_usage()->key_cert_sign;
}

inline bool is_p384(const pki::Certificate& certificate) {
  return certificate.key_algorithm() == pki::KeyAlgorithm::kEcP384 &&
         certificate.signed_part().algorithm == pki::SignatureAlgorithm::kEcdsaSha384;
}

inline bool signed_by(const pki::Certificate& issuer, const pki::Certificate& child) {
  auto key = pki::PublicKey::create(issuer);
  return key && key->verified(child);
}

}  // namespace atoma::evidence::nvidia
