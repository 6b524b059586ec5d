#include "atoma/evidence/amd/endorsements.h"

#include <gtest/gtest.h>

#include "amd/test_platform.h"
#include "atoma/evidence/amd/key_extensions.h"
#include "atoma/wire/der.h"

namespace atoma::evidence::amd {
namespace {

using pki::Certificate;
using pki::CertificateTemplate;
using pki::Signer;

const TestPlatform& milan() {
  static const TestPlatform platform;
  return platform;
}

Bytes pem(std::string_view label, const Bytes& der) {
  return to_bytes(wire::encode_pem(label, der));
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const auto& part : parts) append(out, part);
  return out;
}

void expect_roles(const std::vector<Bytes>& files, bool with_crl = false) {
  const auto& p = milan();
  const auto parsed = parse_endorsements(files);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  ASSERT_TRUE(parsed->complete());
  EXPECT_TRUE(equal(parsed->leaf()->der(), p.key_certificate));
  EXPECT_TRUE(equal(parsed->intermediate()->der(), p.vendor.ask()));
  EXPECT_TRUE(equal(parsed->root()->der(), p.vendor.ark()));
  EXPECT_EQ(parsed->crl() != nullptr, with_crl);
}

TEST(Endorsements, FindsRolesInAnyOrderAndEncoding) {
  const auto& p = milan();
  const Bytes leaf = p.key_certificate, ask = p.vendor.ask(), ark = p.vendor.ark();
  const Bytes crl = p.empty_crl();
  expect_roles({leaf, ask, ark});
  expect_roles({ark, leaf, ask});
  expect_roles({joined({pem("CERTIFICATE", ark), pem("CERTIFICATE", ask)}), leaf});
  expect_roles({leaf, ask, ark, crl}, true);
  expect_roles({pem("X509 CRL", crl), joined({pem("CERTIFICATE", leaf), pem("CERTIFICATE", ask),
                                              pem("CERTIFICATE", ark)})},
               true);
  expect_roles({leaf, ask, ark, ask, leaf, ark, crl, crl}, true);
  // The issuer whose name fits, although another stands first.
  expect_roles({p.vendor.asvk(), leaf, ask, ark});
}

TEST(Endorsements, EqualDigestsForEqualParts) {
  const auto& p = milan();
  const auto der = parse_endorsements(p.chain());
  const auto other =
      parse_endorsements({pem("CERTIFICATE", p.vendor.ark()), p.vendor.ask(), p.key_certificate});
  const auto with_crl =
      parse_endorsements({p.chain()[0], p.chain()[1], p.chain()[2], p.empty_crl()});
  EXPECT_EQ(der->digest(), other->digest());
  EXPECT_NE(der->digest(), with_crl->digest());
  for (const auto* some : {&*der, &*with_crl}) {
    EXPECT_EQ(parse_endorsements(some->files())->digest(), some->digest());
  }
}

TEST(Endorsements, RefusesWhatIsAmbiguousOrNothing) {
  const auto& p = milan();
  const TestPlatform second(Product::kMilan, SigningKey::kVcek, 3, 0x22);
  const auto reason = [](const std::vector<Bytes>& files) {
    return parse_endorsements(files).error().reason;
  };
  EXPECT_EQ(reason({p.key_certificate, second.key_certificate}), "endorsements.leaf");
  EXPECT_EQ(reason({p.empty_crl(), p.vendor.issue_crl({{1}}, kTestValidity)}), "endorsements.crl");
  EXPECT_EQ(reason({pem("PRIVATE KEY", p.vendor.ark())}), "x509.label");
  EXPECT_EQ(reason({Bytes{}}), "x509.syntax");
  EXPECT_EQ(reason({Bytes{0x30}}), "x509.syntax");
  std::vector<Bytes> many;
  for (std::uint8_t i = 1; i <= 9; ++i) {
    CertificateTemplate content;
    content.serial = {i};
    many.push_back(pki::issue_certificate(content, Signer(p.key)));
  }
  EXPECT_EQ(reason(many), "endorsements.too_many");
}

TEST(Endorsements, WhatIsMissingStaysEmpty) {
  EXPECT_FALSE(parse_endorsements({})->complete());
  EXPECT_FALSE(parse_endorsements({milan().key_certificate})->complete());
}

// --- extensions of the leaf

Result<KeyExtensions> read(const CertificateTemplate& content, SigningKey kind) {
  const auto der = pki::issue_certificate(content, Signer(milan().vendor.keys().ask));
  return parse_key_extensions(*Certificate::parse(der), kind);
}

CertificateTemplate leaf_template(Product product, SigningKey kind) {
  static const crypto::EcPrivateKey key = test_key(0x11);
  sample_tee::AmdKeyTemplate content;
  content.kind = kind;
  content.tcb = product == Product::kTurin ? kTestTcbTurin : kTestTcb;
  content.hw_id = Bytes(product == Product::kTurin ? 8 : 64, 0x91);
  content.csp_id = "CN=cloud.example";
  return sample_tee::amd_key_template(product, content, Signer(key).public_key_info());
}

CertificateTemplate::Extra& extension(CertificateTemplate& content, const std::string& suffix) {
  for (auto& extra : content.extra) {
    if (extra.oid == "1.3.6.1.4.1.3704.1." + suffix) return extra;
  }
  return content.extra.emplace_back("1.3.6.1.4.1.3704.1." + suffix);
}

void drop(CertificateTemplate& content, const std::string& suffix) {
  std::erase_if(content.extra,
                [&](const auto& extra) { return extra.oid == "1.3.6.1.4.1.3704.1." + suffix; });
}

TEST(KeyExtensions, ReadsEveryLineAndKind) {
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    for (const SigningKey kind : {SigningKey::kVcek, SigningKey::kVlek}) {
      const auto read_back = read(leaf_template(product, kind), kind);
      ASSERT_TRUE(read_back) << read_back.error().to_string();
      EXPECT_EQ(read_back->product, product);
      EXPECT_EQ(decode_tcb(read_back->tcb, product),
                product == Product::kTurin ? kTestTcbTurin : kTestTcb);
      EXPECT_EQ(read_back->hw_id.empty(), kind == SigningKey::kVlek);
      EXPECT_EQ(read_back->csp_id.empty(), kind == SigningKey::kVcek);
    }
  }
}

