// A software Intel with one platform: its own root, a PCK CA, a TCB signer, a certified platform
// with a quoting enclave, and all collateral. Its evidence is real in format and worthless as
// proof: a verifier takes it only where root_digest() is among TrustAnchors::sample_roots.
//
//   const auto platform = IntelPlatform::create(entropy);
//   anchors.sample_roots = {platform.root_digest()};
//   const Bytes quote = platform.quote_td({.report_data = nonce});
//   const auto collateral = Collateral::parse(platform.collateral_files(Tee::kTdx, window));
//
// Keys decide everything else: the same keys give the same certificates, and with the same
// arguments the same bytes. Tests replace single parts: a certificate by certificates(), a file in
// what collateral_files() returned, a field of a template.
#pragma once

#include <string>
#include <vector>

#include "atoma/base/secret.h"
#include "atoma/crypto/digest.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/sample_tee/intel_certificates.h"
#include "atoma/sample_tee/intel_collateral.h"
#include "atoma/sample_tee/intel_quote.h"

namespace atoma::sample_tee {

// How long PCS collateral usually lasts.
inline constexpr Duration kIntelCollateralLifetime{30ll * 24 * 3600};

struct IntelKeys {
  crypto::EcPrivateKey root, pck_ca, pck, tcb_signer, attestation;

  static IntelKeys generate(Entropy& entropy);
};

// In DER.
struct IntelCertificates {
  Bytes root, pck_ca, pck, tcb_signer;
};

class IntelPlatform {
 public:
  static IntelPlatform create(Entropy& entropy,
                              const evidence::intel::PckInfo& pck_info = sample_pck_info());
  IntelPlatform(IntelKeys keys, const evidence::intel::PckInfo& pck_info);

  // The keys as a small JSON object, for a directory that only its owner reads; `load` makes the
  // same platform of it. Errors: "sample.keys".
  SecretBytes save() const;
  static Result<IntelPlatform> load(ByteView saved,
                                    const evidence::intel::PckInfo& pck_info = sample_pck_info());

  const IntelKeys& keys() const { return keys_; }
  const evidence::intel::PckInfo& pck_info() const { return pck_info_; }
  IntelCertificates& certificates() { return certificates_; }
  const IntelCertificates& certificates() const { return certificates_; }
  crypto::Digest256 root_digest() const { return crypto::sha256(certificates_.root); }
  Bytes pck_chain() const;  // PEM: leaf, PCK CA, root

  Bytes quote(const IntelQuoteTemplate& content) const;
  // Version 4 for TD 1.0, version 5 for TD 1.5 and 1.5 Ex.
  Bytes quote_td(const TdReportTemplate& td,
                 evidence::intel::BodyType type = evidence::intel::BodyType::kTd10) const;
  // Version 3.
  Bytes quote_enclave(const EnclaveReportTemplate& enclave) const;

  // Everything a verifier needs beside a quote of `tee`; TCB info, QE identity and both lists are
  // valid in `window`, which a daemon moves on by asking again.
  evidence::intel::CollateralFiles collateral_files(evidence::Tee tee, ValidityWindow window) const;
  // Single parts. The objects are those of encode_tcb_info and encode_qe_identity, or a test's.
  Bytes sign_tcb_info(std::string_view object) const;
  Bytes sign_qe_identity(std::string_view object) const;
  Bytes root_crl(ValidityWindow window, std::vector<Bytes> revoked_serials = {}) const;
  Bytes pck_crl(ValidityWindow window, std::vector<Bytes> revoked_serials = {}) const;
  Bytes tcb_signing_chain() const;  // PEM: signer, root

 private:
  IntelKeys keys_;
  evidence::intel::PckInfo pck_info_;
  IntelCertificates certificates_;
};

}  // namespace atoma::sample_tee
