#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/pki/public_key.h"
#include "atoma/wire/pem.h"
#include "test_der.h"

namespace atoma::pki {
namespace {

using crypto::Curve;

// Places in a certificate's signed part.
enum Field : std::size_t {
  kVersion,
  kSerial,
  kInnerAlgorithm,
  kIssuer,
  kValidity,
  kSubject,
  kKey,
  kExtensions
};

const crypto::EcPrivateKey& p256() {
  static const auto key = test_key(0x11, Curve::kP256);
  return key;
}

CertificateTemplate plain() {
  CertificateTemplate content;
  content.subject_cn = "leaf";
  content.issuer_cn = "root";
  content.serial = {0x80, 0x01};
  return content;
}

Bytes issued() { return issue_certificate(plain(), Signer(p256())); }

std::string_view reason(ByteView der) {
  const auto parsed = Certificate::parse(der);
  return parsed ? "none" : parsed.error().reason;
}

// The certificate with one field of its signed part replaced.
Bytes with(Field field, Bytes value) { return with_element(issued(), field, std::move(value)); }

Bytes with_extensions(const std::vector<Bytes>& list) {
  return with(kExtensions, extensions_der(3, list));
}

Bytes key_info(const Bytes& algorithm_contents, const Bytes& bits) {
  Bytes contents = element(wire::kDerSequence, algorithm_contents);
  wire::der_append_bit_string(contents, bits);
  return element(wire::kDerSequence, contents);
}

TEST(Certificate, ReadsWhatWasIssued) {
  CertificateTemplate content = plain();
  content.validity = {{1'600'000'000}, {2'600'000'000}};  // UTCTime and GeneralizedTime
  content.is_ca = true;
  content.path_length = 3;
  content.extra = {{"1.2.3.4.5", false, {5, 0}}};
  const Signer signer(p256());
  const auto c = Certificate::parse(issue_certificate(content, signer));
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_EQ(c->subject_cn(), "leaf");
  EXPECT_EQ(c->issuer_cn(), "root");
  EXPECT_TRUE(equal(c->subject(), make_name("leaf")));
  EXPECT_TRUE(equal(c->issuer(), make_name("root")));
  EXPECT_TRUE(equal(c->serial(), Bytes{0x80, 0x01}));
  EXPECT_EQ(c->validity().not_before, content.validity.not_before);
  EXPECT_EQ(c->validity().not_after, content.validity.not_after);
  EXPECT_TRUE(c->is_ca() && c->has_basic_constraints());
  EXPECT_EQ(c->path_length(), 3u);
  ASSERT_TRUE(c->key_usage());
  EXPECT_TRUE(c->key_usage()->key_cert_sign && c->key_usage()->crl_sign);
  EXPECT_FALSE(c->key_usage()->digital_signature);
  EXPECT_TRUE(equal(c->subject_key_id(), key_id(signer.public_key_info())));
  EXPECT_TRUE(equal(c->authority_key_id(), key_id(signer.public_key_info())));
  EXPECT_TRUE(equal(*c->extension(wire::der_oid("1.2.3.4.5")), Bytes{5, 0}));
  EXPECT_FALSE(c->extension(wire::der_oid("1.2.3.4.6")));
  EXPECT_FALSE(c->has_unknown_critical());
}

// Names reach results, logs and terminals, and whoever asks for a certificate may choose them.
TEST(Certificate, NamesAreReadAsPrintableTextAndStayDistinct) {
  const auto name = [](std::string_view text) {
    CertificateTemplate content = plain();
    content.subject_cn = text;
    const auto c = Certificate::parse(issue_certificate(content, Signer(p256())));
    return c ? c->subject_cn() : "refused: " + c.error().to_string();
  };
  EXPECT_EQ(name("Intel SGX Root CA"), "Intel SGX Root CA");
  EXPECT_EQ(name("\x96\xC3l SGX"), R"(\x96\xc3l SGX)");
  EXPECT_EQ(name("\x1B[2Jroot\n"), R"(\x1b[2Jroot\x0a)");
  EXPECT_EQ(name(R"(\x96)"), R"(\x5cx96)") << "not that byte's";
}

TEST(Certificate, ReadsSerialZeroAndLeavesWithoutExtensions) {
  CertificateTemplate content = plain();
  content.serial = {0};
  content.with_standard_extensions = false;
  const auto c = Certificate::parse(issue_certificate(content, Signer(p256())));
  ASSERT_TRUE(c);
  EXPECT_TRUE(equal(c->serial(), Bytes{0}));
  EXPECT_FALSE(c->has_basic_constraints() || c->key_usage() || c->is_ca());
}

TEST(Certificate, KeepsUnknownCriticalExtensions) {
  CertificateTemplate content = plain();
  content.extra = {{"1.2.3.4.5", true, {5, 0}}};
  EXPECT_TRUE(
      Certificate::parse(issue_certificate(content, Signer(p256())))->has_unknown_critical());
}

TEST(Certificate, ViewsSurviveMoves) {
  auto first = std::move(*Certificate::parse(issued()));
  const Certificate second = std::move(first);
  EXPECT_TRUE(equal(second.der(), issued()));
  EXPECT_TRUE(equal(second.subject(), make_name("leaf")));
}

TEST(Certificate, EveryKeyAndSignatureAlgorithmVerifies) {
  const auto p384 = test_key(0x22, Curve::kP384);
  const auto rsa = crypto::RsaPrivateKey::generate(2048);
  const Signer signers[] = {Signer(p256()), Signer(p384), Signer(rsa)};
  const KeyAlgorithm keys[] = {KeyAlgorithm::kEcP256, KeyAlgorithm::kEcP384, KeyAlgorithm::kRsa};
  for (std::size_t i = 0; i < std::size(signers); ++i) {
    const auto root = Certificate::parse(issue_certificate(plain(), signers[i]));
    ASSERT_TRUE(root);
    EXPECT_EQ(root->key_algorithm(), keys[i]);
    auto key = PublicKey::create(*root);
    ASSERT_TRUE(key);
    for (std::size_t j = 0; j < std::size(signers); ++j) {
      const auto child = Certificate::parse(issue_certificate(plain(), signers[j]));
      EXPECT_EQ(key->verified(*child), i == j) << i << j;
    }
  }
}

TEST(Certificate, OneChangedBitBreaksTheSignature) {
  const Bytes good = issued();
  auto key = PublicKey::create(*Certificate::parse(good));
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    Bytes changed = good;
    changed[i / 8] ^= static_cast<std::uint8_t>(1u << i % 8);
    const auto parsed = Certificate::parse(changed);
    EXPECT_FALSE(parsed && key->verified(*parsed)) << i;
  }
}

TEST(Certificate, RefusesTooLarge) {
  EXPECT_EQ(reason(Bytes(limits::kCertificateMax + 1)), "x509.too_large");
  EXPECT_EQ(reason(Bytes(limits::kCertificateMax)), "x509.syntax");
  EXPECT_EQ(
      parse_certificates(to_bytes("-----BEGIN " + std::string(limits::kCertificateChainMax, 'x')))
          .error()
          .reason,
      "x509.too_large");
}

TEST(Certificate, RefusesEveryPrefixAndTrailingBytes) {
  const Bytes good = issued();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(reason(ByteView(good).first(size)), "x509.syntax") << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(reason(longer), "x509.syntax");
}

TEST(Certificate, RefusesOtherStructure) {
  const Bytes null = element(wire::kDerNull, {});
  for (const Field field : {kSerial, kIssuer, kValidity, kSubject, kKey, kExtensions}) {
    EXPECT_EQ(reason(with(field, null)), "x509.syntax") << field;
  }
  EXPECT_EQ(reason(with(kSerial, {2, 1, 0x80})), "x509.syntax");     // negative
  EXPECT_EQ(reason(with(kSerial, {2, 2, 0, 0x7F})), "x509.syntax");  // not minimal
  Bytes three_times;
  for (int i = 0; i < 3; ++i) wire::der_append_time(three_times, {0});
  EXPECT_EQ(reason(with(kValidity, element(wire::kDerSequence, three_times))), "x509.syntax");
  Parts parts(issued());
  parts.tbs.push_back(null);
  EXPECT_EQ(reason(parts.assemble()), "x509.syntax");
  // An ECDSA signature that is no pair of 32-byte numbers.
  for (const Bytes& signature :
       {Bytes{}, Bytes{0x30, 0}, Bytes{0x30, 3, 2, 1, 1}, Bytes{0x30, 6, 2, 1, 0x81, 2, 1, 1}}) {
    Parts other(issued());
    other.signature.clear();
    wire::der_append_bit_string(other.signature, signature);
    EXPECT_EQ(reason(other.assemble()), "x509.syntax");
  }
}

TEST(Certificate, RefusesOtherVersions) {
  Parts parts(issued());
  parts.tbs.erase(parts.tbs.begin());
  EXPECT_EQ(reason(parts.assemble()), "x509.version");
  for (const std::uint8_t version : Bytes{0, 1, 3}) {
    EXPECT_EQ(reason(with(kVersion, element(wire::der_context(0), Bytes{2, 1, version}))),
              "x509.version");
  }
}

TEST(Certificate, RefusesOtherAlgorithms) {
  Parts parts(issued());
  parts.algorithm = algorithm_of(SignatureAlgorithm::kEcdsaSha384);
  EXPECT_EQ(reason(parts.assemble()), "x509.algorithm");
  EXPECT_EQ(reason(with(kInnerAlgorithm, algorithm_of(SignatureAlgorithm::kRsaPssSha384))),
            "x509.algorithm");
  parts.algorithm = parts.tbs[kInnerAlgorithm] = foreign_algorithm();
  EXPECT_EQ(reason(parts.assemble()), "x509.algorithm");
}

// RSASSA-PSS-params other than SHA-384, MGF1-SHA-384, salt 48: one byte away each.
TEST(Certificate, RefusesOtherPssParameters) {
  const Bytes good = algorithm_of(SignatureAlgorithm::kRsaPssSha384);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] ^= 1;
    wire::DerReader in(changed);
    EXPECT_EQ(read_signature_algorithm(in), SignatureAlgorithm::kNone) << i;
  }
  wire::DerReader in(good);
  EXPECT_EQ(read_signature_algorithm(in), SignatureAlgorithm::kRsaPssSha384);
}

