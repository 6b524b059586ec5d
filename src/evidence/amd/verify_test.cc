// Each amd.* check, provoked so that it alone does not pass; and what must pass.
#include "atoma/evidence/amd/verify.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "amd/test_platform.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::amd {
namespace {

using pki::CertificateTemplate;
using pki::Signer;
using sample_tee::amd_ark_template;
using sample_tee::amd_intermediate_template;
using sample_tee::amd_key_template;
using sample_tee::AmdReportTemplate;
using Ids = std::set<std::string>;

const TestPlatform& platform(Product product = Product::kMilan,
                             SigningKey kind = SigningKey::kVcek) {
  static std::map<std::pair<Product, SigningKey>, TestPlatform> platforms;
  const auto key = std::pair(product, kind);
  auto found = platforms.find(key);
  if (found == platforms.end()) found = platforms.try_emplace(key, product, kind).first;
  return found->second;
}

struct Judged {
  SnpVerification result;
  Ids ids;
};

// Verifies twice: with all texts, and with failures only. Both must agree.
Judged judge(const Bytes& report, const std::vector<Bytes>& files, const TrustAnchors& anchors,
             Time at = kTestNow) {
  const auto parsed = parse_report(report);
  const auto endorsements = parse_endorsements(files);
  EXPECT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_TRUE(endorsements) << endorsements.error().to_string();
  Verifier verifier(anchors);
  Findings all(Detail::kAll), failures(Detail::kFailures);
  auto result = verifier.verify(*parsed, *endorsements, at, all);
  const auto again = verifier.verify(*parsed, *endorsements, at, failures);
  EXPECT_EQ(not_passed(all), not_passed(failures));
  EXPECT_EQ(failures.items().size(), not_passed(failures).size());
  EXPECT_EQ(all.checks_made(), failures.checks_made());
  EXPECT_EQ(result.authenticity, again.authenticity);
  EXPECT_EQ(result.report.has_value(), result.authenticity == Authenticity::kYes);
  EXPECT_EQ(not_passed(all).empty(), result.authenticity == Authenticity::kYes);
  return {std::move(result), not_passed(all)};
}

// A report of `content` under the platform's own chain.
Ids judge_report(const TestPlatform& p, const AmdReportTemplate& content) {
  return judge(sample_tee::make_amd_report(content, p.key), p.chain(), p.anchors()).ids;
}

// The platform's report under other endorsements.
Ids judge_chain(const std::vector<Bytes>& files, const TrustAnchors& anchors, Time at = kTestNow) {
  return judge(platform().report(), files, anchors, at).ids;
}

// Milan's chain with changes before signing; signers may be exchanged too.
struct ChainEdit {
  std::function<void(CertificateTemplate&)> ark, ask, vcek;
  const crypto::RsaPrivateKey* ask_signer = nullptr;
  const crypto::RsaPrivateKey* vcek_signer = nullptr;
  const crypto::RsaPrivateKey* ark_key = nullptr;
  const crypto::RsaPrivateKey* ask_key = nullptr;
  const crypto::EcPrivateKey* vcek_key = nullptr;

