// Mistakes that other verifiers made (the traps of docs/EVIDENCE.md), one test each.
#include "atoma/base/limits.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/text.h"
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

TcbInfo tdx_info(const TestCase& c) {
  return sample_tee::sample_tcb_info(Tee::kTdx, c.platform.pck_info(), kTestWindow);
}

// Intel QVL compares nextUpdate with the clock and not issueDate.
TEST(IntelTraps, ClockBeforeIssueDate) {
  TestCase c;
  c.change_tcb_info([](TcbInfo& info) { info.issue_date = kTestNow + Duration{60}; });
  EXPECT_EQ(verify(c).ids(), Ids{"intel.tcb_info.validity"});
  c.at = kTestNow + Duration{60};
  EXPECT_EQ(verify(c).ids(), Ids{});
}

// Intel QVL's quote call trusts its collateral: a better TCB info under the old signature.
TEST(IntelTraps, ForgedTcbInfo) {
  TestCase c;
  c.change_td([](auto& td) { td.tee_tcb_svn = {5, 1, 1}; });
  EXPECT_EQ(verify(c).result.quote->tcb_status(), TcbStatus::kOutOfDate);
  const std::string old(as_text(c.files.tcb_info));
  c.files.tcb_info = to_bytes(replaced(old, "\"OutOfDate\"", "\"UpToDate\""));
  EXPECT_EQ(verify(c).ids(), Ids{"intel.tcb_info.signature"});
}

TEST(IntelTraps, ForgedQeIdentity) {
  TestCase c;
  const std::string old(as_text(c.files.qe_identity));
  c.files.qe_identity = to_bytes(replaced(old, "\"isvsvn\":8", "\"isvsvn\":7"));
  EXPECT_EQ(verify(c).ids(), Ids{"intel.qe_identity.signature"});
}

// attestation-rs broke on key order: the signature covers the bytes as served, all of them.
TEST(IntelTraps, SignatureCoversTheExactBytes) {
  TestCase c;
  const std::string object = sample_tee::encode_tcb_info(tdx_info(c));
  const std::string spaced = replaced(object, R"("id":"TDX",)", R"( "id" : "TDX" , )");
  c.files.tcb_info = c.platform.sign_tcb_info(spaced);
  EXPECT_EQ(verify(c).ids(), Ids{});
  const std::string served(as_text(c.files.tcb_info));
  c.files.tcb_info = to_bytes(replaced(served, R"( "id" : "TDX" , )", R"("id":"TDX",)"));
  EXPECT_EQ(verify(c).ids(), Ids{"intel.tcb_info.signature"});
  // White space around the signed object is nobody's.
  c.files.tcb_info = to_bytes(replaced(served, R"({"tcbInfo":)", "\n{ \"tcbInfo\" :\t") + "\n");
  EXPECT_EQ(verify(c).ids(), Ids{});
}

// Two objects of one name: a reader that takes the first and one that takes the last disagree.
TEST(IntelTraps, SignedObjectTwice) {
  TestCase c;
  const std::string served(as_text(c.files.tcb_info));
  c.files.tcb_info = to_bytes(replaced(served, R"({"tcbInfo":)", R"({"tcbInfo":{},"tcbInfo":)"));
  const auto collateral = Collateral::parse(c.files);
  ASSERT_FALSE(collateral);
  EXPECT_EQ(collateral.error().reason, "json.duplicate_name");
}

// openenclave: lists come as PEM, DER or hexadecimal text, with a NUL behind.
TEST(IntelTraps, ListsInEveryForm) {
  TestCase c;
  const Bytes der = c.platform.pck_crl(kTestWindow);
  const std::string hex = wire::hex_encode(der);
  const std::string pem = wire::encode_pem("X509 CRL", der);
  const std::string nul(1, '\0');
  for (const std::string& form : {std::string(as_text(der)), pem, pem + nul, hex, hex + nul,
                                  hex + "\n", hex + "\r\n" + nul}) {
    c.files.pck_crl = to_bytes(form);
    EXPECT_EQ(verify(c).ids(), Ids{}) << form.substr(0, 20);
  }
  for (const std::string& form : {hex.substr(1), hex + "0", nul + hex, pem + pem, " " + hex}) {
    c.files.pck_crl = to_bytes(form);
    EXPECT_FALSE(Collateral::parse(c.files)) << form.substr(0, 20);
  }
}