TEST(Certificate, RefusesOtherKeys) {
  const Bytes ec = element(wire::kDerOid, oid::kEcPublicKey);
  const Bytes curve = element(wire::kDerOid, oid::kP256);
  const Bytes secp256k1 = element(wire::kDerOid, wire::der_oid("1.3.132.0.10"));
  Bytes point{4};
  append(point, p256().public_xy());
  EXPECT_EQ(reason(with(kKey, key_info(joined({ec, curve}), point))), "none");
  Bytes compressed(point.begin(), point.begin() + 33);
  compressed[0] = 2;
  Bytes hybrid = point;
  hybrid[0] = 6;
  for (const Bytes& bits : {compressed, hybrid, Bytes(64, 4), Bytes{}}) {
    EXPECT_EQ(reason(with(kKey, key_info(joined({ec, curve}), bits))), "x509.key");
  }
  EXPECT_EQ(reason(with(kKey, key_info(joined({ec, secp256k1}), point))), "x509.key");
  const Bytes ed25519 = element(wire::kDerOid, wire::der_oid("1.3.101.112"));
  EXPECT_EQ(reason(with(kKey, key_info(ed25519, Bytes(32, 1)))), "x509.key");
  const Bytes rsa = joined({element(wire::kDerOid, oid::kRsaEncryption), {5, 0}});
  EXPECT_EQ(reason(with(kKey, key_info(rsa, {0x30, 6, 2, 1, 5, 2, 1, 3}))), "none");
  EXPECT_EQ(reason(with(kKey, key_info(rsa, {0x30, 7, 2, 1, 5, 2, 1, 3, 0}))), "x509.key");
}