  struct Built {
    std::vector<Bytes> files;
    TrustAnchors anchors;
  };
  Built build() const {
    const auto& p = platform();
    const auto& keys = p.vendor.keys();
    const auto& root_key = ark_key ? *ark_key : keys.ark;
    const auto& issuer_key = ask_key ? *ask_key : keys.ask;
    auto root = amd_ark_template(Product::kMilan, kTestValidity);
    auto issuer = amd_intermediate_template(Product::kMilan, SigningKey::kVcek, kTestValidity);
    issuer.public_key_info = Signer(issuer_key).public_key_info();
    auto leaf = amd_key_template(Product::kMilan, p.key_content,
                                 Signer(vcek_key ? *vcek_key : p.key).public_key_info());
    if (ark) ark(root);
    if (ask) ask(issuer);
    if (vcek) vcek(leaf);
    const auto sign = [](const auto& content, const auto& key) {
      return pki::issue_certificate(content, Signer(key));
    };
    Built built;
    built.files = {sign(leaf, vcek_signer ? *vcek_signer : issuer_key),
                   sign(issuer, ask_signer ? *ask_signer : root_key), sign(root, root_key)};
    built.anchors.sample_roots = {crypto::sha256(built.files[2])};
    return built;
  }
  Ids ids(Time at = kTestNow) const {
    const auto built = build();
    return judge_chain(built.files, built.anchors, at);
  }
};

TEST(AmdVerifier, AcceptsEveryLineVersionAndKey) {
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    for (const SigningKey kind : {SigningKey::kVcek, SigningKey::kVlek}) {
      const auto& p = platform(product, kind);
      for (const std::uint32_t version : {2u, 3u, 5u}) {
        auto content = p.report_content;
        content.version = version;
        const auto [result, ids] =
            judge(sample_tee::make_amd_report(content, p.key), p.chain(), p.anchors());
        EXPECT_EQ(ids, Ids{});
        ASSERT_TRUE(result.report);
        EXPECT_EQ(result.root, RootKind::kSample);
        EXPECT_EQ(result.product, product);
        EXPECT_EQ(result.certified_key, kind);
        EXPECT_EQ(result.chip_id_proven, kind == SigningKey::kVcek);
        EXPECT_EQ(result.report->chip_id_proven(), kind == SigningKey::kVcek);
        EXPECT_FALSE(result.revocation_known);
        EXPECT_EQ((*result.report)->version, version);
        EXPECT_EQ(result.report->key().csp_id.empty(), kind == SigningKey::kVcek);
      }
    }
  }
}

TEST(AmdVerifier, AcceptsACurrentRevocationList) {
  const auto& p = platform();
  auto files = p.chain();
  files.push_back(p.vendor.issue_crl({{9, 9, 9}}, kTestValidity));
  const auto [result, ids] = judge(p.report(), files, p.anchors());
  EXPECT_EQ(ids, Ids{});
  EXPECT_TRUE(result.revocation_known);
  EXPECT_TRUE(result.report->revocation_known());
}

TEST(AmdVerifier, MissingEndorsementsLeaveAuthenticityUnknown) {
  const auto& p = platform();
  for (std::size_t without = 0; without < 3; ++without) {
    auto files = p.chain();
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(without));
    const auto [result, ids] = judge(p.report(), files, p.anchors());
    EXPECT_EQ(ids, Ids{"amd.endorsement.present"});
    EXPECT_EQ(result.authenticity, Authenticity::kUnknown);
    EXPECT_FALSE(result.report);
  }
}

TEST(AmdVerifier, ProductOfRootKeyAndCpuidAgree) {
  auto content = platform().report_content;
  for (const CpuId cpuid : {CpuId{0x19, 0x11, 1}, {0x1A, 2, 1}, {0x19, 0x20, 0}, {0, 0, 1}}) {
    content.cpuid = cpuid;
    EXPECT_EQ(judge_report(platform(), content), Ids{"amd.product"});
  }
  // Genoa's layout is Milan's, so the name alone tells them apart.
  const ChainEdit other_name{.vcek = [](auto& leaf) {
    for (auto& extra : leaf.extra) {
      if (extra.oid.ends_with("3704.1.2")) extra.value = {0x16, 5, 'G', 'e', 'n', 'o', 'a'};
    }
  }};
  EXPECT_EQ(other_name.ids(), Ids{"amd.product"});
}

TEST(AmdVerifier, RootMustBePinned) {
  const auto& p = platform();
  EXPECT_EQ(judge_chain(p.chain(), {}), Ids{"amd.root"});
  // An authority that is not the root is no anchor.
  EXPECT_EQ(judge_chain(p.chain(), {.sample_roots = {crypto::sha256(p.vendor.ask())}}),
            Ids{"amd.root"});
}

TEST(AmdVerifier, IntermediateMustBeSignedByTheRoot) {
  const ChainEdit edit{.ask_signer = &platform().vendor.keys().asvk};
  EXPECT_EQ(edit.ids(), Ids{"amd.intermediate.signature"});
}

TEST(AmdVerifier, LeafMustBeSignedByTheIntermediate) {
  const ChainEdit edit{.vcek_signer = &platform().vendor.keys().asvk};
  EXPECT_EQ(edit.ids(), Ids{"amd.leaf_signature"});
}

