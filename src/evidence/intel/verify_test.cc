// Collateral and quotes: each check provoked alone.
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

const Row kCollateralRows[] = {
    {"TcbSignerAbsent",
     {"intel.tcb_signing.present"},
     [](TestCase& c) { c.files.tcb_signing_chain.clear(); },
     Authenticity::kUnknown},
    {"TcbSignerWithoutRoot",
     {"intel.tcb_signing.chain"},
     [](TestCase& c) {
       c.files.tcb_signing_chain =
           to_bytes(wire::encode_pem("CERTIFICATE", c.platform.certificates().tcb_signer));
     }},
    {"TcbSignerName",
     {"intel.tcb_signing.chain"},
     [](TestCase& c) {
       change_tcb_signer(c, [](auto& signer) { signer.subject_cn = "Intel SGX Signing"; });
     }},
    {"TcbSignerIsCa",
     {"intel.tcb_signing.chain"},
     [](TestCase& c) { change_tcb_signer(c, [](auto& signer) { signer.is_ca = true; }); }},
    {"TcbSignerUnknownCritical",
     {"intel.tcb_signing.chain"},
     [](TestCase& c) {
       change_tcb_signer(c,
                         [](auto& signer) { signer.extra.push_back({"1.2.3.4", true, {5, 0}}); });
     }},
    {"TcbSignerUnderAnUntrustedRoot",
     {"intel.tcb_signing.chain"},
     [](TestCase& c) {
       c.files.tcb_signing_chain = stranger().tcb_signing_chain();
       c.files.root_crl.clear();
     }},
    // Both roots are trusted, but a platform's collateral must come from its own.
    {"TcbSignerUnderAnotherTrustedRoot",
     {"intel.tcb_signing.chain"},
     [](TestCase& c) {
       const auto other = stranger().collateral_files(Tee::kTdx, kTestWindow);
       c.files.tcb_info = other.tcb_info;
       c.files.qe_identity = other.qe_identity;
       c.files.tcb_signing_chain = other.tcb_signing_chain;
       c.anchors.sample_roots.push_back(stranger().root_digest());
     }},
    {"TcbSignerSignedByAnother",
     {"intel.tcb_signing.signature"},
     [](TestCase& c) { set_tcb_signer(c, tcb_signer_template(c), stranger().keys().root); }},
    {"TcbSignerExpired",
     {"intel.tcb_signing.validity"},
     [](TestCase& c) { change_tcb_signer(c, [](auto& signer) { signer.validity = kPast; }); }},
    {"TcbSignerNotYetValid",
     {"intel.tcb_signing.validity"},
     [](TestCase& c) { change_tcb_signer(c, [](auto& signer) { signer.validity = kFuture; }); }},
    {"TcbInfoAbsent",
     {"intel.tcb_info.present"},
     [](TestCase& c) { c.files.tcb_info.clear(); },
     Authenticity::kUnknown},
    {"TcbInfoSignature",
     {"intel.tcb_info.signature"},
     [](TestCase& c) { flip_signature_digit(c.files.tcb_info); }},
    {"TcbInfoSignedByAnother",
     {"intel.tcb_info.signature"},
     [](TestCase& c) {
       c.files.tcb_info = stranger().collateral_files(Tee::kTdx, kTestWindow).tcb_info;
     }},
    {"TcbInfoExpired",
     {"intel.tcb_info.validity"},
     [](TestCase& c) {
       c.change_tcb_info([](TcbInfo& info) { info.next_update = kTestNow - Duration{1}; });
     }},
    {"TcbInfoFromTheFuture",
     {"intel.tcb_info.validity"},
     [](TestCase& c) {
       c.change_tcb_info([](TcbInfo& info) { info.issue_date = kTestNow + Duration{1}; });
     }},
    {"TcbInfoOfSgx",
     {"intel.tcb_info.id"},
     [](TestCase& c) {
       c.files.tcb_info = c.platform.collateral_files(Tee::kSgx, kTestWindow).tcb_info;
     }},
    {"TcbInfoOfTdx",
     {"intel.tcb_info.id"},
     [](TestCase& c) {
       c.files.tcb_info = c.platform.collateral_files(Tee::kTdx, kTestWindow).tcb_info;
     },
     Authenticity::kNo,
     Tee::kSgx},
    {"TcbInfoFmspc",
     {"intel.tcb_info.fmspc"},
     [](TestCase& c) { c.change_tcb_info([](TcbInfo& info) { info.fmspc[5] ^= 1; }); }},
    {"TcbInfoPceid",
     {"intel.tcb_info.pceid"},
     [](TestCase& c) { c.change_tcb_info([](TcbInfo& info) { info.pce_id[0] ^= 1; }); }},
    {"QeIdentityAbsent",
     {"intel.qe_identity.present"},
     [](TestCase& c) { c.files.qe_identity.clear(); },
     Authenticity::kUnknown},
    {"QeIdentitySignature",
     {"intel.qe_identity.signature"},
     [](TestCase& c) { flip_signature_digit(c.files.qe_identity); }},
    {"QeIdentityExpired",
     {"intel.qe_identity.validity"},
     [](TestCase& c) {
       c.change_qe_identity([](QeIdentity& qe) { qe.next_update = kTestNow - Duration{1}; });
     }},
    {"QeIdentityFromTheFuture",
     {"intel.qe_identity.validity"},
     [](TestCase& c) {
       c.change_qe_identity([](QeIdentity& qe) { qe.issue_date = kTestNow + Duration{1}; });
     }},
    {"QeIdentityOfSgx",
     {"intel.qe_identity.id"},
     [](TestCase& c) {
       c.files.qe_identity = c.platform.collateral_files(Tee::kSgx, kTestWindow).qe_identity;
     }},
    {"QeIdentityOfTdx",
     {"intel.qe_identity.id"},
     [](TestCase& c) {
       c.files.qe_identity = c.platform.collateral_files(Tee::kTdx, kTestWindow).qe_identity;
     },
     Authenticity::kNo,
     Tee::kSgx},
    {"QeIdentityVersion1",
     {"intel.qe_identity.id"},
     [](TestCase& c) { c.change_qe_identity([](QeIdentity& qe) { qe.version = 1; }); }},
};

