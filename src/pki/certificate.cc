#include "atoma/pki/certificate.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/pem.h"
#include "signed_structure.h"

namespace atoma::pki {
namespace {

using wire::DerReader;

std::unexpected<Error> syntax(const char* where) {
  return malformed("x509.syntax", std::string("not a DER certificate: ") + where);
}

// A name may hold any bytes, and is shown in results, logs and terminals: what is not printable
// ASCII, and the backslash, as \xNN. No two names look alike.
std::string printable(ByteView name) {
  std::string out;
  for (const std::uint8_t byte : name) {
    if (byte < 0x20 || byte > 0x7E || byte == '\\') {
      out += std::format("\\x{:02x}", byte);
    } else {
      out += static_cast<char>(byte);
    }
  }
  return out;
}

// The last CN of a Name, "" without one (the most specific one comes last).
std::string common_name(ByteView name) {
  std::string found;
  DerReader in(name);
  DerReader rdns = in.enter(wire::kDerSequence);
  while (rdns.ok() && !rdns.at_end()) {
    DerReader rdn = rdns.enter(wire::kDerSet);
    DerReader attribute = rdn.enter(wire::kDerSequence);
    const ByteView type = attribute.element(wire::kDerOid);
    const ByteView value = attribute.element(attribute.peek());
    if (attribute.finish() && equal(type, oid::kCommonName)) found = printable(value);
  }
  return rdns.finish() ? found : "";
}

}  // namespace

bool ecdsa_der_to_raw(ByteView der, std::size_t size, Bytes& raw) {
  DerReader in(der);
  DerReader pair = in.enter(wire::kDerSequence);
  const ByteView r = pair.integer();
  const ByteView s = pair.integer();
  if (!pair.finish() || !in.finish() || r.size() > size || s.size() > size) return false;
  raw.assign(2 * size, 0);
  std::ranges::copy(r, raw.begin() + static_cast<std::ptrdiff_t>(size - r.size()));
  std::ranges::copy(s, raw.begin() + static_cast<std::ptrdiff_t>(2 * size - s.size()));
  return true;
}

struct CertificateParser {
  Certificate& out;

  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
  Status run() {
    const auto outer = read_signed_structure(out.der_);
    if (!outer) return syntax("outer structure");
    out.tbs_ = outer->tbs;
    ATOMA_TRY_VOID(read_tbs());
    if (outer->algorithm == SignatureAlgorithm::kNone ||
        outer->algorithm != out.signature_algorithm_) {
      return malformed("x509.algorithm",
                       "expected ecdsa-with-SHA256, ecdsa-with-SHA384 or RSASSA-PSS with SHA-384, "
                       "the same inside and outside the signed part");
    }
    auto signature = outer->plain_signature();
    if (!signature) return syntax("the ECDSA signature");
    out.signature_ = *std::move(signature);
    return {};
  }

  Status read_tbs() {
    DerReader in(out.tbs_);
    DerReader tbs = in.enter(wire::kDerSequence);
    DerReader version = tbs.enter(wire::der_context(0));
    if (version.small_integer() != 2 || !version.finish()) {
      return malformed("x509.version", "expected an X.509 version 3 certificate");
    }
    out.serial_ = tbs.integer();
    out.signature_algorithm_ = read_signature_algorithm(tbs);
    out.issuer_ = tbs.raw(wire::kDerSequence);
    DerReader validity = tbs.enter(wire::kDerSequence);
    out.validity_ = {validity.time(), validity.time()};
    out.subject_ = tbs.raw(wire::kDerSequence);
    const ByteView key_info = tbs.element(wire::kDerSequence);
    DerReader wrapped = tbs.enter(wire::der_context(3));
    if (!validity.finish() || !tbs.finish()) return syntax("the signed part");
    out.issuer_cn_ = common_name(out.issuer_);
    out.subject_cn_ = common_name(out.subject_);
    ATOMA_TRY_VOID(read_key(key_info));
    return read_extensions(wrapped);
  }

  Status read_key(ByteView key_info) {
    DerReader info(key_info);
    DerReader algorithm = info.enter(wire::kDerSequence);
    const ByteView type = algorithm.element(wire::kDerOid);
    const ByteView bits = info.bit_string();
    if (!info.finish()) return syntax("the public key");
    const bool known = equal(type, oid::kRsaEncryption) ? read_rsa(algorithm, bits)
                                                        : read_ec(type, algorithm, bits);
    if (known) return {};
    return malformed("x509.key", "expected an uncompressed P-256 or P-384 point or an RSA key");
  }

  bool read_rsa(DerReader& algorithm, ByteView bits) {
    algorithm.element(wire::kDerNull);
    DerReader in(bits);
    DerReader key = in.enter(wire::kDerSequence);
    out.key_algorithm_ = KeyAlgorithm::kRsa;
    out.key_ = key.integer();
    out.rsa_exponent_ = key.integer();
    return algorithm.finish() && key.finish() && in.finish();
  }