TEST(IntelTraps, RevokedInEveryForm) {
  TestCase c;
  const Bytes der = c.platform.pck_crl(kTestWindow, {leaf_template(c).serial});
  for (const std::string& form :
       {std::string(as_text(der)), wire::encode_pem("X509 CRL", der), wire::hex_encode(der)}) {
    c.files.pck_crl = to_bytes(form);
    EXPECT_EQ(verify(c).ids(), Ids{"intel.pck_crl.leaf"});
  }
}

// Swapped lists are each under the wrong issuer.
TEST(IntelTraps, SwappedLists) {
  TestCase c;
  std::swap(c.files.root_crl, c.files.pck_crl);
  EXPECT_EQ(verify(c).ids(),
            (Ids{"intel.root_crl.issuer", "intel.root_crl.signature", "intel.root_crl.extensions",
                 "intel.pck_crl.issuer", "intel.pck_crl.signature", "intel.pck_crl.extensions"}));
}

// Intel QVL compares 32 bytes of the QE's report data and not the upper 32.
TEST(IntelTraps, UpperHalfOfTheBinding) {
  TestCase c;
  const auto quote = parse_quote(c.quote);
  ByteArray<64> bound{};
  std::ranges::copy(quote->qe_report.report_data, bound.begin());
  for (std::size_t i = 32; i < 64; ++i) {
    ByteArray<64> changed = bound;
    changed[i] = 1;
    TestCase other;
    other.quote = other.platform.quote({.qe_report_data = changed});
    EXPECT_EQ(verify(other).ids(), Ids{"intel.qe_report.binding"}) << i;
  }
}

// dcap-qvl demands 32 bytes of authentication data.
TEST(IntelTraps, AuthDataOfAnySize) {
  TestCase c;
  for (const std::size_t size : {0u, 1u, 32u, 1000u}) {
    c.change_quote([&](auto& q) { q.auth_data = Bytes(size, 0x33); });
    EXPECT_EQ(verify(c).ids(), Ids{}) << size;
  }
}

// It is bound with the key all the same.
TEST(IntelTraps, AuthDataIsBound) {
  TestCase c;
  const auto quote = parse_quote(c.quote);
  const auto at = static_cast<std::size_t>(quote->qe_auth_data.data() - c.quote.data());
  c.quote[at + 31] ^= 1;
  EXPECT_EQ(verify(c).ids(), Ids{"intel.qe_report.binding"});
}

// The certification type is covered by no signature.
TEST(IntelTraps, CertificationTypeFlips) {
  const TestCase c;
  const auto quote = parse_quote(c.quote);
  const auto type = static_cast<std::size_t>(quote->certification_data.data() - c.quote.data()) - 6;
  ASSERT_EQ(c.quote[type], 5);
  for (unsigned value = 0; value <= 0xFF; ++value) {
    if (value == 5) continue;
    Bytes bytes = c.quote;
    bytes[type] = static_cast<std::uint8_t>(value);
    const auto flipped = parse_quote(bytes);
    ASSERT_FALSE(flipped) << value;
    const bool ppid = value >= 1 && value <= 3;
    EXPECT_EQ(flipped.error().reason, ppid ? "quote.sizes" : "quote.certification_type");
  }
}

