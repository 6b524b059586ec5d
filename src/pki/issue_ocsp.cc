#include "atoma/pki/issue_ocsp.h"

#include "atoma/crypto/digest.h"

namespace atoma::pki {
namespace {

constexpr const char* kSha384 = "2.16.840.1.101.3.4.2.2";
constexpr const char* kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::uint8_t kHoldReason = 6;

Bytes element(std::uint8_t tag, ByteView contents) {
  Bytes out;
  wire::der_append(out, tag, contents);
  return out;
}

Bytes digest(ByteView data, bool sha384) {
  if (!sha384) {
    const auto short_digest = crypto::sha256(data);
    return to_bytes(ByteView(short_digest));
  }
  const auto long_digest = crypto::sha384(data);
  return to_bytes(ByteView(long_digest));
}

Bytes certificate_id(const OcspTemplate::Answer& answer) {
  Bytes key{0x04};
  append(key, answer.issuer->ec_point());
  Bytes id = element(wire::kDerSequence,
                     element(wire::kDerOid, wire::der_oid(answer.sha384 ? kSha384 : kSha256)));
  wire::der_append(id, wire::kDerOctetString, digest(answer.issuer->subject(), answer.sha384));
  wire::der_append(id, wire::kDerOctetString, digest(key, answer.sha384));
  wire::der_append_integer(id, answer.certificate->serial());
  return element(wire::kDerSequence, id);
}

// GeneralizedTime, as OCSP always has it.
Bytes generalized(Time t) {
  std::string digits;
  for (const char c : format_time(t)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return element(wire::kDerGeneralizedTime, as_bytes(digits + "Z"));
}

Bytes status_of(const OcspTemplate::Answer& answer) {
  if (answer.status == OcspStatus::kGood) return element(wire::der_context_primitive(0), {});
  if (answer.status == OcspStatus::kUnknown) return element(wire::der_context_primitive(2), {});
  Bytes revoked = generalized(answer.validity.not_before);
  const std::uint8_t reason = answer.status == OcspStatus::kHold ? kHoldReason : 1;
  append(revoked, element(wire::der_context(0), element(wire::kDerEnumerated, Bytes{reason})));
  return element(wire::der_context(1), revoked);
}

Bytes critical_extensions() {
  Bytes extension = element(wire::kDerOid, wire::der_oid("1.2.3"));
  wire::der_append(extension, wire::kDerBoolean, Bytes{0xFF});
  wire::der_append(extension, wire::kDerOctetString, Bytes{5, 0});
  return element(wire::der_context(1),
                 element(wire::kDerSequence, element(wire::kDerSequence, extension)));
}

Bytes single_of(const OcspTemplate::Answer& answer) {
  Bytes out = certificate_id(answer);
  append(out, status_of(answer));
  append(out, generalized(answer.validity.not_before));
  if (answer.with_next_update) {
    append(out, element(wire::der_context(0), generalized(answer.validity.not_after)));
  }
  if (answer.critical_extension) append(out, critical_extensions());
  return element(wire::kDerSequence, out);
}

}  // namespace

Bytes issue_ocsp(const OcspTemplate& content, const Signer& signer) {
  if (content.response_status != 0) {
    return element(wire::kDerSequence,
                   element(wire::kDerEnumerated, Bytes{content.response_status}));
  }
  Bytes answers;
  for (const auto& answer : content.answers) append(answers, single_of(answer));
  Bytes data = element(wire::der_context(1), make_name(content.responder_cn));
  append(data, generalized({1'750'000'000}));
  wire::der_append(data, wire::kDerSequence, answers);
  if (content.critical_extension) append(data, critical_extensions());
  const Bytes tbs = element(wire::kDerSequence, data);
  Bytes basic = tbs;
  append_signature_algorithm(basic, signer.algorithm());
  wire::der_append_bit_string(basic, signer.sign(tbs));
  if (!content.certificates.empty()) {
    Bytes list;
    for (const auto& der : content.certificates) append(list, der);
    append(basic, element(wire::der_context(0), element(wire::kDerSequence, list)));
  }
  Bytes bytes = element(wire::kDerOid, wire::der_oid("1.3.6.1.5.5.7.48.1.1"));
  wire::der_append(bytes, wire::kDerOctetString, element(wire::kDerSequence, basic));
  Bytes response = element(wire::kDerEnumerated, Bytes{0});
  append(response, element(wire::der_context(0), element(wire::kDerSequence, bytes)));
  return element(wire::kDerSequence, response);
}

CertificateTemplate::Extra ocsp_signing_usage(bool critical) {
  const Bytes usage = element(wire::kDerOid, wire::der_oid("1.3.6.1.5.5.7.3.9"));
  return {"2.5.29.37", critical, element(wire::kDerSequence, usage)};
}

}  // namespace atoma::pki