  bool read_ec(ByteView type, DerReader& algorithm, ByteView bits) {
    const ByteView curve = algorithm.element(wire::kDerOid);
    const bool p256 = equal(curve, oid::kP256);
    const std::size_t size = p256 ? 64 : 96;
    out.key_algorithm_ = p256 ? KeyAlgorithm::kEcP256 : KeyAlgorithm::kEcP384;
    if (!equal(type, oid::kEcPublicKey) || !(p256 || equal(curve, oid::kP384))) return false;
    if (!algorithm.finish() || bits.size() != size + 1 || bits[0] != 0x04) return false;
    out.key_ = bits.subspan(1);
    return true;
  }

  Status read_extensions(DerReader& wrapped) {
    DerReader list = wrapped.enter(wire::kDerSequence);
    if (!wrapped.finish()) return syntax("extensions");
    while (list.ok() && !list.at_end()) {
      DerReader in = list.enter(wire::kDerSequence);
      Extension extension;
      extension.oid = in.element(wire::kDerOid);
      if (in.peek() == wire::kDerBoolean) extension.critical = in.boolean();
      extension.value = in.element(wire::kDerOctetString);
      const bool twice = out.extension(extension.oid).has_value();
      if (!in.finish() || twice || !read_extension(extension)) {
        return malformed("x509.extension",
                         (twice ? "duplicate extension " : "malformed extension ") +
                             wire::oid_to_string(extension.oid));
      }
      out.extensions_.push_back(extension);
    }
    return list.finish() ? Status() : syntax("extensions");
  }

  bool read_extension(const Extension& extension) {
    DerReader in(extension.value);
    if (equal(extension.oid, oid::kBasicConstraints)) {
      out.has_basic_constraints_ = true;
      DerReader constraints = in.enter(wire::kDerSequence);
      if (constraints.peek() == wire::kDerBoolean) out.is_ca_ = constraints.boolean();
      if (!constraints.at_end()) out.path_length_ = constraints.small_integer();
      return constraints.finish() && in.finish();
    }
    if (equal(extension.oid, oid::kKeyUsage)) return read_key_usage(in);
    if (equal(extension.oid, oid::kSubjectKeyId)) {
      out.subject_key_id_ = in.element(wire::kDerOctetString);
      return in.finish();
    }
    if (equal(extension.oid, oid::kAuthorityKeyId)) {
      DerReader id = in.enter(wire::kDerSequence);
      if (id.peek() == wire::der_context_primitive(0)) {
        out.authority_key_id_ = id.element(wire::der_context_primitive(0));
      }
      return id.ok() && in.finish();
    }
    out.has_unknown_critical_ |= extension.critical;
    return true;
  }

  // BIT STRING with named bits; trailing zero bits are cut off (X.690 §11.2.2).
  bool read_key_usage(DerReader& in) {
    const ByteView bits = in.element(wire::kDerBitString);
    if (!in.finish() || bits.size() < 2 || bits.size() > 3 || bits[0] > 7) return false;
    out.key_usage_ = KeyUsage{.digital_signature = (bits[1] & 0x80) != 0,
                              .key_cert_sign = (bits[1] & 0x04) != 0,
                              .crl_sign = (bits[1] & 0x02) != 0};
    return true;
  }
};

Result<Certificate> Certificate::parse(ByteView der) {
  if (der.size() > limits::kCertificateMax) {
    return malformed("x509.too_large", "a certificate of " + std::to_string(der.size()) +
                                           " bytes; at most " +
                                           std::to_string(limits::kCertificateMax) + " are read");
  }
  Certificate certificate;
  certificate.der_ = to_bytes(der);
  ATOMA_TRY_VOID(CertificateParser{certificate}.run());
  return certificate;
}

std::optional<ByteView> Certificate::extension(ByteView oid) const {
  for (const auto& extension : extensions_) {
    if (equal(extension.oid, oid)) return extension.value;
  }
  return std::nullopt;
}

Result<std::vector<Certificate>> parse_certificates(ByteView pem_or_der) {
  std::vector<Certificate> certificates;
  if (!wire::looks_like_pem(pem_or_der)) {
    ATOMA_TRY(auto certificate, Certificate::parse(pem_or_der));
    certificates.push_back(std::move(certificate));
    return certificates;
  }
  if (pem_or_der.size() > limits::kCertificateChainMax) {
    return malformed("x509.too_large",
                     "a PEM chain of " + std::to_string(pem_or_der.size()) + " bytes; at most " +
                         std::to_string(limits::kCertificateChainMax) + " are read");
  }
  ATOMA_TRY(const auto blocks, wire::parse_pem(as_text(pem_or_der), limits::kCertificatesMax));
  for (const auto& block : blocks) {
    if (block.label != "CERTIFICATE") {
      return malformed("x509.label", "expected CERTIFICATE in PEM, found " + block.label);
    }
    ATOMA_TRY(auto certificate, Certificate::parse(block.der));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

}  // namespace atoma::pki