// Exhausted the stack of Intel QVL before anything was authenticated.
TEST(IntelTraps, JsonDepthBomb) {
  TestCase c;
  const std::string bomb = std::string(50'000, '[') + std::string(50'000, ']');
  const std::string object = sample_tee::encode_tcb_info(tdx_info(c));
  c.files.tcb_info = c.platform.sign_tcb_info(replaced(object, "{", "{\"x\":" + bomb + ","));
  auto collateral = Collateral::parse(c.files);
  ASSERT_FALSE(collateral);
  EXPECT_EQ(collateral.error().reason, "json.depth");
  c.files.tcb_info = to_bytes(bomb);
  collateral = Collateral::parse(c.files);
  ASSERT_FALSE(collateral);
  EXPECT_EQ(collateral.error().reason, "json.depth");
}

// Any number of small values, within the size limit.
TEST(IntelTraps, JsonNodeBomb) {
  TestCase c;
  std::string bomb = "[0";
  for (std::size_t i = 0; i < limits::kJsonNodesMax; ++i) bomb += ",0";
  const std::string object = sample_tee::encode_tcb_info(tdx_info(c));
  c.files.tcb_info = c.platform.sign_tcb_info(replaced(object, "{", "{\"x\":" + bomb + "],"));
  const auto collateral = Collateral::parse(c.files);
  ASSERT_FALSE(collateral);
  EXPECT_EQ(collateral.error().reason, "json.nodes");
}

// An older set that has not expired is authentic; its age and number are for the policy to judge.
TEST(IntelTraps, OlderCollateralIsForThePolicy) {
  TestCase c;
  c.change_tcb_info([](TcbInfo& info) {
    info.evaluation_number = 3;
    info.issue_date = kTestNow - Duration{29ll * 86400};
  });
  const Verdict verdict = verify(c);
  EXPECT_EQ(verdict.ids(), Ids{});
  ASSERT_TRUE(verdict.result.quote);
  const auto& info = verdict.result.quote->collateral().tcb_info()->value;
  EXPECT_EQ(info.evaluation_number, 3u);
  EXPECT_EQ(info.issue_date, kTestNow - Duration{29ll * 86400});
}

// A debug quoting enclave gives its key away; its bit is inside the identity's mask.
TEST(IntelTraps, DebugQuotingEnclave) {
  for (const Tee tee : {Tee::kTdx, Tee::kSgx}) {
    TestCase c(tee);
    sample_tee::IntelQuoteTemplate content;
    if (tee == Tee::kSgx) content.body_type = BodyType::kSgx;
    content.quoting_enclave = sample_tee::sample_quoting_enclave(tee);
    content.quoting_enclave->attributes[0] |= 0x02;
    c.quote = c.platform.quote(content);
    EXPECT_EQ(verify(c).ids(), Ids{"intel.qe.attributes"});
  }
}

// Bits outside the masks are free: MODE64 and XFRM in real identities.
TEST(IntelTraps, BitsOutsideTheMasks) {
  TestCase c;
  change_qe(c, [](auto& qe) {
    qe.attributes[0] ^= 0x04;
    qe.attributes[15] = 0x80;
  });
  EXPECT_EQ(verify(c).ids(), Ids{});
  change_qe(c, [](auto& qe) { qe.misc_select = {0, 0, 0, 0x40}; });
  c.change_qe_identity([](QeIdentity& qe) { qe.misc_select_mask = {0xFF, 0xFF, 0xFF, 0xBF}; });
  EXPECT_EQ(verify(c).ids(), Ids{});
}

// MISCSELECT is hexadecimal of the bytes in memory; Intel QVL reads a number and swaps it.
TEST(IntelTraps, MiscSelectInMemoryOrder) {
  TestCase c;
  c.change_qe_identity([](QeIdentity& qe) { qe.misc_select = {1, 0, 0, 0}; });
  EXPECT_TRUE(as_text(c.files.qe_identity).contains(R"("miscselect":"01000000")"));
  change_qe(c, [](auto& qe) { qe.misc_select = {1, 0, 0, 0}; });
  EXPECT_EQ(verify(c).ids(), Ids{});
  change_qe(c, [](auto& qe) { qe.misc_select = {0, 0, 0, 1}; });
  EXPECT_EQ(verify(c).ids(), Ids{"intel.qe.miscselect"});
}

// An expected bit outside its own mask can't be met: refused, not ignored.
TEST(IntelTraps, IdentityAsksWhatItMasksAway) {
  TestCase c;
  c.change_qe_identity([](QeIdentity& qe) { qe.attributes[15] = 1; });
  change_qe(c, [](auto& qe) { qe.attributes[15] = 1; });
  EXPECT_EQ(verify(c).ids(), Ids{"intel.qe.attributes"});
}

// Intel QVL demands zero; a mask in the TCB info does not loosen that.
TEST(IntelTraps, SeamAttributesOutsideTheMask) {
  TestCase c;
  c.change_tcb_info([](TcbInfo& info) { info.module_identities[1].attributes_mask = {}; });
  c.change_td([](auto& td) { td.seam_attributes[3] = 1; });
  EXPECT_EQ(verify(c).ids(), Ids{"intel.module.attributes"});
}

TEST(IntelTraps, ModuleAttributesUnderTheMask) {
  TestCase c;
  c.change_tcb_info([](TcbInfo& info) { info.module_identities[1].attributes[3] = 1; });
  EXPECT_EQ(verify(c).ids(), Ids{"intel.module.attributes"});
}

// "Verified" is not "accepted": a quote may be authentic and its platform years behind.
TEST(IntelTraps, AuthenticIsNotUpToDate) {
  TestCase c;
  c.change_td([](auto& td) { td.tee_tcb_svn = {2, 1, 1}; });
  const Verdict verdict = verify(c);
  EXPECT_EQ(verdict.ids(), Ids{});
  EXPECT_EQ(verdict.result.authenticity, Authenticity::kYes);
  EXPECT_EQ(verdict.result.quote->tcb_status(), TcbStatus::kOutOfDate);
}

// A debug TD is authentic too; the bit is there for the policy.
TEST(IntelTraps, DebugTdIsForThePolicy) {
  TestCase c;
  c.change_td([](auto& td) { td.td_attributes = TdReport::kDebug; });
  const Verdict verdict = verify(c);
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->quote().td.td_attributes, TdReport::kDebug);
}