// Nothing vouches for the quoting enclave before its report's signature is good, so a report that
// is changed and not signed again fails twice; these are signed again.
const Row kQuoteRows[] = {
    {"QeReportSignedByAnother",
     {"intel.qe_report.signature"},
     [](TestCase& c) {
       c.quote = sample_tee::make_intel_quote(
           {}, stranger().keys().pck, c.platform.keys().attestation, c.platform.pck_chain());
     }},
    {"BindingOfAnotherKey",
     {"intel.qe_report.binding"},
     [](TestCase& c) { c.quote = c.platform.quote({.qe_report_data = ByteArray<64>{}}); }},
    {"QeMiscSelect",
     {"intel.qe.miscselect"},
     [](TestCase& c) { change_qe(c, [](auto& qe) { qe.misc_select[3] = 0x80; }); }},
    {"QeAttributes",
     {"intel.qe.attributes"},
     [](TestCase& c) { change_qe(c, [](auto& qe) { qe.attributes[7] = 1; }); }},
    {"QeMrsigner",
     {"intel.qe.mrsigner"},
     [](TestCase& c) { change_qe(c, [](auto& qe) { qe.mrsigner[31] ^= 1; }); }},
    {"QeProdId",
     {"intel.qe.isvprodid"},
     [](TestCase& c) { change_qe(c, [](auto& qe) { qe.isv_prod_id = 1; }); }},
    {"AttestationKeyOffTheCurve",
     {"intel.quote.attestation_key"},
     [](TestCase& c) { c.quote = c.platform.quote({.attestation_key = ByteArray<64>{1}}); }},
    {"AttestationKeyAtInfinity",
     {"intel.quote.attestation_key"},
     [](TestCase& c) { c.quote = c.platform.quote({.attestation_key = ByteArray<64>{}}); }},
    {"BodyChanged", {"intel.quote.signature"}, [](TestCase& c) { c.quote[48 + 520] ^= 1; }},
    {"UserDataChanged", {"intel.quote.signature"}, [](TestCase& c) { c.quote[28] ^= 1; }},
    {"SignatureOfZeros",
     {"intel.quote.signature"},
     [](TestCase& c) { std::fill_n(c.quote.begin() + 636, 64, std::uint8_t{0}); }},
    {"SignatureOfOnes",
     {"intel.quote.signature"},
     [](TestCase& c) { std::fill_n(c.quote.begin() + 636, 64, std::uint8_t{0xFF}); }},
    {"SgxBodyChanged",
     {"intel.quote.signature"},
     [](TestCase& c) { c.quote[48 + 64] ^= 1; },
     Authenticity::kNo,
     Tee::kSgx},
    {"ModuleSigner",
     {"intel.module.mrsigner"},
     [](TestCase& c) { c.change_td([](auto& td) { td.mrsigner_seam[0] = 1; }); }},
    {"PlainModuleSigner",
     {"intel.module.mrsigner"},
     [](TestCase& c) {
       c.change_td([](auto& td) {
         td.mrsigner_seam[47] = 1;
         td.tee_tcb_svn[1] = 0;
       });
     }},
    {"ModuleAttributes",
     {"intel.module.attributes"},
     [](TestCase& c) { c.change_td([](auto& td) { td.seam_attributes[7] = 0x80; }); }},
    {"PlainModuleAttributes",
     {"intel.module.attributes"},
     [](TestCase& c) {
       c.change_td([](auto& td) {
         td.seam_attributes[0] = 1;
         td.tee_tcb_svn[1] = 0;
       });
     }},
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const auto table :
       {std::span<const Row>(kCollateralRows), std::span<const Row>(kQuoteRows)}) {
    rows.insert(rows.end(), table.begin(), table.end());
  }
  return rows;
}

