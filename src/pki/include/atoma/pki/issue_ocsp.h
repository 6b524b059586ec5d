// Makes OCSP answers for software authorities: the sample TEE and the tests.
#pragma once

#include "atoma/pki/issue.h"
#include "atoma/pki/ocsp.h"

namespace atoma::pki {

struct OcspTemplate {
  struct Answer {
    const Certificate* certificate = nullptr;
    const Certificate* issuer = nullptr;
    OcspStatus status = OcspStatus::kGood;
    ValidityWindow validity;
    bool with_next_update = true;
    bool sha384 = true;  // else SHA-256, whose names nobody looks for
    bool critical_extension = false;
  };
  std::vector<Answer> answers;
  std::string responder_cn;
  std::vector<Bytes> certificates;  // DER, of the responder
  std::uint8_t response_status = 0;
  bool critical_extension = false;
};

// DER of the answer.
Bytes issue_ocsp(const OcspTemplate& content, const Signer& signer);

// OID and value of an extended key usage for OCSP signing, for a certificate's `extra`.
CertificateTemplate::Extra ocsp_signing_usage(bool critical = false);

}  // namespace atoma::pki
