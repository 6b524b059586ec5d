#include "atoma/pki/ocsp.h"

#include <algorithm>

#include "atoma/base/limits.h"
#include "atoma/crypto/digest.h"
#include "atoma/pki/public_key.h"
#include "signed_structure.h"

namespace atoma::pki {
namespace {

using wire::DerReader;

constexpr ByteArray<9> kBasicResponse{0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
constexpr ByteArray<9> kSha384{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02};
constexpr ByteArray<3> kExtendedKeyUsage{0x55, 0x1D, 0x25};
constexpr ByteArray<8> kOcspSigning{0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09};
constexpr std::size_t kDigestSize = 48;
constexpr std::uint64_t kCertificateHold = 6;  // CRLReason, RFC 5280 §5.3.1

std::unexpected<Error> syntax(const char* where) {
  return malformed("ocsp.syntax", std::string("not a DER OCSP response: ") + where);
}

// RFC 6960 §4.2.2.2.
bool is_for_ocsp_signing(const Certificate& certificate) {
  const auto usage = certificate.extension(kExtendedKeyUsage);
  if (!usage) return false;
  DerReader in(*usage);
  DerReader list = in.enter(wire::kDerSequence);
  bool found = false;
  while (list.ok() && !list.at_end()) found |= equal(list.element(wire::kDerOid), kOcspSigning);
  return found && list.finish() && in.finish();
}

// A critical extended key usage is known here.
bool has_foreign_critical(const Certificate& certificate) {
  return std::ranges::any_of(certificate.extensions(), [](const Extension& e) {
    return e.critical && !equal(e.oid, kExtendedKeyUsage) && !equal(e.oid, oid::kKeyUsage) &&
           !equal(e.oid, oid::kBasicConstraints);
  });
}

bool signed_by(const Certificate& issuer, const Signed& part) {
  auto key = PublicKey::create(issuer);
  return key && key->verified(part);
}

bool issued_by(const Certificate& child, const Certificate& issuer) {
  return equal(child.issuer(), issuer.subject()) && issuer.is_ca() && issuer.key_usage() &&
         issuer.key_usage()->key_cert_sign && signed_by(issuer, child.signed_part());
}

}  // namespace

std::string_view ocsp_status_name(OcspStatus status) {
  switch (status) {
    case OcspStatus::kUnknown:
      return "unknown";
    case OcspStatus::kRevoked:
      return "revoked";
    case OcspStatus::kHold:
      return "hold";
    case OcspStatus::kGood:
      return "good";
  }
  return "unknown";
}

struct OcspParser {
  OcspResponse& out;

  // OCSPResponse ::= SEQUENCE { responseStatus, [0] EXPLICIT ResponseBytes OPTIONAL }
  Status run() {
    DerReader in(out.der_);
    DerReader response = in.enter(wire::kDerSequence);
    const ByteView status = response.element(wire::kDerEnumerated);
    if (!response.ok() || status.size() != 1) return syntax("the status");
    if (status[0] != 0) {
      return malformed("ocsp.status", "the responder refused: " + std::to_string(status[0]));
    }
    DerReader wrapped = response.enter(wire::der_context(0));
    DerReader bytes = wrapped.enter(wire::kDerSequence);
    const ByteView type = bytes.element(wire::kDerOid);
    const ByteView basic = bytes.element(wire::kDerOctetString);
    if (!bytes.finish() || !wrapped.finish() || !response.finish() || !in.finish()) {
      return syntax("the outside");
    }
    if (!equal(type, kBasicResponse)) return malformed("ocsp.type", "not a basic response");
    return read_basic(basic);
  }

  // BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature, [0] certs }
  Status read_basic(ByteView bytes) {
    DerReader in(bytes);
    DerReader basic = in.enter(wire::kDerSequence);
    out.tbs_ = basic.raw(wire::kDerSequence);
    out.signature_algorithm_ = read_signature_algorithm(basic);
    const ByteView signature = basic.bit_string();
    DerReader certificates({});
    const bool with_certificates = basic.ok() && !basic.at_end();
    if (with_certificates) certificates = basic.enter(wire::der_context(0));
    if (!basic.finish() || !in.finish()) return syntax("the basic response");
    if (out.signature_algorithm_ == SignatureAlgorithm::kNone) {
      return malformed("ocsp.algorithm", "unknown signature algorithm");
    }
    const auto plain = SignedStructure{out.tbs_, out.signature_algorithm_, signature};
    auto raw = plain.plain_signature();
    if (!raw) return syntax("the signature");
    out.signature_ = *std::move(raw);
    if (with_certificates) ATOMA_TRY_VOID(read_certificates(certificates));
    return read_data();
  }

  Status read_certificates(DerReader& wrapped) {
    DerReader list = wrapped.enter(wire::kDerSequence);
    while (list.ok() && !list.at_end()) {
      if (out.certificates_.size() == limits::kCertificatesMax) {
        return malformed("ocsp.too_many", "too many certificates");
      }
      ATOMA_TRY(auto certificate, Certificate::parse(list.raw(wire::kDerSequence)));
      out.certificates_.push_back(std::move(certificate));
    }
    return list.finish() && wrapped.finish() ? Status() : syntax("certificates");
  }

  // ResponseData ::= SEQUENCE { [0] version DEFAULT v1, responderID, producedAt, responses, [1] }
  Status read_data() {
    DerReader in(out.tbs_);
    DerReader data = in.enter(wire::kDerSequence);
    // DER leaves a default out (X.690 §11.5), so that any version here is another one.
    if (data.peek() == wire::der_context(0)) return malformed("ocsp.type", "not version 1");
    const std::uint8_t responder = data.peek();
    if (responder != wire::der_context(1) && responder != wire::der_context(2)) {
      return syntax("the responder's name or key");
    }
    data.raw();
    data.time();
    DerReader answers = data.enter(wire::kDerSequence);
    if (!data.at_end()) {
      DerReader wrapped = data.enter(wire::der_context(1));
      ATOMA_TRY_VOID(refuse_critical(wrapped));
    }
    if (!data.finish()) return syntax("the signed part");
    while (answers.ok() && !answers.at_end()) {
      if (out.answers_.size() == limits::kOcspAnswersMax) {
        return malformed("ocsp.too_many", "too many answers");
      }
      DerReader single = answers.enter(wire::kDerSequence);
      ATOMA_TRY_VOID(read_single(single));
    }
    return answers.finish() ? Status() : syntax("the answers");
  }

  Status refuse_critical(DerReader& wrapped) {
    DerReader list = wrapped.enter(wire::kDerSequence);
    while (list.ok() && !list.at_end()) {
      DerReader extension = list.enter(wire::kDerSequence);
      extension.element(wire::kDerOid);
      if (extension.peek() == wire::kDerBoolean && extension.boolean()) {
        return malformed("ocsp.extension", "an unknown critical extension");
      }
      extension.element(wire::kDerOctetString);
      if (!extension.finish()) return syntax("an extension");
    }
    return list.finish() && wrapped.finish() ? Status() : syntax("extensions");
  }

  // SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, [0] nextUpdate, [1] extensions }
  Status read_single(DerReader& in) {
    OcspSingle single;
    DerReader id = in.enter(wire::kDerSequence);
    DerReader algorithm = id.enter(wire::kDerSequence);
    const bool sha384 = equal(algorithm.element(wire::kDerOid), kSha384);
    if (!algorithm.at_end()) algorithm.element(wire::kDerNull);
    const ByteView name_hash = id.element(wire::kDerOctetString);
    const ByteView key_hash = id.element(wire::kDerOctetString);
    single.serial = id.integer();
    if (!algorithm.finish() || !id.finish()) return syntax("a certificate's name");
    if (sha384 && (name_hash.size() != kDigestSize || key_hash.size() != kDigestSize)) {
      return syntax("a digest's size");
    }
    if (sha384) {
      single.issuer_name_hash = name_hash;
      single.issuer_key_hash = key_hash;
    }
    if (!read_status(in, single.status)) return syntax("a certificate's status");
    const Time this_update = in.time();
    if (!in.ok()) return syntax("thisUpdate");
    if (in.peek() != wire::der_context(0)) {
      return malformed("ocsp.next_update", "an answer without nextUpdate never expires");
    }
    DerReader next = in.enter(wire::der_context(0));
    single.validity = {this_update, next.time()};
    if (!in.at_end()) {
      DerReader wrapped = in.enter(wire::der_context(1));
      ATOMA_TRY_VOID(refuse_critical(wrapped));
    }
    if (!next.finish() || !in.finish()) return syntax("an answer");
    out.answers_.push_back(single);
    return {};
  }

