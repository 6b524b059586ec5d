#include "atoma/pki/issue.h"

#include "atoma/crypto/digest.h"

namespace atoma::pki {
namespace {

Bytes element(std::uint8_t tag, ByteView contents) {
  Bytes out;
  wire::der_append(out, tag, contents);
  return out;
}

Bytes ecdsa_raw_to_der(ByteView raw) {
  Bytes pair;
  wire::der_append_integer(pair, raw.first(raw.size() / 2));
  wire::der_append_integer(pair, raw.subspan(raw.size() / 2));
  return element(wire::kDerSequence, pair);
}

void append_extension(Bytes& out, ByteView oid, bool critical, ByteView value) {
  Bytes contents = element(wire::kDerOid, oid);
  if (critical) wire::der_append(contents, wire::kDerBoolean, Bytes{0xFF});
  wire::der_append(contents, wire::kDerOctetString, value);
  wire::der_append(out, wire::kDerSequence, contents);
}

void append_authority_key_id(Bytes& out, ByteView public_key_info) {
  const Bytes id = element(wire::der_context_primitive(0), key_id(public_key_info));
  append_extension(out, oid::kAuthorityKeyId, false, element(wire::kDerSequence, id));
}

void append_standard_extensions(Bytes& out, const CertificateTemplate& content, ByteView own_key,
                                ByteView authority_key) {
  append_authority_key_id(out, authority_key);
  append_extension(out, oid::kSubjectKeyId, false, element(wire::kDerOctetString, key_id(own_key)));
  // keyCertSign and cRLSign, or digitalSignature and nonRepudiation.
  const Bytes usage = content.is_ca ? Bytes{1, 0x06} : Bytes{6, 0xC0};
  append_extension(out, oid::kKeyUsage, true, element(wire::kDerBitString, usage));
  Bytes constraints;
  if (content.is_ca) wire::der_append(constraints, wire::kDerBoolean, Bytes{0xFF});
  if (content.path_length) wire::der_append_small_integer(constraints, *content.path_length);
  append_extension(out, oid::kBasicConstraints, true, element(wire::kDerSequence, constraints));
}

Bytes sign_structure(ByteView tbs_contents, const Signer& signer) {
  Bytes contents = element(wire::kDerSequence, tbs_contents);
  const Bytes signature = signer.sign(contents);
  append_signature_algorithm(contents, signer.algorithm());
  wire::der_append_bit_string(contents, signature);
  return element(wire::kDerSequence, contents);
}

Bytes ec_key_info(const crypto::EcPrivateKey& key) {
  Bytes algorithm = element(wire::kDerOid, oid::kEcPublicKey);
  const bool p256 = key.curve() == crypto::Curve::kP256;
  wire::der_append(algorithm, wire::kDerOid, p256 ? ByteView(oid::kP256) : ByteView(oid::kP384));
  Bytes point{0x04};
  append(point, key.public_xy());
  Bytes info = element(wire::kDerSequence, algorithm);
  wire::der_append_bit_string(info, point);
  return element(wire::kDerSequence, info);
}

Bytes rsa_key_info(const crypto::RsaPrivateKey& key) {
  Bytes algorithm = element(wire::kDerOid, oid::kRsaEncryption);
  wire::der_append(algorithm, wire::kDerNull, {});
  Bytes numbers;
  wire::der_append_integer(numbers, key.modulus());
  wire::der_append_integer(numbers, key.exponent());
  Bytes info = element(wire::kDerSequence, algorithm);
  wire::der_append_bit_string(info, element(wire::kDerSequence, numbers));
  return element(wire::kDerSequence, info);
}

void append_validity(Bytes& out, ValidityWindow validity) {
  wire::der_append_time(out, validity.not_before);
  wire::der_append_time(out, validity.not_after);
}

}  // namespace

SignatureAlgorithm Signer::algorithm() const {
  if (rsa_ != nullptr) return SignatureAlgorithm::kRsaPssSha384;
  return ec_->curve() == crypto::Curve::kP256 ? SignatureAlgorithm::kEcdsaSha256
                                              : SignatureAlgorithm::kEcdsaSha384;
}

Bytes Signer::sign(ByteView tbs) const {
  return rsa_ != nullptr ? rsa_->sign_pss_sha384(tbs) : ecdsa_raw_to_der(ec_->sign(tbs));
}

Bytes Signer::public_key_info() const {
  return rsa_ != nullptr ? rsa_key_info(*rsa_) : ec_key_info(*ec_);
}

Bytes key_id(ByteView public_key_info) {
  const auto digest = crypto::sha256(public_key_info);
  return Bytes(digest.begin(), digest.begin() + 20);
}

Bytes make_name(std::string_view common_name) {
  const auto attribute = [](ByteView type, std::string_view text) {
    Bytes contents = element(wire::kDerOid, type);
    wire::der_append(contents, wire::kDerUtf8String, as_bytes(text));
    return element(wire::kDerSet, element(wire::kDerSequence, contents));
  };
  Bytes rdns = attribute(oid::kOrganization, "Atoma sample");
  append(rdns, attribute(oid::kCommonName, common_name));
  return element(wire::kDerSequence, rdns);
}

Bytes issue_certificate(const CertificateTemplate& content, const Signer& signer) {
  const Bytes signer_key = signer.public_key_info();
  const Bytes& own_key = content.public_key_info.empty() ? signer_key : content.public_key_info;
  const Bytes& authority =
      content.authority_key_info.empty() ? signer_key : content.authority_key_info;
  Bytes tbs = element(wire::der_context(0), Bytes{wire::kDerInteger, 1, 2});
  wire::der_append_integer(tbs, content.serial);
  append_signature_algorithm(tbs, signer.algorithm());
  append(tbs, make_name(content.issuer_cn));
  Bytes validity;
  append_validity(validity, content.validity);
  wire::der_append(tbs, wire::kDerSequence, validity);
  append(tbs, make_name(content.subject_cn));
  append(tbs, own_key);
  Bytes extensions;
  if (content.with_standard_extensions) {
    append_standard_extensions(extensions, content, own_key, authority);
  }
  for (const auto& extra : content.extra) {
    append_extension(extensions, wire::der_oid(extra.oid), extra.critical, extra.value);
  }
  wire::der_append(tbs, wire::der_context(3), element(wire::kDerSequence, extensions));
  return sign_structure(tbs, signer);
}

Bytes issue_crl(const CrlTemplate& content, const Signer& signer) {
  Bytes tbs{wire::kDerInteger, 1, 1};
  append_signature_algorithm(tbs, signer.algorithm());
  append(tbs, make_name(content.issuer_cn));
  append_validity(tbs, content.validity);
  Bytes revoked;
  for (const auto& serial : content.revoked_serials) {
    Bytes entry;
    wire::der_append_integer(entry, serial);
    wire::der_append_time(entry, content.validity.not_before);
    wire::der_append(revoked, wire::kDerSequence, entry);
  }
  if (!revoked.empty()) wire::der_append(tbs, wire::kDerSequence, revoked);
  Bytes extensions;
  if (content.with_number) append_extension(extensions, oid::kCrlNumber, false, Bytes{2, 1, 1});
  append_authority_key_id(extensions, signer.public_key_info());
  wire::der_append(tbs, wire::der_context(0), element(wire::kDerSequence, extensions));
  return sign_structure(tbs, signer);
}

}  // namespace atoma::pki
