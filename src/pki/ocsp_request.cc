#include "atoma/crypto/digest.h"
#include "atoma/pki/ocsp.h"

namespace atoma::pki {
namespace {

constexpr const char* kSha384 = "2.16.840.1.101.3.4.2.2";

Bytes sequence(ByteView contents) {
  Bytes out;
  wire::der_append(out, wire::kDerSequence, contents);
  return out;
}

}  // namespace

// OCSPRequest { TBSRequest { requestList { Request { CertID } } } }
Bytes encode_ocsp_request(const Certificate& certificate, const Certificate& issuer) {
  const ByteArray<1> uncompressed{0x04};
  Bytes algorithm;
  wire::der_append(algorithm, wire::kDerOid, wire::der_oid(kSha384));
  Bytes id = sequence(algorithm);
  wire::der_append(id, wire::kDerOctetString, crypto::sha384(issuer.subject()));
  wire::der_append(id, wire::kDerOctetString,
                   crypto::sha384({ByteView(uncompressed), issuer.ec_point()}));
  wire::der_append_integer(id, certificate.serial());
  return sequence(sequence(sequence(sequence(sequence(id)))));
}

}  // namespace atoma::pki