  // CertStatus ::= CHOICE { good [0] NULL, revoked [1] { time, [0] reason }, unknown [2] NULL }
  static bool read_status(DerReader& in, OcspStatus& status) {
    if (in.peek() == wire::der_context_primitive(0)) {
      status = OcspStatus::kGood;
      return in.element(wire::der_context_primitive(0)).empty() && in.ok();
    }
    if (in.peek() == wire::der_context_primitive(2)) {
      return in.element(wire::der_context_primitive(2)).empty() && in.ok();
    }
    DerReader revoked = in.enter(wire::der_context(1));
    status = OcspStatus::kRevoked;
    revoked.time();
    if (!revoked.at_end()) {
      DerReader wrapped = revoked.enter(wire::der_context(0));
      const ByteView reason = wrapped.element(wire::kDerEnumerated);
      if (!wrapped.finish() || reason.size() != 1) return false;
      if (reason[0] == kCertificateHold) status = OcspStatus::kHold;
    }
    return revoked.finish() && in.ok();
  }
};

Result<OcspResponse> OcspResponse::parse(ByteView der) {
  if (der.size() > limits::kOcspMax) {
    return malformed("ocsp.too_large", "an answer of " + std::to_string(der.size()) +
                                           " bytes; at most " + std::to_string(limits::kOcspMax) +
                                           " are read");
  }
  OcspResponse response;
  response.der_ = to_bytes(der);
  ATOMA_TRY_VOID(OcspParser{response}.run());
  return response;
}

const OcspSingle* OcspResponse::find(const Certificate& certificate,
                                     const Certificate& issuer) const {
  if (issuer.ec_point().empty()) return nullptr;
  const ByteArray<1> uncompressed{0x04};
  const auto name = crypto::sha384(issuer.subject());
  const auto key = crypto::sha384({ByteView(uncompressed), issuer.ec_point()});
  const OcspSingle* found = nullptr;
  for (const auto& single : answers_) {
    if (!equal(single.issuer_name_hash, name) || !equal(single.issuer_key_hash, key) ||
        !equal(single.serial, certificate.serial())) {
      continue;
    }
    if (found != nullptr) return nullptr;
    found = &single;
  }
  return found;
}

ValidityWindow ocsp_signer_window(const OcspResponse& answer, const Certificate& issuer,
                                  const Certificate& root) {
  if (signed_by(issuer, answer.signed_part())) return issuer.validity();
  const auto& chain = answer.certificates();
  const auto signer = std::ranges::find_if(
      chain, [&](const Certificate& c) { return signed_by(c, answer.signed_part()); });
  if (signer == chain.end() || !is_for_ocsp_signing(*signer) || signer->is_ca()) return {};
  ValidityWindow window = kAlways;
  const Certificate* at = &*signer;
  // Each step goes up to another certificate; there are only so many.
  for (std::size_t steps = 0; steps <= chain.size(); ++steps) {
    if (has_foreign_critical(*at)) return {};
    window = window.intersect(at->validity());
    if (issued_by(*at, issuer)) return window.intersect(issuer.validity());
    if (issued_by(*at, root)) return window.intersect(root.validity());
    const auto above = std::ranges::find_if(
        chain, [&](const Certificate& c) { return &c != at && issued_by(*at, c); });
    if (above == chain.end()) return {};
    at = &*above;
  }
  return {};
}

}  // namespace atoma::pki
