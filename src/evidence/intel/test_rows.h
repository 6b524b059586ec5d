// Rows of damage: what is changed, and which checks alone must not pass then.
#pragma once

#include "atoma/wire/pem.h"
#include "intel/test_platform.h"

namespace atoma::evidence::intel {

using Ids = std::set<std::string>;

struct Row {
  const char* name;
  Ids ids;
  void (*damage)(TestCase&);
  Authenticity authenticity = Authenticity::kNo;
  Tee tee = Tee::kTdx;
};

inline Bytes key_info(const crypto::EcPrivateKey& key) {
  return pki::Signer(key).public_key_info();
}

// Another Intel altogether.
inline const sample_tee::IntelPlatform& stranger() {
  static const auto platform = test_platform(99);
  return platform;
}

inline pki::CertificateTemplate leaf_template(const TestCase& c) {
  return sample_tee::intel_pck_template(c.platform.pck_info(), key_info(c.platform.keys().pck));
}

inline void set_leaf(TestCase& c, const pki::CertificateTemplate& leaf) {
  c.platform.certificates().pck =
      pki::issue_certificate(leaf, pki::Signer(c.platform.keys().pck_ca));
  c.quote = c.platform.quote_td({});
}

inline void set_ca(TestCase& c, const pki::CertificateTemplate& ca) {
  c.platform.certificates().pck_ca =
      pki::issue_certificate(ca, pki::Signer(c.platform.keys().root));
  c.quote = c.platform.quote_td({});
}

inline void set_tcb_signer(TestCase& c, const pki::CertificateTemplate& signer,
                           const crypto::EcPrivateKey& issuer) {
  c.platform.certificates().tcb_signer = pki::issue_certificate(signer, pki::Signer(issuer));
  c.files.tcb_signing_chain = c.platform.tcb_signing_chain();
}

inline pki::CertificateTemplate ca_template(const TestCase& c) {
  return sample_tee::intel_pck_ca_template(key_info(c.platform.keys().pck_ca));
}

inline pki::CertificateTemplate tcb_signer_template(const TestCase& c) {
  return sample_tee::intel_tcb_signer_template(key_info(c.platform.keys().tcb_signer));
}

inline void change_leaf(TestCase& c, void (*change)(pki::CertificateTemplate&)) {
  auto leaf = leaf_template(c);
  change(leaf);
  set_leaf(c, leaf);
}

inline void change_ca(TestCase& c, void (*change)(pki::CertificateTemplate&)) {
  auto ca = ca_template(c);
  change(ca);
  set_ca(c, ca);
}

inline void change_tcb_signer(TestCase& c, void (*change)(pki::CertificateTemplate&)) {
  auto signer = tcb_signer_template(c);
  change(signer);
  set_tcb_signer(c, signer, c.platform.keys().root);
}

inline void change_qe(TestCase& c, void (*change)(sample_tee::EnclaveReportTemplate&)) {
  c.change_quote([&](auto& q) {
    q.quoting_enclave = sample_tee::sample_quoting_enclave(Tee::kTdx);
    change(*q.quoting_enclave);
  });
}

inline Bytes list(const char* issuer, const crypto::EcPrivateKey& key, bool with_number = true) {
  pki::CrlTemplate content;
  content.issuer_cn = issuer;
  content.validity = kTestWindow;
  content.with_number = with_number;
  return issue_crl(content, pki::Signer(key));
}

inline constexpr const char* kRootName = "Intel SGX Root CA";
inline constexpr const char* kPckCaName = "Intel SGX PCK Platform CA";
inline constexpr ValidityWindow kPast{{1577836800}, kTestNow - Duration{1}};
inline constexpr ValidityWindow kFuture{kTestNow + Duration{1}, {2524607999}};

// The PEM of a chain with its certificates in another order or number.
inline void set_chain(TestCase& c, std::initializer_list<ByteView> certificates) {
  Bytes pem;
  for (const ByteView der : certificates) append(pem, wire::encode_pem("CERTIFICATE", der));
  c.change_quote([&](auto& q) { q.certification_data = pem; });
}

// Where the bytes of a part end with a signature, the last of them belongs to it.
inline void flip_last(Bytes& bytes) { bytes.back() ^= 1; }
// {"tcbInfo":…,"signature":"…"}: the digit before the quote and the brace.
inline void flip_signature_digit(Bytes& bytes) {
  auto& digit = bytes[bytes.size() - 3];
  digit = digit == '0' ? '1' : '0';
}

inline std::string row_name(const testing::TestParamInfo<Row>& info) { return info.param.name; }

// The undamaged case passes everything; the damaged one fails exactly the row's checks, with texts.
inline void expect_row(const Row& row) {
  TestCase good(row.tee);
  EXPECT_EQ(verify(good).ids(), Ids{});
  TestCase damaged(row.tee);
  row.damage(damaged);
  for (const Detail detail : {Detail::kAll, Detail::kFailures}) {
    const Verdict verdict = verify(damaged, detail);
    EXPECT_EQ(verdict.ids(), row.ids);
    EXPECT_EQ(verdict.result.authenticity, row.authenticity);
    for (const auto& finding : verdict.findings.items()) {
      EXPECT_FALSE(finding.expected.empty()) << finding.id;
      EXPECT_FALSE(finding.actual.empty()) << finding.id;
    }
  }
}

// Of the lists of checks.def, those that begin with "intel.".
inline Ids intel_checks() {
  Ids ids;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Check::kCount); ++i) {
    const auto id = check_info(static_cast<Check>(i)).id;
    if (id.starts_with("intel.")) ids.emplace(id);
  }
  return ids;
}

// Of a platform's chain and the two lists; the others are of collateral and quote.
inline bool is_chain_check(std::string_view id) {
  return id.starts_with("intel.pck.") || id.starts_with("intel.root_crl.") ||
         id.starts_with("intel.pck_crl.") || id == "intel.certification_data";
}

// Every check of one kind has a row that provokes it alone.
inline void expect_covered(const std::vector<Row>& rows, bool chain_checks) {
  Ids provoked;
  for (const Row& row : rows) {
    if (row.ids.size() == 1) provoked.insert(*row.ids.begin());
  }
  for (const auto& id : intel_checks()) {
    if (is_chain_check(id) == chain_checks) {
      EXPECT_TRUE(provoked.contains(id)) << id;
    }
  }
}

}  // namespace atoma::evidence::intel
