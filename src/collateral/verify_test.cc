// Every record that is not what it claims to be is refused, each for its own reason.
#include "atoma/collateral/verify.h"

#include "test_world.h"

namespace atoma::collateral {
namespace {

using test::kNow;
using test::make_record;
using test::outcome;
using test::pem;
using test::world;

std::string verified(const Record& record) {
  return outcome(verify_record(record, world().anchors));
}

TEST(Verify, TakesOneOfEachKind) {
  for (const auto& record : world().records()) {
    const auto authentic = verify_record(record, world().anchors);
    ASSERT_TRUE(authentic) << record.item.name() << ": " << authentic.error().to_string();
    EXPECT_TRUE(authentic->window().contains(kNow)) << record.item.name();
    EXPECT_EQ(authentic->root(), evidence::RootKind::kSample);
  }
}

TEST(Verify, TrustsNoOtherRoot) {
  for (const auto& record : world().records()) {
    EXPECT_EQ(outcome(verify_record(record, {})), "collateral.issuer") << record.item.name();
  }
}

TEST(Verify, NeedsTheIssuers) {
  for (auto record : world().records()) {
    if (record.issuer_chain.empty()) continue;
    record.issuer_chain.clear();
    EXPECT_EQ(verified(record), "collateral.issuer") << record.item.name();
  }
}

// What damage does to each kind; the certificates of a chain are looked at before what they sign.
TEST(Verify, RefusesAnotherSignature) {
  const auto& w = world();
  const auto other = sample_tee::IntelPlatform(
      sample_tee::IntelKeys::generate(*std::make_unique<evidence::TestEntropy>(9)),
      w.intel.pck_info());
  const auto forged = other.collateral_files(evidence::Tee::kTdx, test::kWindow);
  const auto chain = w.files().tcb_signing_chain;
  EXPECT_EQ(verified(make_record(w.tcb_info_name(), forged.tcb_info, chain)),
            "collateral.signature");
  EXPECT_EQ(verified(make_record("intel/qe_identity/tdx", forged.qe_identity, chain)),
            "collateral.signature");
  EXPECT_EQ(verified(make_record("intel/pck_crl/platform", forged.pck_crl, w.pck_ca_pem())),
            "collateral.signature");
  EXPECT_EQ(verified(make_record("intel/root_crl", forged.root_crl, w.root_pem())),
            "collateral.signature");
  Bytes vcek = w.amd.key_certificate;
  vcek.back() ^= 1;
  EXPECT_EQ(verified(make_record(w.vcek_name(), vcek, w.amd_chain_pem())), "collateral.signature");
  Bytes crl = w.amd_crl();
  crl.back() ^= 1;
  EXPECT_EQ(verified(make_record("amd/crl/milan", crl, pem({w.amd.vendor.ark()}))),
            "collateral.signature");
  std::string rim(as_text(w.rim()));
  const auto hash = rim.find("550.90.07");
  rim.replace(hash + 20, 1, rim.substr(hash + 20, 1) == "x" ? "y" : "x");
  EXPECT_FALSE(
      verified(make_record("nvidia/rim/NV_GPU_DRIVER_GH100_550.90.07", to_bytes(rim), {})).empty());
  Bytes answer = w.ocsp_answer();
  answer.back() ^= 1;
  EXPECT_EQ(verified(make_record(w.ocsp_name(), answer, w.gpu_subject())), "collateral.signature");
  // A chain of an authority whose own certificate is damaged.
  Bytes ask = w.amd.vendor.ask();
  ask.back() ^= 1;
  EXPECT_EQ(verified(make_record("amd/cert_chain/milan", pem({ask, w.amd.vendor.ark()}), {})),
            "collateral.issuer");
}

TEST(Verify, RefusesAManifestWithAnotherContent) {
  std::string rim(as_text(world().rim()));
  const std::string_view version = "colloquialVersion=\"550.90.07\"";
  ASSERT_TRUE(rim.contains(version));
  rim.replace(rim.find(version), version.size(), "colloquialVersion=\"550.90.08\"");
  EXPECT_EQ(verified(make_record("nvidia/rim/NV_GPU_DRIVER_GH100_550.90.08", to_bytes(rim), {})),
            "collateral.signature");
}

TEST(Verify, RefusesAnotherItem) {
  const auto& w = world();
  const auto tdx = w.files();
  const auto sgx = w.files(evidence::Tee::kSgx);
  const std::string fmspc = w.fmspc();
  const std::string other_chip =
      vcek_item(evidence::amd::Product::kMilan, Bytes(64, 1), w.amd.key_content.tcb)->name();
  auto tcb = w.amd.key_content.tcb;
  ++tcb.snp;
  const std::string other_tcb =
      vcek_item(evidence::amd::Product::kMilan, w.amd.key_content.hw_id, tcb)->name();
  const std::string other_digest = "nvidia/ocsp/" + std::string(64, '0');
  const Record rows[] = {
      make_record("intel/tcb_info/tdx/000000000000", tdx.tcb_info, tdx.tcb_signing_chain),
      make_record("intel/tcb_info/sgx/" + fmspc, tdx.tcb_info, tdx.tcb_signing_chain),
      make_record("intel/tcb_info/tdx/" + fmspc, {}, tdx.tcb_signing_chain),
      make_record("intel/qe_identity/tdx", sgx.qe_identity, tdx.tcb_signing_chain),
      make_record("intel/qe_identity/tdx", {}, tdx.tcb_signing_chain),
      make_record("intel/pck_crl/processor", tdx.pck_crl, w.pck_ca_pem()),
      make_record("intel/pck_crl/platform", tdx.root_crl, w.pck_ca_pem()),
      make_record("amd/cert_chain/genoa", w.amd_chain_pem(), {}),
      make_record("amd/vlek_cert_chain/milan", w.amd_chain_pem(), {}),
      make_record("amd/crl/genoa", w.amd_crl(), pem({w.amd.vendor.ark()})),
      make_record(other_chip, w.amd.key_certificate, w.amd_chain_pem()),
      make_record(other_tcb, w.amd.key_certificate, w.amd_chain_pem()),
      make_record("nvidia/rim/NV_GPU_DRIVER_GH100_550.90.08", w.rim(), {}),
      make_record(other_digest, w.ocsp_answer(), w.gpu_subject()),
      make_record(w.ocsp_name(), w.nvidia.answers(w.gpu, pki::OcspStatus::kGood, test::kWindow)[1],
                  w.gpu_subject())};
  for (const auto& record : rows) {
    EXPECT_EQ(verified(record), "collateral.mismatch") << record.item.name();
  }
}

TEST(Verify, RefusesAnIssuerOfAnotherKind) {
  const auto& w = world();
  const auto tdx = w.files();
  const Record rows[] = {
      // The PCK CA is under the same root, and signs other things.
      make_record(w.tcb_info_name(), tdx.tcb_info, w.pck_ca_pem()),
      make_record("intel/root_crl", tdx.root_crl, tdx.tcb_signing_chain),
      make_record(w.vcek_name(), w.amd.key_certificate,
                  pem({w.amd.vendor.asvk(), w.amd.vendor.ark()})),
      make_record(w.vcek_name(), w.amd.key_certificate, pem({w.amd.vendor.ark()})),
      make_record(w.ocsp_name(), w.ocsp_answer(),
                  pem({w.gpu.chain[1], w.gpu.chain[3], w.gpu.chain[4]}))};
  for (const auto& record : rows) {
    EXPECT_EQ(verified(record), "collateral.issuer") << record.item.name();
  }
  // Nothing above what is asked about: the root, about itself.
  const std::string root = "nvidia/ocsp/" + wire::hex_encode(crypto::sha256(w.gpu.chain[4]));
  EXPECT_EQ(verified(make_record(root, w.ocsp_answer(), pem({w.gpu.chain[4]}))),
            "collateral.issuer");
}

TEST(Verify, ReadsListsAsCachesServeThem) {
  const auto& w = world();
  const auto crl = w.files().root_crl;
  EXPECT_EQ(verified(make_record("intel/root_crl", to_bytes(wire::hex_encode(crl)), w.root_pem())),
            "ok");
  EXPECT_EQ(verified(make_record("intel/root_crl", to_bytes(wire::encode_pem("X509 CRL", crl)),
                                 w.root_pem())),
            "ok");
}

// Every bit of a small record counts: of the content and of the chain in DER.
TEST(Verify, NoBitOfAListMayFlip) {
  const auto& w = world();
  const Bytes crl = w.files().root_crl;
  for (std::size_t i = 0; i < crl.size() * 8; ++i) {
    Bytes damaged = crl;
    damaged[i / 8] ^= static_cast<std::uint8_t>(1u << (i % 8));
    EXPECT_NE(verified(make_record("intel/root_crl", damaged, w.root_pem())), "ok") << i;
  }
}

}  // namespace
}  // namespace atoma::collateral
