#include "atoma/pki/ocsp.h"

#include <gtest/gtest.h>

#include "atoma/pki/issue_ocsp.h"

namespace atoma::pki {
namespace {

constexpr Time kNow{1'750'000'000};
constexpr ValidityWindow kWindow{kNow - Duration{100}, kNow + Duration{100}};

crypto::EcPrivateKey key(std::uint8_t seed) {
  return std::move(*crypto::EcPrivateKey::from_scalar(crypto::Curve::kP384, Bytes(48, seed)));
}

// Root, issuer, a certificate of the issuer's, and responders with different rights.
struct World {
  crypto::EcPrivateKey root_key = key(1), issuer_key = key(2), responder_key = key(3),
                       leaf_key = key(4);
  Certificate root = make("Root", "Root", root_key, root_key, true, 1);
  Certificate issuer = make("Issuer", "Root", issuer_key, root_key, true, 2);
  Certificate leaf = make("Leaf", "Issuer", leaf_key, issuer_key, false, 3);

  static CertificateTemplate content(const char* cn, const char* issuer_cn,
                                     const crypto::EcPrivateKey& own, bool is_ca,
                                     std::uint8_t serial) {
    CertificateTemplate out;
    out.subject_cn = cn;
    out.issuer_cn = issuer_cn;
    out.serial = {serial};
    out.is_ca = is_ca;
    out.public_key_info = Signer(own).public_key_info();
    return out;
  }
  static Certificate make(const char* cn, const char* issuer_cn, const crypto::EcPrivateKey& own,
                          const crypto::EcPrivateKey& by, bool is_ca, std::uint8_t serial) {
    return std::move(*Certificate::parse(
        issue_certificate(content(cn, issuer_cn, own, is_ca, serial), Signer(by))));
  }
  OcspTemplate::Answer answer() const {
    return {.certificate = &leaf, .issuer = &issuer, .validity = kWindow};
  }
  OcspTemplate good() const { return {.answers = {answer()}, .responder_cn = "Responder"}; }
  // A responder's certificate, changed before it is signed.
  template <typename Change>
  Bytes responder(const char* by_name, const crypto::EcPrivateKey& by, const Change& change) const {
    auto c = content("Responder", by_name, responder_key, false, 9);
    c.extra.push_back(ocsp_signing_usage());
    change(c);
    return issue_certificate(c, Signer(by));
  }
  Bytes responder() const {
    return responder("Issuer", issuer_key, [](auto&) {});
  }
};

const World& world() {
  static const World kWorld;
  return kWorld;
}

std::string_view reason(const OcspTemplate& content) {
  const auto answer = OcspResponse::parse(issue_ocsp(content, Signer(world().issuer_key)));
  return answer ? "parsed" : answer.error().reason;
}

OcspResponse parsed(const OcspTemplate& content, const crypto::EcPrivateKey& signer) {
  auto answer = OcspResponse::parse(issue_ocsp(content, Signer(signer)));
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().to_string());
  return std::move(*answer);
}

TEST(OcspRequest, NamesACertificateByItsIssuer) {
  const Bytes request = encode_ocsp_request(world().leaf, world().issuer);
  wire::DerReader in(request);
  auto list = in.enter(wire::kDerSequence).enter(wire::kDerSequence).enter(wire::kDerSequence);
  auto id = list.enter(wire::kDerSequence).enter(wire::kDerSequence);
  EXPECT_TRUE(list.finish() && in.finish());
  const ByteView algorithm = id.enter(wire::kDerSequence).element(wire::kDerOid);
  EXPECT_EQ(wire::oid_to_string(algorithm), "2.16.840.1.101.3.4.2.2");
  const ByteView name = id.element(wire::kDerOctetString);
  const ByteView key_hash = id.element(wire::kDerOctetString);
  EXPECT_TRUE(equal(id.integer(), world().leaf.serial()));
  EXPECT_TRUE(id.finish());
  // An answer to it is found by the same names.
  const auto answer = parsed(world().good(), world().issuer_key);
  EXPECT_TRUE(equal(name, answer.answers().front().issuer_name_hash));
  EXPECT_TRUE(equal(key_hash, answer.answers().front().issuer_key_hash));
}

TEST(Ocsp, ReadsEachStatus) {
  for (const auto status :
       {OcspStatus::kGood, OcspStatus::kRevoked, OcspStatus::kHold, OcspStatus::kUnknown}) {
    auto content = world().good();
    content.answers[0].status = status;
    const auto answer = parsed(content, world().issuer_key);
    const auto* single = answer.find(world().leaf, world().issuer);
    ASSERT_NE(single, nullptr);
    EXPECT_EQ(single->status, status) << ocsp_status_name(status);
    EXPECT_EQ(single->validity.not_before, kWindow.not_before);
    EXPECT_EQ(single->validity.not_after, kWindow.not_after);
  }
  EXPECT_EQ(OcspStatus{}, OcspStatus::kUnknown);
}

TEST(Ocsp, AnswersForAnotherCertificateSayNothing) {
  const auto& w = world();
  const auto answer = parsed(w.good(), w.issuer_key);
  EXPECT_EQ(answer.find(w.issuer, w.root), nullptr);
  EXPECT_EQ(answer.find(w.leaf, w.root), nullptr);
  EXPECT_EQ(answer.find(w.issuer, w.issuer), nullptr);
  auto sha256 = w.good();
  sha256.answers[0].sha384 = false;
  EXPECT_EQ(parsed(sha256, w.issuer_key).find(w.leaf, w.issuer), nullptr);
  auto twice = w.good();
  twice.answers.push_back(w.answer());
  EXPECT_EQ(parsed(twice, w.issuer_key).find(w.leaf, w.issuer), nullptr);
}

TEST(Ocsp, RefusesWhatItCantUse) {
  const auto& w = world();
  auto refused = w.good();
  refused.response_status = 6;
  EXPECT_EQ(reason(refused), "ocsp.status");
  auto endless = w.good();
  endless.answers[0].with_next_update = false;
  EXPECT_EQ(reason(endless), "ocsp.next_update");
  auto critical = w.good();
  critical.critical_extension = true;
  EXPECT_EQ(reason(critical), "ocsp.extension");
  critical = w.good();
  critical.answers[0].critical_extension = true;
  EXPECT_EQ(reason(critical), "ocsp.extension");
  auto many = w.good();
  many.answers.resize(65, w.answer());
  EXPECT_EQ(reason(many), "ocsp.too_many");
  many = w.good();
  many.certificates.resize(9, w.responder());
  EXPECT_EQ(reason(many), "ocsp.too_many");
  EXPECT_EQ(OcspResponse::parse(Bytes(70'000)).error().reason, "ocsp.too_large");
}

TEST(Ocsp, RefusesDamage) {
  const Bytes good = issue_ocsp(world().good(), Signer(world().issuer_key));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(OcspResponse::parse(ByteView(good).first(size)).error().reason, "ocsp.syntax");
  }
  Bytes type = good;
  const auto oid = wire::der_oid("1.3.6.1.5.5.7.48.1.1");
  std::ranges::search(type, oid).back() ^= 2;
  EXPECT_EQ(OcspResponse::parse(type).error().reason, "ocsp.type");
  Bytes algorithm = good;
  const auto ecdsa = wire::der_oid("1.2.840.10045.4.3.3");
  std::ranges::search(algorithm, ecdsa).back() = 9;
  EXPECT_EQ(OcspResponse::parse(algorithm).error().reason, "ocsp.algorithm");
}

bool signer_known(const OcspTemplate& content, const crypto::EcPrivateKey& signer, Time at = kNow) {
  const auto answer = parsed(content, signer);
  return ocsp_signer_window(answer, world().issuer, world().root).contains(at);
}

TEST(Ocsp, IssuerOrItsResponderMayAnswer) {
  const auto& w = world();
  EXPECT_TRUE(signer_known(w.good(), w.issuer_key));
  EXPECT_FALSE(signer_known(w.good(), w.root_key));
  EXPECT_FALSE(signer_known(w.good(), w.responder_key));  // its certificate is not there
  auto content = w.good();
  content.certificates = {w.responder()};
  EXPECT_TRUE(signer_known(content, w.responder_key));
  content.certificates = {w.responder("Root", w.root_key, [](auto&) {})};
  EXPECT_TRUE(signer_known(content, w.responder_key));
  content.certificates = {
      w.responder("Issuer", w.issuer_key, [](auto& c) { c.extra = {ocsp_signing_usage(true)}; })};
  EXPECT_TRUE(signer_known(content, w.responder_key));
}

TEST(Ocsp, RespondersWithoutTheRightAreRefused) {
  const auto& w = world();
  auto content = w.good();
  const auto with = [&](const char* by_name, const crypto::EcPrivateKey& by, auto change) {
    content.certificates = {w.responder(by_name, by, change)};
    return signer_known(content, w.responder_key);
  };
  EXPECT_FALSE(with("Issuer", w.issuer_key, [](auto& c) { c.extra.clear(); }));
  EXPECT_FALSE(with("Issuer", w.issuer_key, [](auto& c) { c.is_ca = true; }));
  EXPECT_FALSE(with("Somebody", w.issuer_key, [](auto&) {}));
  EXPECT_FALSE(with("Issuer", w.leaf_key, [](auto&) {}));
  EXPECT_FALSE(
      with("Issuer", w.issuer_key, [](auto& c) { c.extra.push_back({"1.2.3", true, {5, 0}}); }));
  EXPECT_FALSE(
      with("Issuer", w.issuer_key, [](auto& c) { c.validity.not_after = kNow - Duration{1}; }));
  // Any certificate of the issuer's may not answer about another.
  content.certificates = {to_bytes(w.leaf.der())};
  EXPECT_FALSE(signer_known(content, w.leaf_key));
  // A path over an authority of its own, then to nobody.
  const auto middle = World::make("Middle", "Elsewhere", w.leaf_key, w.leaf_key, true, 7);
  content.certificates = {w.responder("Middle", w.leaf_key, [](auto&) {}), to_bytes(middle.der())};
  EXPECT_FALSE(signer_known(content, w.responder_key));
  const auto known = World::make("Middle", "Root", w.leaf_key, w.root_key, true, 7);
  content.certificates.back() = to_bytes(known.der());
  EXPECT_TRUE(signer_known(content, w.responder_key));
}

}  // namespace
}  // namespace atoma::pki