TEST(AmdVerifier, NamesFormAChain) {
  const auto subject = [](const char* cn) {
    return [cn](CertificateTemplate& c) { c.subject_cn = cn; };
  };
  const auto issuer = [](const char* cn) {
    return [cn](CertificateTemplate& c) { c.issuer_cn = cn; };
  };
  EXPECT_EQ(ChainEdit{.vcek = subject("SEV-XCEK")}.ids(), Ids{"amd.names"});
  EXPECT_EQ(ChainEdit{.vcek = issuer("SEV-Genoa")}.ids(), Ids{"amd.names"});
  EXPECT_EQ(ChainEdit{.ask = issuer("ARK-Genoa")}.ids(), Ids{"amd.names"});
  EXPECT_EQ((ChainEdit{.ask = subject("SEV-Rome"), .vcek = issuer("SEV-Rome")}.ids()),
            Ids{"amd.names"});
  // A VLEK by the ASK.
  const auto& vlek = platform(Product::kMilan, SigningKey::kVlek);
  const auto leaf = pki::issue_certificate(
      amd_key_template(Product::kMilan, vlek.key_content, Signer(vlek.key).public_key_info()),
      Signer(vlek.vendor.keys().ask));
  EXPECT_EQ(judge(vlek.report(), {leaf, vlek.vendor.ask(), vlek.vendor.ark()}, vlek.anchors()).ids,
            Ids{"amd.names"});
}

TEST(AmdVerifier, AlgorithmsAreAmds) {
  const auto small = load_rsa_key("amd_rsa2048");
  EXPECT_EQ(ChainEdit{.ark_key = &small}.ids(), Ids{"amd.algorithms"});
  EXPECT_EQ(ChainEdit{.ask_key = &small}.ids(), Ids{"amd.algorithms"});
  // Nothing that a P-256 key makes is a report's signature.
  const auto p256 = test_key(0x33, crypto::Curve::kP256);
  EXPECT_EQ(ChainEdit{.vcek_key = &p256}.ids(), (Ids{"amd.algorithms", "amd.report.signature"}));
}

TEST(AmdVerifier, AuthoritiesMaySignAndKeysMayNot) {
  const auto not_ca = [](CertificateTemplate& c) { c.is_ca = false; };
  const auto bare = [](CertificateTemplate& c) { c.with_standard_extensions = false; };
  const auto ca = [](CertificateTemplate& c) { c.is_ca = c.with_standard_extensions = true; };
  EXPECT_EQ(ChainEdit{.ark = not_ca}.ids(), Ids{"amd.constraints"});
  EXPECT_EQ(ChainEdit{.ask = not_ca}.ids(), Ids{"amd.constraints"});
  EXPECT_EQ(ChainEdit{.ask = bare}.ids(), Ids{"amd.constraints"});
  EXPECT_EQ(ChainEdit{.vcek = ca}.ids(), Ids{"amd.constraints"});
}

TEST(AmdVerifier, UnknownCriticalExtensionsAreRefused) {
  const auto critical = [](CertificateTemplate& c) {
    c.extra.push_back({"1.2.3.4", true, {5, 0}});
  };
  const auto harmless = [](CertificateTemplate& c) {
    c.extra.push_back({"1.2.3.4", false, {5, 0}});
  };
  EXPECT_EQ(ChainEdit{.ark = critical}.ids(), Ids{"amd.critical_extensions"});
  EXPECT_EQ(ChainEdit{.ask = critical}.ids(), Ids{"amd.critical_extensions"});
  EXPECT_EQ(ChainEdit{.vcek = critical}.ids(), Ids{"amd.critical_extensions"});
  EXPECT_EQ((ChainEdit{.ark = harmless, .ask = harmless, .vcek = harmless}.ids()), Ids{});
}

