// A certificate revocation list (RFC 5280 §5), version 2.
#pragma once

#include "atoma/pki/certificate.h"

namespace atoma::pki {

// Owns its bytes; all views point into them. Move-only, moving keeps the views good.
class Crl {
 public:
  // Errors: "crl.too_large", "crl.syntax", "crl.version", "crl.algorithm", "crl.extension"
  // (malformed, duplicate, or critical and unknown), "crl.entries" (too many), "crl.next_update"
  // (absent: such a list would never expire).
  static Result<Crl> parse(ByteView der);
  Crl(Crl&&) noexcept = default;
  Crl& operator=(Crl&&) noexcept = default;

  ByteView der() const { return der_; }
  ByteView issuer() const { return issuer_; }  // the raw Name
  ValidityWindow validity() const { return validity_; }
  Signed signed_part() const { return {tbs_, signature_algorithm_, signature_}; }
  bool has_number() const { return has_number_; }
  ByteView authority_key_id() const { return authority_key_id_; }
  std::size_t entries() const { return revoked_.size(); }
  bool revokes(ByteView serial) const;

 private:
  Crl() = default;
  friend struct CrlParser;

  Bytes der_;
  Bytes signature_;
  ByteView tbs_, issuer_, authority_key_id_;
  ValidityWindow validity_;
  SignatureAlgorithm signature_algorithm_ = SignatureAlgorithm::kNone;
  bool has_number_ = false;
  std::vector<ByteView> revoked_;  // sorted serials
};

// A list as DER, PEM or hexadecimal text, with trailing NUL bytes or white space: vendors and
// caches serve all three. Errors: those of Crl::parse, "crl.encoding".
Result<Crl> parse_crl(ByteView bytes);

}  // namespace atoma::pki