TEST(Certificate, KeysAreValidatedBeforeUse) {
  Bytes point{4};
  append(point, Bytes(64, 1));
  const auto bad_point =
      Certificate::parse(with(kKey, key_info(joined({element(wire::kDerOid, oid::kEcPublicKey),
                                                     element(wire::kDerOid, oid::kP256)}),
                                             point)));
  ASSERT_TRUE(bad_point);
  EXPECT_EQ(PublicKey::create(*bad_point).error().reason, "key.point");
  const Bytes rsa = joined({element(wire::kDerOid, oid::kRsaEncryption), {5, 0}});
  const auto bad_rsa = Certificate::parse(with(kKey, key_info(rsa, {0x30, 6, 2, 1, 5, 2, 1, 3})));
  ASSERT_TRUE(bad_rsa);
  EXPECT_EQ(PublicKey::create(*bad_rsa).error().reason, "key.rsa");
}

TEST(Certificate, RefusesMalformedExtensions) {
  const auto constraints = [](const Bytes& value) { return extension_der("2.5.29.19", value); };
  const auto usage = [](const Bytes& value) { return extension_der("2.5.29.15", value); };
  EXPECT_EQ(reason(with_extensions({constraints({0x30, 0}), usage({3, 2, 1, 6})})), "none");
  const std::vector<std::vector<Bytes>> bad = {
      {constraints({0x30, 0}), constraints({0x30, 0})},  // twice
      {constraints({0x30, 3, 1, 1, 1})},                 // a BOOLEAN that DER does not know
      {constraints({0x30, 0, 0})},                       // trailing byte
      {constraints({5, 0})},
      {usage({3, 1, 0})},
      {usage({3, 2, 8, 6})},  // eight unused bits
      {usage({4, 2, 1, 6})},
      {extension_der("2.5.29.14", Bytes{1, 2})},           // subjectKeyIdentifier
      {extension_der("2.5.29.35", Bytes{0x30, 3, 0x80})},  // authorityKeyIdentifier
      {element(wire::kDerSequence, element(wire::kDerOid, oid::kKeyUsage))},
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(reason(with_extensions(bad[i])), "x509.extension") << i;
  }
}

TEST(Certificate, ParsesPemWithSeveralAndDerWithOne) {
  const std::string pem = wire::encode_pem("CERTIFICATE", issued());
  EXPECT_EQ(parse_certificates(issued())->size(), 1u);
  EXPECT_EQ(parse_certificates(to_bytes(pem + pem + std::string(1, '\0')))->size(), 2u);
  std::string many;
  for (std::size_t i = 0; i <= limits::kCertificatesMax; ++i) many += pem;
  EXPECT_EQ(parse_certificates(to_bytes(many)).error().reason, "pem.too_many");
  EXPECT_EQ(parse_certificates(to_bytes(wire::encode_pem("PUBLIC KEY", issued()))).error().reason,
            "x509.label");
  EXPECT_EQ(parse_certificates(to_bytes(pem + "x")).error().reason, "pem.format");
}

}  // namespace
}  // namespace atoma::pki