// GCP, Azure and dstack add bytes behind the quote.
TEST(IntelTraps, BytesBehindTheQuote) {
  TestCase c;
  c.change_quote([](auto& q) { q.padding = Bytes(3065, 0xEE); });
  EXPECT_EQ(verify(c).ids(), Ids{});
}

// The chain inside a quote often ends in a NUL.
TEST(IntelTraps, ChainEndsInNul) {
  TestCase c;
  c.change_quote([&](auto& q) {
    q.certification_data = c.platform.pck_chain();
    q.certification_data.push_back(0);
  });
  EXPECT_EQ(verify(c).ids(), Ids{});
}

// A chain in another order is another chain.
TEST(IntelTraps, ChainRootFirst) {
  TestCase c;
  const auto& certs = c.platform.certificates();
  set_chain(c, {certs.root, certs.pck_ca, certs.pck});
  EXPECT_EQ(verify(c).ids(), Ids{"intel.pck.root"});
  set_chain(c, {certs.pck_ca, certs.pck, certs.root});
  const auto ids = verify(c).ids();
  EXPECT_TRUE(ids.contains("intel.pck.names") && ids.contains("intel.pck.constraints"));
}

// The root's name proves nothing: it is compared by its bytes.
TEST(IntelTraps, RootOfTheSameNameAndKey) {
  TestCase c;
  auto root = sample_tee::intel_root_template();
  root.serial = {0x12};
  c.platform.certificates().root =
      pki::issue_certificate(root, pki::Signer(c.platform.keys().root));
  c.quote = c.platform.quote_td({});
  EXPECT_EQ(verify(c).ids(), Ids{"intel.pck.root"});
}

// Vendor roots switched off: then nothing of Intel's own is believed, and samples still are.
TEST(IntelTraps, SampleIsNeverTheVendor) {
  TestCase c;
  c.anchors.vendor_roots = false;
  const Verdict verdict = verify(c);
  ASSERT_TRUE(verdict.result.quote);
  EXPECT_EQ(verdict.result.quote->root(), RootKind::kSample);
  EXPECT_EQ(
      TrustAnchors{.vendor_roots = false}.kind_of(intel_root_digest(), {&intel_root_digest(), 1}),
      RootKind::kUnknown);
}

}  // namespace
}  // namespace atoma::evidence::intel
