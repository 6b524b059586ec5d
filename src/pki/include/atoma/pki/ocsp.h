// An OCSP answer (RFC 6960): a basic response to a question about certificates, judged by nobody
// yet. Answers are explicit inputs: nothing asks a responder here.
//
//   ATOMA_TRY(const auto answer, OcspResponse::parse(der));
//   const OcspSingle* single = answer.find(certificate, issuer);
//   ocsp_signer_window(answer, issuer, root).contains(now) && single->validity.contains(now)
#pragma once

#include <vector>

#include "atoma/pki/certificate.h"

namespace atoma::pki {

// The zero value is the least one can know.
enum class OcspStatus : std::uint8_t { kUnknown = 0, kRevoked, kHold, kGood };
std::string_view ocsp_status_name(OcspStatus status);  // "unknown", "revoked", "hold", "good"

// Views point into the answer.
struct OcspSingle {
  ByteView issuer_name_hash, issuer_key_hash;  // SHA-384; empty when of another digest
  ByteView serial;
  OcspStatus status = OcspStatus::kUnknown;
  ValidityWindow validity;  // thisUpdate, nextUpdate
};

// Owns its bytes; move-only, moving keeps the views good.
class OcspResponse {
 public:
  // Errors: "ocsp.too_large", "ocsp.syntax", "ocsp.status" (not successful), "ocsp.type" (not a
  // basic response of version 1), "ocsp.algorithm", "ocsp.next_update" (absent: such an answer
  // would never expire), "ocsp.extension" (critical and unknown), "ocsp.too_many" (answers or
  // certificates), those of Certificate::parse.
  static Result<OcspResponse> parse(ByteView der);
  OcspResponse(OcspResponse&&) noexcept = default;
  OcspResponse& operator=(OcspResponse&&) noexcept = default;

  ByteView der() const { return der_; }
  Signed signed_part() const { return {tbs_, signature_algorithm_, signature_}; }
  const std::vector<OcspSingle>& answers() const { return answers_; }
  // The responder's certificates that came along.
  const std::vector<Certificate>& certificates() const { return certificates_; }

  // What is answered about this certificate of this issuer, named by SHA-384; null when nothing is,
  // or more than once.
  const OcspSingle* find(const Certificate& certificate, const Certificate& issuer) const;

 private:
  OcspResponse() = default;
  friend struct OcspParser;

  Bytes der_;
  Bytes signature_;
  ByteView tbs_;
  SignatureAlgorithm signature_algorithm_ = SignatureAlgorithm::kNone;
  std::vector<OcspSingle> answers_;
  std::vector<Certificate> certificates_;
};

// Who may answer for `issuer` (RFC 6960 §4.2.2.2): the issuer itself, or a responder to whom a path
// of the answer's own certificates leads from `issuer` or from `root`, whose certificate is for
// OCSP signing. Gives the window in which all certificates of that path are good; an empty one when
// nobody who may has signed.
ValidityWindow ocsp_signer_window(const OcspResponse& answer, const Certificate& issuer,
                                  const Certificate& root);

// DER of an OCSPRequest (RFC 6960 §4.1) about one certificate, named by SHA-384, without a nonce:
// answers are kept and shown to others. `issuer` has an EC key.
Bytes encode_ocsp_request(const Certificate& certificate, const Certificate& issuer);

}  // namespace atoma::pki
