#include "atoma/evidence/nvidia/rim_verify.h"

#include <gtest/gtest.h>

#include "nvidia/test_rim.h"

namespace atoma::evidence::nvidia {
namespace {

using pki::CertificateTemplate;

std::string tag() {
  return sample_tee::encode_nvidia_rim({.resources = {{0, true, {Bytes(48, 1)}}}});
}

RimVerification verify(const Bytes& bytes, const TrustAnchors& anchors = test_rim_anchors()) {
  const auto rim = Rim::parse(bytes);
  EXPECT_TRUE(rim) << rim.error().to_string();
  return RimVerifier(anchors).verify(*rim);
}

RimVerification with_certificate(std::size_t place,
                                 const std::function<void(CertificateTemplate&)>& change) {
  const auto& vendor = test_rim_vendor();
  return verify(vendor.sign(tag(), vendor.chain_with([&](auto& c) { change(c[place]); })));
}

TEST(RimVerify, BelievesASignedTag) {
  const auto seen = verify(test_rim_vendor().sign(tag(), test_rim_vendor().chain()));
  EXPECT_TRUE(seen.authentic()) << seen.signature_fault << seen.chain_fault;
  EXPECT_EQ(seen.root, RootKind::kSample);
  EXPECT_TRUE(seen.window.contains(kTestNow));
}

TEST(RimVerify, DamagedTagIsRefused) {
  const auto& vendor = test_rim_vendor();
  const std::string good(as_text(vendor.sign(tag(), vendor.chain())));
  const auto changed = verify(to_bytes(replaced(good, "GH100", "GB100")));
  EXPECT_FALSE(changed.signature_fault.empty());
  EXPECT_TRUE(changed.chain_fault.empty());
  // A digest that fits, under a signature of another SignedInfo.
  const auto resigned = verify(to_bytes(replaced(good, "<ds:Transforms>", "<ds:Transforms > ")));
  EXPECT_FALSE(resigned.signature_fault.empty());
}

TEST(RimVerify, SignatureByAnotherKeyIsRefused) {
  const auto& vendor = test_rim_vendor();
  const auto seen = with_certificate(0, [&](auto& signer) {
    signer.public_key_info = pki::Signer(vendor.keys().issuer).public_key_info();
  });
  EXPECT_FALSE(seen.signature_fault.empty());
  EXPECT_TRUE(seen.chain_fault.empty());
}

TEST(RimVerify, EachFaultOfTheChainIsRefused) {
  const auto fault = [](std::size_t place,
                        const std::function<void(CertificateTemplate&)>& change) {
    const auto seen = with_certificate(place, change);
    EXPECT_TRUE(seen.signature_fault.empty()) << seen.signature_fault;
    return seen.chain_fault;
  };
  using T = CertificateTemplate;
  EXPECT_NE(fault(0, [](T& c) { c.is_ca = true; }), "");
  EXPECT_NE(fault(0, [](T& c) { c.with_standard_extensions = false; }), "");
  EXPECT_NE(fault(0, [](T& c) { c.issuer_cn = "Somebody"; }), "");
  EXPECT_NE(fault(0, [](T& c) { c.extra.push_back({"1.2.3", true, {5, 0}}); }), "");
  EXPECT_NE(fault(1, [](T& c) { c.is_ca = false; }), "");
  EXPECT_NE(fault(1, [](T& c) { c.subject_cn = "Somebody"; }), "");
  EXPECT_NE(fault(2, [](T& c) { c.path_length = 0; }), "");
  EXPECT_EQ(fault(1, [](T& c) { c.path_length = 0; }), "");
  TestEntropy entropy(9);
  const auto p256 = crypto::EcPrivateKey::generate(crypto::Curve::kP256, entropy);
  EXPECT_NE(fault(1, [&](T& c) { c.public_key_info = pki::Signer(p256).public_key_info(); }), "");
  EXPECT_NE(fault(1,
                  [](T& c) {
                    c.public_key_info =
                        pki::Signer(test_rim_vendor().keys().root).public_key_info();
                  }),
            "");
}

TEST(RimVerify, ChainsThatEndElsewhereAreRefused) {
  const auto& vendor = test_rim_vendor();
  auto chain = vendor.chain();
  chain.pop_back();
  EXPECT_NE(verify(vendor.sign(tag(), chain)).chain_fault, "");
  EXPECT_NE(verify(vendor.sign(tag(), vendor.chain()), {}).chain_fault, "");
  // A device root vouches for no manifest.
  EXPECT_NE(verify(vendor.sign(tag(), vendor.chain()), test_anchors()).chain_fault, "");
}

TEST(RimVerify, WindowIsThatOfAllCertificates) {
  const ValidityWindow narrow{kTestNow - Duration{10}, kTestNow - Duration{5}};
  for (const std::size_t place : {0u, 1u}) {
    const auto seen = with_certificate(place, [&](auto& c) { c.validity = narrow; });
    EXPECT_TRUE(seen.authentic());
    EXPECT_FALSE(seen.window.contains(kTestNow));
    EXPECT_TRUE(seen.window.contains(narrow.not_after));
  }
}

TEST(RimVerify, RemembersAuthenticTagsAlone) {
  const auto& vendor = test_rim_vendor();
  const Bytes bytes = vendor.sign(tag(), vendor.chain());
  RimVerifier verifier(test_rim_anchors());
  const auto first = verifier.rim(bytes);
  ASSERT_TRUE(first);
  EXPECT_EQ(verifier.rim(bytes)->get(), first->get());
  EXPECT_EQ(verifier.facts(), 1u);
  EXPECT_TRUE((*first)->verification.authentic());
  // One byte more is another file.
  Bytes longer = bytes;
  longer.push_back('\n');
  const auto second = verifier.rim(longer);
  EXPECT_TRUE(!second || second->get() != first->get());
  verifier.forget();
  EXPECT_EQ(verifier.facts(), 0u);
  RimVerifier stranger({});
  ASSERT_TRUE(stranger.rim(bytes));
  EXPECT_EQ(stranger.facts(), 0u);
}

// No bit of a tag counts but those that nobody looks at: names of prefixes are not among them.
TEST(RimVerify, NoFlippedBitMakesAnotherTagAuthentic) {
  const auto& vendor = test_rim_vendor();
  const Bytes good = vendor.sign(tag(), vendor.chain());
  const auto expected = *Rim::parse(good);
  RimVerifier verifier(test_rim_anchors(), 0);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bytes = good;
    bytes[i] ^= static_cast<std::uint8_t>(1u << i % 7);
    const auto rim = Rim::parse(bytes);
    if (!rim || !verifier.verify(*rim).authentic()) continue;
    EXPECT_EQ(rim->version(), expected.version()) << i;
    EXPECT_EQ(rim->product(), expected.product()) << i;
    ASSERT_EQ(rim->golden().size(), 1u) << i;
    EXPECT_EQ(rim->golden()[0].alternatives, expected.golden()[0].alternatives) << i;
  }
}

}  // namespace
}  // namespace atoma::evidence::nvidia