TEST(AmdVerifier, EveryCertificateIsValidNow) {
  const auto expired = [](CertificateTemplate& c) {
    c.validity = {kTestValidity.not_before, kTestNow - Duration{1}};
  };
  const auto early = [](CertificateTemplate& c) {
    c.validity = {kTestNow + Duration{1}, kTestValidity.not_after};
  };
  for (const auto& edit :
       {ChainEdit{.ark = expired}, ChainEdit{.ask = expired}, ChainEdit{.vcek = expired},
        ChainEdit{.ark = early}, ChainEdit{.ask = early}, ChainEdit{.vcek = early}}) {
    EXPECT_EQ(edit.ids(), Ids{"amd.validity"});
  }
  // Both ends belong to the window.
  EXPECT_EQ(ChainEdit{}.ids(kTestValidity.not_before), Ids{});
  EXPECT_EQ(ChainEdit{}.ids(kTestValidity.not_after), Ids{});
  EXPECT_EQ(ChainEdit{}.ids(kTestValidity.not_after + Duration{1}), Ids{"amd.validity"});
}

struct CrlCase {
  const char* id;
  const char* issuer = "ARK-Milan";
  ValidityWindow validity = kTestValidity;
  std::vector<Bytes> revoked = {};
  bool by_ask = false;
};