class IntelVerifyCheck : public testing::TestWithParam<Row> {};

TEST_P(IntelVerifyCheck, FailsAloneAndRefuses) { expect_row(GetParam()); }

INSTANTIATE_TEST_SUITE_P(IntelVerify, IntelVerifyCheck, testing::ValuesIn(all_rows()), row_name);

TEST(IntelVerify, EveryCheckHasARowOfItsOwn) { expect_covered(all_rows(), false); }

// With everything right every check is made and passes: none is skipped unseen.
TEST(IntelVerify, AllChecksAreMade) {
  const TestCase c;
  const Verdict verdict = verify(c);
  Ids made;
  for (const auto& finding : verdict.findings.items()) made.emplace(finding.id);
  Ids expected = intel_checks();
  // Presence is reported when it is missing; a chain inside the quote needs no look-up.
  std::erase_if(expected, [](const std::string& id) {
    return id.ends_with(".present") || id == "intel.certification_data";
  });
  EXPECT_EQ(made, expected);
  EXPECT_EQ(verify(c, Detail::kFailures).findings.checks_made(), verdict.findings.checks_made());
}

// The first and the last second of every window are inside.
TEST(IntelVerify, WindowsAreClosed) {
  TestCase c;
  for (const Time inside : {kTestWindow.not_before, kTestWindow.not_after}) {
    c.at = inside;
    EXPECT_EQ(verify(c).ids(), Ids{});
  }
  const Ids all{"intel.root_crl.validity", "intel.pck_crl.validity", "intel.tcb_info.validity",
                "intel.qe_identity.validity"};
  for (const Time outside :
       {kTestWindow.not_before - Duration{1}, kTestWindow.not_after + Duration{1}}) {
    c.at = outside;
    EXPECT_EQ(verify(c).ids(), all);
  }
  c.at = sample_tee::kIntelCertificatesValid.not_after + Duration{1};
  Ids certificates_too = all;
  certificates_too.insert({"intel.pck.validity", "intel.tcb_signing.validity"});
  EXPECT_EQ(verify(c).ids(), certificates_too);
}

TEST(IntelVerify, RootKindIsTold) {
  TestCase c;
  EXPECT_EQ(verify(c).result.root, RootKind::kSample);
  c.quote[600] ^= 1;  // refused, but whose it claims to be is known
  EXPECT_EQ(verify(c).result.root, RootKind::kSample);
  c.anchors = {};
  // The TCB signer stands under the same root.
  EXPECT_EQ(verify(c).ids(), (Ids{"intel.pck.root", "intel.tcb_signing.chain"}));
  EXPECT_EQ(verify(c).result.root, RootKind::kUnknown);
}

}  // namespace
}  // namespace atoma::evidence::intel
