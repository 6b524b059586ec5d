// An X.509 v3 certificate (RFC 5280), parsed strictly and judged by nobody yet.
//
//   ATOMA_TRY(auto leaf, Certificate::parse(der));
//   leaf.subject_cn();                       // "Intel SGX PCK Certificate"
//   PublicKey::create(issuer)->verified(leaf)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/pki/algorithm.h"

namespace atoma::pki {

struct Extension {
  ByteView oid;  // contents of the OBJECT IDENTIFIER
  bool critical = false;
  ByteView value;  // contents of extnValue
};

// What an issuer signs: a certificate's or a list's to-be-signed bytes with their signature.
struct Signed {
  ByteView tbs;
  SignatureAlgorithm algorithm = SignatureAlgorithm::kNone;
  ByteView signature;  // ECDSA: raw r ‖ s; RSA: as it stands
};

// Bits of KeyUsage that we look at (RFC 5280 §4.2.1.3).
struct KeyUsage {
  bool digital_signature = false;
  bool key_cert_sign = false;
  bool crl_sign = false;
};

// Owns its bytes; all views point into them. Move-only, moving keeps the views good.
class Certificate {
 public:
  // Errors: "x509.too_large", "x509.syntax", "x509.version", "x509.algorithm" (signature not among
  // SignatureAlgorithm, or not the same inside and outside), "x509.key", "x509.extension"
  // (duplicate or malformed).
  static Result<Certificate> parse(ByteView der);
  Certificate(Certificate&&) noexcept = default;
  Certificate& operator=(Certificate&&) noexcept = default;

  ByteView der() const { return der_; }
  ByteView serial() const { return serial_; }    // magnitude, big-endian; zero is one 0 byte
  ByteView issuer() const { return issuer_; }    // the raw Name
  ByteView subject() const { return subject_; }  // the raw Name
  // The last common name, "" without one; printable ASCII, all else and the backslash as \xNN.
  const std::string& issuer_cn() const { return issuer_cn_; }
  const std::string& subject_cn() const { return subject_cn_; }
  ValidityWindow validity() const { return validity_; }

  KeyAlgorithm key_algorithm() const { return key_algorithm_; }
  ByteView ec_point() const { return key_; }  // x ‖ y of an EC key
  ByteView rsa_modulus() const { return key_; }
  ByteView rsa_exponent() const { return rsa_exponent_; }

  Signed signed_part() const { return {tbs_, signature_algorithm_, signature_}; }

  bool is_ca() const { return is_ca_; }
  std::optional<std::uint64_t> path_length() const { return path_length_; }
  bool has_basic_constraints() const { return has_basic_constraints_; }
  const std::optional<KeyUsage>& key_usage() const { return key_usage_; }
  ByteView subject_key_id() const { return subject_key_id_; }
  ByteView authority_key_id() const { return authority_key_id_; }
  const std::vector<Extension>& extensions() const { return extensions_; }
  // The value of an extension, or nothing.
  std::optional<ByteView> extension(ByteView oid) const;
  bool has_unknown_critical() const { return has_unknown_critical_; }

 private:
  Certificate() = default;
  friend struct CertificateParser;

  Bytes der_;
  Bytes signature_;
  ByteView tbs_, serial_, issuer_, subject_, key_, rsa_exponent_, subject_key_id_,
      authority_key_id_;
  std::string issuer_cn_, subject_cn_;
  ValidityWindow validity_;
  KeyAlgorithm key_algorithm_ = KeyAlgorithm::kNone;
  SignatureAlgorithm signature_algorithm_ = SignatureAlgorithm::kNone;
  bool is_ca_ = false;
  bool has_basic_constraints_ = false;
  bool has_unknown_critical_ = false;
  std::optional<std::uint64_t> path_length_;
  std::optional<KeyUsage> key_usage_;
  std::vector<Extension> extensions_;
};

// Certificates from PEM (several) or DER (one), in the order given.
// Errors: those of Certificate::parse and wire::parse_pem, "x509.label".
Result<std::vector<Certificate>> parse_certificates(ByteView pem_or_der);

// The raw r ‖ s of an ECDSA-Sig-Value, each `size` bytes; false when it is not one or too large.
bool ecdsa_der_to_raw(ByteView der, std::size_t size, Bytes& raw);

}  // namespace atoma::pki