TEST(AmdVerifier, RevocationListsAreCheckedWhenGiven) {
  const auto& p = platform();
  const Time now = kTestNow;
  const CrlCase cases[] = {
      {.id = "amd.crl.issuer", .issuer = "ARK-Genoa"},
      {.id = "amd.crl.signature", .by_ask = true},
      {.id = "amd.crl.validity", .validity = {{0}, now - Duration{1}}},
      {.id = "amd.crl.validity", .validity = {now + Duration{1}, {2'000'000'000}}},
      {.id = "amd.crl.intermediate", .revoked = {{7}, {1, 0, 1}}},  // the ASK's serial
      {.id = "amd.crl.intermediate", .revoked = {{1, 0, 0}}},       // the ARK's
  };
  for (const auto& c : cases) {
    const auto crl = pki::issue_crl(
        {.issuer_cn = c.issuer, .validity = c.validity, .revoked_serials = c.revoked},
        Signer(c.by_ask ? p.vendor.keys().ask : p.vendor.keys().ark));
    auto files = p.chain();
    files.push_back(crl);
    const auto [result, ids] = judge(p.report(), files, p.anchors());
    EXPECT_EQ(ids, Ids{c.id});
    EXPECT_FALSE(result.report);
    // A genuine, current list that names the issuer still is knowledge.
    EXPECT_EQ(result.revocation_known, Ids{c.id} == Ids{"amd.crl.intermediate"});
  }
}

TEST(AmdVerifier, ListOfARootThatMayNotSignListsIsRefused) {
  // digitalSignature instead of cRLSign: the root then fails as an authority too.
  const auto built = ChainEdit{.ark = [](auto& c) { c.is_ca = false; }}.build();
  auto files = built.files;
  files.push_back(platform().empty_crl());
  EXPECT_EQ(judge_chain(files, built.anchors), (Ids{"amd.constraints", "amd.crl.issuer"}));
}

TEST(AmdVerifier, SigningKeyNamesTheCertificateKind) {
  auto content = platform().report_content;
  for (const SigningKey kind : {SigningKey::kVlek, SigningKey::kNone}) {
    content.signing_key = kind;
    EXPECT_EQ(judge_report(platform(), content), Ids{"amd.signing_key"});
  }
  const auto& vlek = platform(Product::kMilan, SigningKey::kVlek);
  content = vlek.report_content;
  content.signing_key = SigningKey::kVcek;
  EXPECT_EQ(judge_report(vlek, content), Ids{"amd.signing_key"});
  content = platform().report_content;
  content.mask_chip_key = true;
  EXPECT_EQ(judge_report(platform(), content), Ids{"amd.signing_key"});
}

TEST(AmdVerifier, MalformedExtensionsAreRefused) {
  const ChainEdit no_hw_id{.vcek = [](auto& leaf) {
    std::erase_if(leaf.extra, [](const auto& e) { return e.oid.ends_with("3704.1.4"); });
  }};
  EXPECT_EQ(no_hw_id.ids(), Ids{"amd.extensions"});
}

TEST(AmdVerifier, ReservedTcbBytesAreZero) {
  for (const Product product : {Product::kMilan, Product::kTurin}) {
    const auto& p = platform(product);
    for (const std::size_t field : {0x38u, 0x1E0u, 0x1F0u}) {  // CURRENT, COMMITTED, LAUNCH
      for (const std::size_t byte : {4u, 5u}) {
        Bytes report = p.report();
        report[field + byte] = 1;
        sample_tee::sign_amd_report(report, p.key);
        EXPECT_EQ(judge(report, p.chain(), p.anchors()).ids, Ids{"amd.tcb_reserved"});
      }
    }
  }
}

TEST(AmdVerifier, ReportedTcbEqualsTheKeys) {
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    const auto& p = platform(product);
    for (auto member : {&TcbVersion::fmc, &TcbVersion::bootloader, &TcbVersion::tee,
                        &TcbVersion::snp, &TcbVersion::microcode}) {
      if (member == &TcbVersion::fmc && product != Product::kTurin) continue;
      for (const int step : {-1, 1}) {
        auto content = p.report_content;
        content.reported_tcb.*member =
            static_cast<std::uint8_t>(content.reported_tcb.*member + step);
        EXPECT_EQ(judge_report(p, content), Ids{"amd.tcb_binding"});
      }
    }
    // The other three are the platform's business.
    auto content = p.report_content;
    content.current_tcb.microcode = 0xFF;
    content.committed_tcb.microcode = content.launch_tcb.microcode = 1;
    EXPECT_EQ(judge_report(p, content), Ids{});
  }
}

TEST(AmdVerifier, ChipIdEqualsTheHardwareId) {
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    const auto& p = platform(product);
    for (const std::size_t byte : {0u, 7u, 8u, 63u}) {
      auto content = p.report_content;
      content.chip_id[byte] ^= 1;
      EXPECT_EQ(judge_report(p, content), Ids{"amd.chip_id_binding"}) << byte;
    }
  }
}

TEST(AmdVerifier, MaskedChipIdIsAuthenticButUnproven) {
  auto content = platform().report_content;
  content.chip_id = {};
  const auto [result, ids] = judge(sample_tee::make_amd_report(content, platform().key),
                                   platform().chain(), platform().anchors());
  EXPECT_EQ(ids, Ids{});
  ASSERT_TRUE(result.report);
  EXPECT_FALSE(result.chip_id_proven);
  EXPECT_FALSE(result.report->chip_id_proven());
}

TEST(AmdVerifier, SignatureIsByTheCertifiedKey) {
  const auto& p = platform();
  const Ids expected{"amd.report.signature"};
  Bytes report = sample_tee::make_amd_report(p.report_content, test_key(0x77));
  EXPECT_EQ(judge(report, p.chain(), p.anchors()).ids, expected);
  report = p.report();
  report[0x90] ^= 1;  // MEASUREMENT
  EXPECT_EQ(judge(report, p.chain(), p.anchors()).ids, expected);
}

// R and S of zero and of the order n are outside [1, n-1].
TEST(AmdVerifier, SignatureNumbersAreInRange) {
  const auto& p = platform();
  const auto order = wire::hex_decode(
      "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc5"
      "2973");
  for (const std::size_t field : {0u, 72u}) {
    for (const Bytes& value : {Bytes(48, 0), *order, Bytes(48, 0xFF)}) {
      Bytes report = p.report();
      const auto at = report.begin() + static_cast<std::ptrdiff_t>(kReportSignedSize + field);
      std::ranges::reverse_copy(value, at);
      EXPECT_EQ(judge(report, p.chain(), p.anchors()).ids, Ids{"amd.report.signature"});
    }
  }
}

TEST(AmdVerifier, EndorsementsAloneAreJudged) {
  const auto& p = platform(Product::kTurin);
  Verifier verifier(p.anchors());
  Findings findings(Detail::kAll);
  const auto result =
      verifier.verify_endorsements_only(*parse_endorsements(p.chain()), kTestNow, findings);
  EXPECT_EQ(not_passed(findings), Ids{});
  EXPECT_EQ(result.authenticity, Authenticity::kYes);
  EXPECT_EQ(result.product, Product::kTurin);
  EXPECT_FALSE(result.report);
  EXPECT_EQ(result.key->hw_id.size(), 8u);
}

}  // namespace
}  // namespace atoma::evidence::amd
