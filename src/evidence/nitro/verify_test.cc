// Each nitro.* check, provoked so that it alone does not pass; and what must pass.
#include "atoma/evidence/nitro/verify.h"

#include <gtest/gtest.h>

#include "nitro/test_platform.h"

namespace atoma::evidence::nitro {
namespace {

using pki::CertificateTemplate;
using sample_tee::NitroDocumentTemplate;
using sample_tee::NitroPlatform;
using Ids = std::set<std::string>;

constexpr Duration kHour{3600};

struct Judged {
  Authenticity authenticity = Authenticity::kNo;
  RootKind root = RootKind::kUnknown;
  Ids ids;
};

// Verifies twice, with all texts and with failures only: both must agree.
Judged judge(ByteView bytes, const TrustAnchors& anchors, Time at = kTestNow,
             Freshness freshness = kTestFreshness) {
  const auto document = parse_document(bytes);
  EXPECT_TRUE(document) << document.error().to_string();
  Verifier verifier(anchors);
  Findings all(Detail::kAll), failures(Detail::kFailures);
  const auto result = verifier.verify(*document, freshness, at, all);
  const auto again = verifier.verify(*document, freshness, at, failures);
  EXPECT_EQ(not_passed(all), not_passed(failures));
  EXPECT_EQ(all.checks_made(), failures.checks_made());
  EXPECT_EQ(result.authenticity, again.authenticity);
  EXPECT_EQ(result.document.has_value(), result.authenticity == Authenticity::kYes);
  EXPECT_EQ(not_passed(all).empty(), result.authenticity == Authenticity::kYes);
  return {result.authenticity, result.root, not_passed(all)};
}

TrustAnchors anchors_of(const NitroPlatform& platform) { return {true, {platform.root_digest()}}; }

Ids ids_of(const NitroPlatform& platform, Time at = kTestNow,
           Freshness freshness = kTestFreshness) {
  return judge(platform.document({.timestamp = kTestNow}), anchors_of(platform), at, freshness).ids;
}

// The chain with one certificate changed before it is signed.
Ids ids_with(std::size_t index, const std::function<void(CertificateTemplate&)>& change) {
  const auto platform = test_platform([&](std::size_t i, CertificateTemplate& content) {
    if (i == index) change(content);
  });
  return ids_of(platform);
}

TEST(NitroVerifier, AcceptsASampleAndCallsItOne) {
  const auto platform = test_platform();
  const auto judged = judge(platform.document({.timestamp = kTestNow}), anchors_of(platform));
  EXPECT_EQ(judged.ids, Ids{});
  EXPECT_EQ(judged.root, RootKind::kSample);
}

TEST(NitroVerifier, RootIsPinned) {
  const auto platform = test_platform();
  const auto judged = judge(platform.document({.timestamp = kTestNow}), {});
  EXPECT_EQ(judged.ids, Ids{"nitro.root"});
  EXPECT_EQ(judged.root, RootKind::kUnknown);
}

TEST(NitroVerifier, CertificatesMustParse) {
  auto platform = test_platform();
  const auto anchors = anchors_of(platform);
  platform.certificates.back().pop_back();
  EXPECT_EQ(judge(platform.document({.timestamp = kTestNow}), anchors).ids,
            (Ids{"nitro.chain", "nitro.signature_by_leaf", "nitro.validity"}));
}

TEST(NitroVerifier, TrapReversedBundleIsRefused) {
  auto platform = test_platform();
  const auto anchors = anchors_of(platform);
  std::reverse(platform.certificates.begin(), platform.certificates.end() - 1);
  const auto ids = judge(platform.document({.timestamp = kTestNow}), anchors).ids;
  EXPECT_TRUE(ids.contains("nitro.root"));
  EXPECT_TRUE(ids.contains("nitro.names"));
}

TEST(NitroVerifier, AChainWithoutAnAuthorityIsRefused) {
  auto platform = test_platform();
  const auto anchors = anchors_of(platform);
  platform.certificates.erase(platform.certificates.begin() + 1);
  EXPECT_EQ(judge(platform.document({.timestamp = kTestNow}), anchors).ids,
            (Ids{"nitro.names", "nitro.chain_signature"}));
}

TEST(NitroVerifier, NamesAreLinked) {
  EXPECT_EQ(ids_with(2, [](auto& c) { c.issuer_cn = "somebody else"; }), Ids{"nitro.names"});
  EXPECT_EQ(ids_with(0, [](auto& c) { c.issuer_cn = "somebody else"; }), Ids{"nitro.names"});
}

TEST(NitroVerifier, KeysAreP384) {
  TestEntropy entropy(9);
  const auto p256 = crypto::EcPrivateKey::generate(crypto::Curve::kP256, entropy);
  const auto ids =
      ids_with(3, [&](auto& c) { c.public_key_info = pki::Signer(p256).public_key_info(); });
  EXPECT_EQ(ids, (Ids{"nitro.algorithms", "nitro.signature_by_leaf"}));
}

TEST(NitroVerifier, ConstraintsAndPathLengths) {
  EXPECT_EQ(ids_with(2,
                     [](auto& c) {
                       c.is_ca = false;
                       c.path_length.reset();
                     }),
            Ids{"nitro.constraints"});
  EXPECT_EQ(ids_with(1, [](auto& c) { c.path_length = 0; }), Ids{"nitro.constraints"});
  EXPECT_EQ(ids_with(1, [](auto& c) { c.path_length = 1; }), Ids{});
  EXPECT_EQ(ids_with(3, [](auto& c) { c.is_ca = true; }), Ids{"nitro.constraints"});
  EXPECT_EQ(ids_with(3, [](auto& c) { c.with_standard_extensions = false; }),
            Ids{"nitro.constraints"});
}

TEST(NitroVerifier, UnknownCriticalExtensionsAreRefused) {
  const auto add = [](auto& c) { c.extra.push_back({"1.2.3.4", true, Bytes{5, 0}}); };
  EXPECT_EQ(ids_with(1, add), Ids{"nitro.critical_extensions"});
  EXPECT_EQ(ids_with(3, add), Ids{"nitro.critical_extensions"});
  EXPECT_EQ(ids_with(3, [](auto& c) { c.extra.push_back({"1.2.3.4", false, Bytes{5, 0}}); }),
            Ids{});
}

TEST(NitroVerifier, EachCertificateIsSignedByTheOneBeforeIt) {
  auto platform = test_platform();
  const auto other = test_platform({}, 2);
  const auto anchors = anchors_of(platform);
  platform.certificates[1] = other.certificates[1];
  EXPECT_EQ(judge(platform.document({.timestamp = kTestNow}), anchors).ids,
            Ids{"nitro.chain_signature"});
}

TEST(NitroVerifier, TheLeafSignsTheDocument) {
  auto platform = test_platform();
  const auto other = test_platform({}, 2);
  const auto anchors = anchors_of(platform);
  platform.certificates.swap(const_cast<std::vector<Bytes>&>(other.certificates));
  const TrustAnchors others{true, {other.root_digest(), platform.root_digest()}};
  EXPECT_EQ(judge(platform.document({.timestamp = kTestNow}), others).ids,
            Ids{"nitro.signature_by_leaf"});
}

TEST(NitroVerifier, TrapAReplayedDocumentDoesNotPassAtItsOwnTime) {
  const auto platform = test_platform();
  EXPECT_EQ(ids_of(platform, kTestNow + Duration{300}), Ids{});
  EXPECT_EQ(ids_of(platform, kTestNow + Duration{301}), Ids{"nitro.timestamp"});
  EXPECT_EQ(ids_of(platform, kTestNow + Duration{365 * 86400}), Ids{"nitro.timestamp"});
  EXPECT_EQ(ids_of(platform, kTestNow - Duration{60}), Ids{});
  EXPECT_EQ(ids_of(platform, kTestNow - Duration{61}), Ids{"nitro.timestamp"});
  EXPECT_EQ(ids_of(platform, kTestNow + Duration{365 * 86400}, {}), Ids{});
  EXPECT_EQ(ids_of(platform, Time{0}, {}), Ids{});
}

TEST(NitroVerifier, TheChainIsValidAtTheDocumentsTime) {
  const auto platform = test_platform();
  const auto anchors = anchors_of(platform);
  const auto ids_at = [&](Time time) {
    return judge(platform.document({.timestamp = time}), anchors, time).ids;
  };
  EXPECT_EQ(ids_at(kTestNow + kHour), Ids{});
  EXPECT_EQ(ids_at(kTestNow + Duration{3 * 3600 + 1}), Ids{"nitro.validity"});
  EXPECT_EQ(ids_at(kTestNow - Duration{4}), Ids{"nitro.validity"});
  EXPECT_EQ(ids_with(1, [](auto& c) { c.validity.not_after = kTestNow - kHour; }),
            Ids{"nitro.validity"});
}

TEST(NitroVerifier, RemembersGoodChainsOnly) {
  const auto platform = test_platform();
  Verifier verifier(anchors_of(platform));
  const Bytes bytes = platform.document({.timestamp = kTestNow});
  const auto document = parse_document(bytes);
  Findings findings(Detail::kFailures);
  EXPECT_TRUE(verifier.verify(*document, kTestFreshness, kTestNow, findings).document);
  EXPECT_EQ(verifier.facts(), 1u);
  // The clock is compared again each time.
  EXPECT_FALSE(verifier.verify(*document, kTestFreshness, kTestNow + kHour, findings).document);
  const auto stranger = test_platform({}, 3);
  const Bytes foreign = stranger.document({.timestamp = kTestNow});
  EXPECT_FALSE(
      verifier.verify(*parse_document(foreign), kTestFreshness, kTestNow, findings).document);
  EXPECT_EQ(verifier.facts(), 1u);
  verifier.forget();
  EXPECT_EQ(verifier.facts(), 0u);
}

}  // namespace
}  // namespace atoma::evidence::nitro
