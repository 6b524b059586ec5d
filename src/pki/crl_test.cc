#include "atoma/pki/crl.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/pki/public_key.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"
#include "test_der.h"

namespace atoma::pki {
namespace {

// Places in a list's signed part, when it revokes somebody.
enum Field : std::size_t {
  kVersion,
  kInnerAlgorithm,
  kIssuer,
  kThisUpdate,
  kNextUpdate,
  kRevoked,
  kExtensions
};

const crypto::EcPrivateKey& key() {
  static const auto p256 = test_key(0x11, crypto::Curve::kP256);
  return p256;
}

CrlTemplate plain() {
  return {.issuer_cn = "root",
          .validity = {{1'600'000'000}, {1'700'000'000}},
          .revoked_serials = {{9}, {1, 2, 3}, {0x80}}};
}

Bytes issued() { return issue_crl(plain(), Signer(key())); }

std::string_view reason(ByteView der) {
  const auto parsed = Crl::parse(der);
  return parsed ? "none" : parsed.error().reason;
}

Bytes with(Field field, Bytes value) { return with_element(issued(), field, std::move(value)); }

Bytes with_extensions(const std::vector<Bytes>& list) {
  return with(kExtensions, extensions_der(0, list));
}

Bytes entry(const std::vector<Bytes>& extensions) {
  Bytes contents{2, 1, 9};
  wire::der_append_time(contents, {1'600'000'000});
  if (!extensions.empty()) append(contents, element(wire::kDerSequence, joined(extensions)));
  return element(wire::kDerSequence, contents);
}

TEST(Crl, ReadsWhatWasIssued) {
  const auto crl = Crl::parse(issued());
  ASSERT_TRUE(crl) << crl.error().to_string();
  EXPECT_TRUE(equal(crl->issuer(), make_name("root")));
  EXPECT_EQ(crl->validity().not_before, Time{1'600'000'000});
  EXPECT_EQ(crl->validity().not_after, Time{1'700'000'000});
  EXPECT_TRUE(crl->has_number());
  EXPECT_TRUE(equal(crl->authority_key_id(), key_id(Signer(key()).public_key_info())));
  EXPECT_EQ(crl->entries(), 3u);
  for (const Bytes& serial : {Bytes{9}, Bytes{1, 2, 3}, Bytes{0x80}}) {
    EXPECT_TRUE(crl->revokes(serial));
  }
  for (const Bytes& serial : {Bytes{}, Bytes{8}, Bytes{1, 2}, Bytes{1, 2, 3, 0}, Bytes{0, 9}}) {
    EXPECT_FALSE(crl->revokes(serial));
  }
}

TEST(Crl, AnEmptyListRevokesNobody) {
  CrlTemplate content = plain();
  content.revoked_serials.clear();
  content.with_number = false;
  const auto crl = Crl::parse(issue_crl(content, Signer(key())));
  ASSERT_TRUE(crl);
  EXPECT_EQ(crl->entries(), 0u);
  EXPECT_FALSE(crl->has_number());
  EXPECT_FALSE(crl->revokes(Bytes{9}));
}

TEST(Crl, SignatureIsOfItsIssuer) {
  const auto rsa = crypto::RsaPrivateKey::generate(2048);
  const auto p384 = test_key(0x22, crypto::Curve::kP384);
  for (const Signer& signer : {Signer(key()), Signer(rsa), Signer(p384)}) {
    auto own = PublicKey::create(*Certificate::parse(issue_certificate({}, signer)));
    const auto other_key = test_key(0x33, crypto::Curve::kP256);
    auto other = PublicKey::create(*Certificate::parse(issue_certificate({}, Signer(other_key))));
    const auto crl = Crl::parse(issue_crl(plain(), signer));
    EXPECT_TRUE(own->verified(crl->signed_part()));
    EXPECT_FALSE(other->verified(crl->signed_part()));
  }
}

TEST(Crl, RefusesTooLarge) {
  EXPECT_EQ(reason(Bytes(limits::kCrlMax + 1)), "crl.too_large");
  EXPECT_EQ(reason(Bytes(limits::kCrlMax)), "crl.syntax");
}

TEST(Crl, RefusesOtherStructure) {
  const Bytes good = issued();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(reason(ByteView(good).first(size)), "crl.syntax") << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(reason(longer), "crl.syntax");
  const Bytes null = element(wire::kDerNull, {});
  for (const Field field : {kIssuer, kThisUpdate, kRevoked, kExtensions}) {
    EXPECT_EQ(reason(with(field, null)), "crl.syntax") << field;
  }
  const Bytes bad_entry = element(wire::kDerSequence, Bytes{2, 1, 9});
  EXPECT_EQ(reason(with(kRevoked, element(wire::kDerSequence, bad_entry))), "crl.syntax");
  Parts parts(good);
  parts.signature.clear();
  wire::der_append_bit_string(parts.signature, Bytes{0x30, 0});
  EXPECT_EQ(reason(parts.assemble()), "crl.syntax");
}

TEST(Crl, RefusesOtherVersions) {
  EXPECT_EQ(reason(with(kVersion, {2, 1, 0})), "crl.version");
  EXPECT_EQ(reason(with(kVersion, {2, 1, 2})), "crl.version");
  Parts parts(issued());
  parts.tbs.erase(parts.tbs.begin());  // version 1 has no such field
  EXPECT_EQ(reason(parts.assemble()), "crl.version");
}

TEST(Crl, RefusesOtherAlgorithms) {
  Parts parts(issued());
  parts.algorithm = algorithm_of(SignatureAlgorithm::kEcdsaSha384);
  EXPECT_EQ(reason(parts.assemble()), "crl.algorithm");
  parts.algorithm = parts.tbs[kInnerAlgorithm] = foreign_algorithm();
  EXPECT_EQ(reason(parts.assemble()), "crl.algorithm");
}

TEST(Crl, RefusesListsThatNeverExpire) {
  Parts parts(issued());
  parts.tbs.erase(parts.tbs.begin() + kNextUpdate);
  EXPECT_EQ(reason(parts.assemble()), "crl.next_update");
}

TEST(Crl, RefusesExtensionsThatCouldChangeItsMeaning) {
  const Bytes number = extension_der("2.5.29.20", Bytes{2, 1, 1});
  const Bytes authority = extension_der("2.5.29.35", Bytes{0x30, 3, 0x80, 1, 7});
  EXPECT_EQ(reason(with_extensions({number, authority})), "none");
  EXPECT_EQ(reason(with_extensions({number, extension_der("1.2.3.4", Bytes{5, 0})})), "none");
  const std::vector<std::vector<Bytes>> bad = {
      {number, number},
      {authority, authority},
      {extension_der("2.5.29.20", Bytes{2, 1, 0x80})},             // a negative number
      {extension_der("2.5.29.28", Bytes{0x30, 0}, true)},          // issuingDistributionPoint
      {extension_der("2.5.29.27", Bytes{2, 1, 1}, true), number},  // deltaCRLIndicator
      {element(wire::kDerSequence, element(wire::kDerOid, oid::kCrlNumber))},
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(reason(with_extensions(bad[i])), "crl.extension") << i;
  }
  // Of an entry: reasonCode may stand there, a critical certificateIssuer may not.
  const Bytes harmless = entry({extension_der("2.5.29.21", Bytes{10, 1, 1})});
  EXPECT_EQ(reason(with(kRevoked, element(wire::kDerSequence, harmless))), "none");
  const Bytes indirect = entry({extension_der("2.5.29.29", Bytes{0x30, 0}, true)});
  EXPECT_EQ(reason(with(kRevoked, element(wire::kDerSequence, indirect))), "crl.extension");
}

TEST(Crl, RefusesTooManyEntries) {
  Bytes entries;
  for (std::size_t i = 0; i < limits::kCrlEntriesMax; ++i) append(entries, entry({}));
  EXPECT_EQ(reason(with(kRevoked, element(wire::kDerSequence, entries))), "none");
  append(entries, entry({}));
  EXPECT_EQ(reason(with(kRevoked, element(wire::kDerSequence, entries))), "crl.entries");
}

TEST(Crl, IsReadFromDerPemAndHexadecimal) {
  const Bytes der = issued();
  const std::string hex = wire::hex_encode(der);
  const std::string pem = wire::encode_pem("X509 CRL", der);
  for (const std::string& tail : {std::string(), std::string(1, '\0'), std::string("\r\n")}) {
    for (const std::string& text : {std::string(as_text(der)), hex, pem}) {
      const auto crl = parse_crl(as_bytes(text + tail));
      ASSERT_TRUE(crl) << crl.error().to_string();
      EXPECT_TRUE(equal(crl->der(), der));
    }
  }
  for (const std::string& text : {std::string(), std::string("\0", 1), std::string("zz"), hex + "0",
                                  wire::encode_pem("CERTIFICATE", der)}) {
    EXPECT_EQ(parse_crl(as_bytes(text)).error().reason, "crl.encoding");
  }
  EXPECT_EQ(parse_crl(as_bytes(hex + "00")).error().reason, "crl.syntax");
  EXPECT_EQ(parse_crl(as_bytes(std::string(as_text(der)) + "x")).error().reason, "crl.syntax");
  EXPECT_EQ(parse_crl(ByteView(der).first(der.size() - 1)).error().reason, "crl.syntax");
}

}  // namespace
}  // namespace atoma::pki
