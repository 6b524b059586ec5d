// The PCK chain and the revocation lists: each check provoked alone.
#include "intel/test_rows.h"

namespace atoma::evidence::intel {
namespace {

const Row kCertificationRows[] = {
    {"PpidInsteadOfChain",
     {"intel.certification_data"},
     [](TestCase& c) {
       c.change_quote([](auto& q) {
         q.certification_type = 3;
         q.certification_data = Bytes(404, 1);
       });
     },
     Authenticity::kUnknown},
};

const Row kPckRows[] = {
    {"ChainOfTwo",
     {"intel.pck.chain"},
     [](TestCase& c) {
       const auto& certs = c.platform.certificates();
       set_chain(c, {certs.pck, certs.pck_ca});
     }},
    {"ChainOfFour",
     {"intel.pck.chain"},
     [](TestCase& c) {
       const auto& certs = c.platform.certificates();
       set_chain(c, {certs.pck, certs.pck_ca, certs.pck_ca, certs.root});
     }},
    {"ChainIsNoPem",
     {"intel.pck.chain"},
     [](TestCase& c) { c.change_quote([](auto& q) { q.certification_data = Bytes(600, 'x'); }); }},
    // Its collateral is the trusted one's, so the PCK chain alone is at fault.
    {"UntrustedRoot", {"intel.pck.root"}, [](TestCase& c) { c.quote = stranger().quote_td({}); }},
    {"LeafName",
     {"intel.pck.names"},
     [](TestCase& c) {
       change_leaf(c, [](auto& leaf) { leaf.subject_cn = "Intel SGX PCK Certificates"; });
     }},
    {"LeafIssuerName",
     {"intel.pck.names"},
     [](TestCase& c) {
       change_leaf(c, [](auto& leaf) { leaf.issuer_cn = "Intel SGX PCK Processor CA"; });
     }},
    // The PCK list names the CA too, and no longer its issuer: but a broken chain asks no list.
    {"CaName",
     {"intel.pck.names"},
     [](TestCase& c) { change_ca(c, [](auto& ca) { ca.subject_cn = "Intel SGX PCK CA"; }); }},
    {"CaIssuerName",
     {"intel.pck.names"},
     [](TestCase& c) { change_ca(c, [](auto& ca) { ca.issuer_cn = "Intel SGX Root"; }); }},
    {"LeafIsCa",
     {"intel.pck.constraints"},
     [](TestCase& c) { change_leaf(c, [](auto& leaf) { leaf.is_ca = true; }); }},
    {"LeafWithoutConstraints",
     {"intel.pck.constraints"},
     [](TestCase& c) {
       change_leaf(c, [](auto& leaf) { leaf.with_standard_extensions = false; });
     }},
    {"CaIsNone",
     {"intel.pck.constraints"},
     [](TestCase& c) {
       change_ca(c, [](auto& ca) {
         ca.is_ca = false;
         ca.path_length.reset();
       });
     }},
    {"CaMayIssueCas",
     {"intel.pck.constraints"},
     [](TestCase& c) { change_ca(c, [](auto& ca) { ca.path_length = 1; }); }},
    {"LeafKeyP384",
     {"intel.pck.algorithms"},
     [](TestCase& c) {
       TestEntropy entropy(5);
       const auto key = crypto::EcPrivateKey::generate(crypto::Curve::kP384, entropy);
       auto leaf = leaf_template(c);
       leaf.public_key_info = key_info(key);
       set_leaf(c, leaf);
     }},
    {"LeafUnknownCritical",
     {"intel.pck.critical_extensions"},
     [](TestCase& c) {
       change_leaf(c, [](auto& leaf) { leaf.extra.push_back({"1.2.3.4", true, {5, 0}}); });
     }},
    {"CaUnknownCritical",
     {"intel.pck.critical_extensions"},
     [](TestCase& c) {
       change_ca(c, [](auto& ca) { ca.extra.push_back({"1.2.3.4", true, {5, 0}}); });
     }},
    {"CaSignedByAnother",
     {"intel.pck.ca_signature"},
     [](TestCase& c) {
       c.platform.certificates().pck_ca =
           pki::issue_certificate(ca_template(c), pki::Signer(stranger().keys().root));
       c.quote = c.platform.quote_td({});
     }},
    {"LeafSignedByAnother",
     {"intel.pck.leaf_signature"},
     [](TestCase& c) {
       c.platform.certificates().pck =
           pki::issue_certificate(leaf_template(c), pki::Signer(stranger().keys().pck_ca));
       c.quote = c.platform.quote_td({});
     }},
    {"LeafWithoutSgxExtension",
     {"intel.pck.sgx_extension"},
     [](TestCase& c) { change_leaf(c, [](auto& leaf) { leaf.extra.clear(); }); }},
    {"LeafExpired",
     {"intel.pck.validity"},
     [](TestCase& c) { change_leaf(c, [](auto& leaf) { leaf.validity = kPast; }); }},
    {"CaNotYetValid",
     {"intel.pck.validity"},
     [](TestCase& c) { change_ca(c, [](auto& ca) { ca.validity = kFuture; }); }},
};

const Row kListRows[] = {
    {"RootListIssuer",
     {"intel.root_crl.issuer"},
     [](TestCase& c) { c.files.root_crl = list("Intel SGX Root", c.platform.keys().root); }},
    {"RootListSignature",
     {"intel.root_crl.signature"},
     [](TestCase& c) { flip_last(c.files.root_crl); }},
    // A key identifier is the signer's: another signer fails as signature and as identifier.
    {"RootListOfAnotherKey",
     {"intel.root_crl.signature", "intel.root_crl.extensions"},
     [](TestCase& c) { c.files.root_crl = list(kRootName, stranger().keys().root); }},
    {"RootListNumber",
     {"intel.root_crl.extensions"},
     [](TestCase& c) { c.files.root_crl = list(kRootName, c.platform.keys().root, false); }},
    {"RootListExpired",
     {"intel.root_crl.validity"},
     [](TestCase& c) { c.files.root_crl = c.platform.root_crl(kPast); }},
    {"RootListFromTheFuture",
     {"intel.root_crl.validity"},
     [](TestCase& c) { c.files.root_crl = c.platform.root_crl(kFuture); }},
    {"CaRevoked",
     {"intel.root_crl.pck_ca"},
     [](TestCase& c) {
       const auto serial = sample_tee::intel_pck_ca_template({}).serial;
       c.files.root_crl = c.platform.root_crl(kTestWindow, {{9}, serial});
     }},
    {"TcbSignerRevoked",
     {"intel.root_crl.tcb_signer"},
     [](TestCase& c) {
       const auto serial = sample_tee::intel_tcb_signer_template({}).serial;
       c.files.root_crl = c.platform.root_crl(kTestWindow, {serial, {9}});
     }},
    {"PckListIssuer",
     {"intel.pck_crl.issuer"},
     [](TestCase& c) {
       c.files.pck_crl = list("Intel SGX PCK Processor CA", c.platform.keys().pck_ca);
     }},
    {"PckListSignature",
     {"intel.pck_crl.signature"},
     [](TestCase& c) { flip_last(c.files.pck_crl); }},
    {"PckListNumber",
     {"intel.pck_crl.extensions"},
     [](TestCase& c) { c.files.pck_crl = list(kPckCaName, c.platform.keys().pck_ca, false); }},
    {"PckListExpired",
     {"intel.pck_crl.validity"},
     [](TestCase& c) { c.files.pck_crl = c.platform.pck_crl(kPast); }},
    {"PckListFromTheFuture",
     {"intel.pck_crl.validity"},
     [](TestCase& c) { c.files.pck_crl = c.platform.pck_crl(kFuture); }},
    {"LeafRevoked",
     {"intel.pck_crl.leaf"},
     [](TestCase& c) {
       const auto serial = leaf_template(c).serial;
       c.files.pck_crl = c.platform.pck_crl(kTestWindow, {{9}, serial, {0x7F, 1}});
     }},
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const auto table : {std::span<const Row>(kCertificationRows), std::span<const Row>(kPckRows),
                           std::span<const Row>(kListRows)}) {
    rows.insert(rows.end(), table.begin(), table.end());
  }
  return rows;
}

class IntelChainCheck : public testing::TestWithParam<Row> {};

TEST_P(IntelChainCheck, FailsAloneAndRefuses) { expect_row(GetParam()); }

INSTANTIATE_TEST_SUITE_P(IntelChain, IntelChainCheck, testing::ValuesIn(all_rows()), row_name);

TEST(IntelChain, EveryCheckHasARowOfItsOwn) { expect_covered(all_rows(), true); }

TEST(IntelChain, ProcessorCaIsAcceptedToo) {
  TestCase c;
  change_ca(c, [](auto& ca) { ca.subject_cn = "Intel SGX PCK Processor CA"; });
  change_leaf(c, [](auto& leaf) { leaf.issuer_cn = "Intel SGX PCK Processor CA"; });
  c.files.pck_crl = list("Intel SGX PCK Processor CA", c.platform.keys().pck_ca);
  EXPECT_EQ(verify(c).ids(), Ids{});
}

TEST(IntelChain, ChainFromBesideTheQuote) {
  TestCase c;
  c.change_quote([](auto& q) {
    q.certification_type = 2;
    q.certification_data = Bytes(404, 1);
  });
  c.files.pck_chain = c.platform.pck_chain();
  EXPECT_EQ(verify(c).ids(), Ids{});
  c.files.pck_chain = stranger().pck_chain();
  EXPECT_EQ(verify(c).ids(), Ids{"intel.pck.root"});
}

TEST(IntelChain, WithoutListsRevocationIsUnknown) {
  for (const auto part : {&CollateralFiles::root_crl, &CollateralFiles::pck_crl}) {
    TestCase c;
    (c.files.*part).clear();
    const Verdict verdict = verify(c);
    EXPECT_EQ(verdict.ids(), Ids{});
    ASSERT_TRUE(verdict.result.quote);
    EXPECT_FALSE(verdict.result.quote->revocation_known());
  }
}

}  // namespace
}  // namespace atoma::evidence::intel
