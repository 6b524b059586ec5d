#include "atoma/sample_tee/intel_platform.h"

#include <gtest/gtest.h>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/intel/verify.h"

namespace atoma::sample_tee {
namespace {

using evidence::Authenticity;
using evidence::Detail;
using evidence::Findings;
using evidence::RootKind;
using evidence::Tee;
using evidence::intel::BodyType;
using evidence::intel::Collateral;
using evidence::intel::PckInfo;
using evidence::intel::TcbStatus;
using evidence::intel::Verifier;

constexpr Time kNow{1767225600};  // 2026-01-01
constexpr ValidityWindow kWindow{kNow, kNow + kIntelCollateralLifetime};

class CountingEntropy final : public Entropy {
 public:
  explicit CountingEntropy(std::uint8_t seed) : seed_(seed) {}
  void fill(MutableByteView out) override {
    for (auto& byte : out) byte = crypto::sha256(Bytes{seed_, counter_++})[0];
  }

 private:
  std::uint8_t seed_;
  std::uint8_t counter_ = 0;
};

IntelPlatform make_platform(std::uint8_t seed = 1) {
  CountingEntropy entropy(seed);
  return IntelPlatform::create(entropy);
}

void expect_accepted(const IntelPlatform& platform, const Bytes& bytes, Tee tee) {
  const auto quote = evidence::intel::parse_quote(bytes);
  ASSERT_TRUE(quote) << quote.error().to_string();
  EXPECT_EQ(quote->tee, tee);
  const auto collateral = Collateral::parse(platform.collateral_files(tee, kWindow));
  ASSERT_TRUE(collateral) << collateral.error().to_string();
  Verifier verifier({.vendor_roots = true, .sample_roots = {platform.root_digest()}});
  Findings findings(Detail::kFailures);
  const auto result = verifier.verify(*quote, **collateral, kNow, findings);
  for (const auto& finding : findings.items()) ADD_FAILURE() << finding.id << finding.actual;
  ASSERT_TRUE(result.quote);
  EXPECT_EQ(result.root, RootKind::kSample);
  EXPECT_TRUE(result.quote->revocation_known());
  EXPECT_EQ(result.quote->tcb_status(), TcbStatus::kUpToDate);
}

TEST(IntelPlatform, DefaultsAreAcceptedUnderTheSampleRoot) {
  const auto platform = make_platform();
  expect_accepted(platform, platform.quote_td({}), Tee::kTdx);
  expect_accepted(platform, platform.quote_td({}, BodyType::kTd15), Tee::kTdx);
  expect_accepted(platform, platform.quote_td({}, BodyType::kTd15Ex), Tee::kTdx);
  expect_accepted(platform, platform.quote_enclave({}), Tee::kSgx);
  for (const std::uint16_t version : std::array<std::uint16_t, 2>{4, 5}) {
    IntelQuoteTemplate content{.version = version, .body_type = BodyType::kSgx};
    expect_accepted(platform, platform.quote(content), Tee::kSgx);
  }
  expect_accepted(platform, platform.quote({.version = 5}), Tee::kTdx);
}

TEST(IntelPlatform, IsNobodysWithoutItsRoot) {
  const auto platform = make_platform();
  const Bytes bytes = platform.quote_td({});
  const auto quote = evidence::intel::parse_quote(bytes);
  const auto collateral = Collateral::parse(platform.collateral_files(Tee::kTdx, kWindow));
  ASSERT_TRUE(quote && collateral);
  Verifier verifier({});
  Findings findings(Detail::kFailures);
  const auto result = verifier.verify(*quote, **collateral, kNow, findings);
  EXPECT_EQ(result.authenticity, Authenticity::kNo);
  EXPECT_EQ(result.root, RootKind::kUnknown);
}

TEST(IntelPlatform, SavedKeysGiveTheSamePlatform) {
  const auto platform = make_platform();
  const SecretBytes saved = platform.save();
  const auto loaded = IntelPlatform::load(saved.expose("test"));
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  EXPECT_EQ(loaded->root_digest(), platform.root_digest());
  EXPECT_EQ(loaded->pck_chain(), platform.pck_chain());
  EXPECT_EQ(loaded->quote_td({}), platform.quote_td({}));
  const auto files = platform.collateral_files(Tee::kTdx, kWindow);
  const auto again = loaded->collateral_files(Tee::kTdx, kWindow);
  EXPECT_EQ(files.tcb_info, again.tcb_info);
  EXPECT_EQ(files.root_crl, again.root_crl);
  EXPECT_NE(make_platform(2).root_digest(), platform.root_digest());
}

TEST(IntelPlatform, LoadRefusesWhatSaveDidNotWrite) {
  const auto saved = make_platform().save();
  const std::string text(as_text(saved.expose("test")));
  const auto refused = [](const std::string& json) {
    const auto loaded = IntelPlatform::load(as_bytes(json));
    return !loaded && loaded.error().reason == "sample.keys";
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("{}"));
  EXPECT_TRUE(refused(text.substr(0, text.size() / 2)));
  for (const std::string name : {"format", "root", "pck_ca", "pck", "tcb_signer", "attestation"}) {
    std::string other = text;
    other.replace(other.find("\"" + name + "\""), 2, "\"x");
    EXPECT_TRUE(refused(other)) << name;
  }
  // A scalar of zero is no key.
  std::string zero = text;
  const auto at = zero.find(": \"", zero.find("\"pck\"")) + 3;
  zero.replace(at, 44, std::string(43, 'A') + "=");
  EXPECT_TRUE(refused(zero));
}

TEST(IntelPlatform, PckInfoSurvivesItsCertificate) {
  PckInfo info = sample_pck_info();
  info.tcb_components[15] = 0xFF;
  info.pce_svn = 0xFFFF;
  info.pce_id = {0x00, 0x01};
  info.cached_keys = true;
  CountingEntropy entropy(1);
  const auto platform = IntelPlatform::create(entropy, info);
  const auto leaf = pki::Certificate::parse(platform.certificates().pck);
  ASSERT_TRUE(leaf) << leaf.error().to_string();
  const auto parsed = evidence::intel::parse_pck_info(*leaf);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->tcb_components, info.tcb_components);
  EXPECT_EQ(parsed->pce_svn, info.pce_svn);
  EXPECT_EQ(parsed->cpu_svn, info.cpu_svn);
  EXPECT_EQ(parsed->fmspc, info.fmspc);
  EXPECT_EQ(parsed->pce_id, info.pce_id);
  EXPECT_EQ(parsed->sgx_type, info.sgx_type);
  EXPECT_EQ(parsed->cached_keys, true);
  EXPECT_EQ(parsed->smt_enabled, false);
}

}  // namespace
}  // namespace atoma::sample_tee