TEST(KeyExtensions, NumbersFrom128TakeTwoOctets) {
  auto content = leaf_template(Product::kMilan, SigningKey::kVcek);
  EXPECT_EQ(extension(content, "3.8").value, (Bytes{2, 2, 0, 0xD9}));
  EXPECT_EQ(read(content, SigningKey::kVcek)->tcb[7], 0xD9);
  for (const Bytes& bad : {Bytes{2, 1, 0xD9}, Bytes{2, 2, 0, 0x44}, Bytes{2, 2, 1, 0},
                           Bytes{2, 1, 1, 0}, Bytes{2, 0}, Bytes{}, Bytes{4, 1, 1}}) {
    extension(content, "3.8").value = bad;
    EXPECT_EQ(read(content, SigningKey::kVcek).error().reason, "amd_key.extension");
  }
}

TEST(KeyExtensions, RefusesWhatIsMissing) {
  for (const SigningKey kind : {SigningKey::kVcek, SigningKey::kVlek}) {
    for (const Product product : {Product::kMilan, Product::kTurin}) {
      const auto good = leaf_template(product, kind);
      for (const auto& extra : good.extra) {
        auto content = good;
        std::erase_if(content.extra, [&](const auto& e) { return e.oid == extra.oid; });
        EXPECT_EQ(read(content, kind).error().reason, "amd_key.extension") << extra.oid;
      }
    }
  }
}

struct BadExtension {
  const char* what;
  SigningKey kind;
  const char* suffix;
  Bytes value;
};

TEST(KeyExtensions, RefusesWhatIsWrong) {
  const Bytes octets(64, 0x91);
  Bytes wrapped{4, 64};
  append(wrapped, octets);
  const Bytes csp{0x16, 1, 'c'};
  const BadExtension cases[] = {
      {"structVersion of Turin", SigningKey::kVcek, "1", {2, 1, 1}},
      {"productName as UTF8String", SigningKey::kVcek, "2", {0x0C, 5, 'M', 'i', 'l', 'a', 'n'}},
      {"productName with trailing bytes",
       SigningKey::kVcek,
       "2",
       {0x16, 5, 'M', 'i', 'l', 'a', 'n', 0}},
      {"unknown productName", SigningKey::kVcek, "2", {0x16, 4, 'R', 'o', 'm', 'e'}},
      {"empty productName", SigningKey::kVcek, "2", {0x16, 0}},
      {"an SPL of Turin", SigningKey::kVcek, "3.9", {2, 1, 0}},
      {"an SPL that does not exist", SigningKey::kVcek, "3.10", {2, 1, 0}},
      {"an extension that does not exist", SigningKey::kVcek, "6", {2, 1, 0}},
      {"hwID inside an OCTET STRING", SigningKey::kVcek, "4", wrapped},
      {"hwID of 63 bytes", SigningKey::kVcek, "4", Bytes(63, 1)},
      {"CSP_ID in a VCEK", SigningKey::kVcek, "5", csp},
      {"hwID in a VLEK", SigningKey::kVlek, "4", octets},
      {"CSP_ID not text", SigningKey::kVlek, "5", {0x16, 1, 7}},
  };
  for (const auto& bad : cases) {
    auto content = leaf_template(Product::kMilan, bad.kind);
    extension(content, bad.suffix).value = bad.value;
    const auto result = read(content, bad.kind);
    ASSERT_FALSE(result) << bad.what;
    EXPECT_EQ(result.error().reason, "amd_key.extension") << bad.what;
  }
}

TEST(KeyExtensions, TurinHasNoFourthSpl) {
  auto content = leaf_template(Product::kTurin, SigningKey::kVcek);
  extension(content, "3.4").value = {2, 1, 0};
  EXPECT_EQ(read(content, SigningKey::kVcek).error().reason, "amd_key.extension");
  drop(content, "3.4");
  EXPECT_TRUE(read(content, SigningKey::kVcek));
}

}  // namespace
}  // namespace atoma::evidence::amd
