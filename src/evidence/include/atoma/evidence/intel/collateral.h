// What Intel publishes about platforms and what a verifier needs beside a quote: TCB info, QE
// identity, their signer's chain, and two revocation lists (PCS v4). Parsed once, used for many
// quotes, immutable.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/intel/tcb.h"
#include "atoma/pki/certificate.h"
#include "atoma/pki/crl.h"

namespace atoma::evidence::intel {

// Raw bytes by part; empty means absent.
struct CollateralFiles {
  Bytes tcb_info;           // {"tcbInfo":…,"signature":…}
  Bytes qe_identity;        // {"enclaveIdentity":…,"signature":…}
  Bytes tcb_signing_chain;  // PEM: signer, root
  Bytes root_crl;           // DER, PEM or hex
  Bytes pck_crl;            // DER, PEM or hex
  // Taken so that a whole served set can be handed over, and not read: the PCK CRL is checked with
  // the PCK CA of the quote's own chain, which must be its issuer.
  Bytes pck_crl_issuer_chain;
  Bytes pck_chain;  // PEM: for quotes which carry none
};

// The parts under their names in requests and cases, and as files of a folder.
struct CollateralPart {
  std::string_view name;
  std::string_view file;
  Bytes CollateralFiles::* bytes;
};
inline constexpr std::array kCollateralParts{
    CollateralPart{"tcb_info", "tcb_info.json", &CollateralFiles::tcb_info},
    CollateralPart{"qe_identity", "qe_identity.json", &CollateralFiles::qe_identity},
    CollateralPart{"tcb_signing_chain", "tcb_signing_chain.pem",
                   &CollateralFiles::tcb_signing_chain},
    CollateralPart{"root_crl", "root_crl.der", &CollateralFiles::root_crl},
    CollateralPart{"pck_crl", "pck_crl.der", &CollateralFiles::pck_crl},
    CollateralPart{"pck_crl_issuer_chain", "pck_crl_issuer_chain.pem",
                   &CollateralFiles::pck_crl_issuer_chain},
    CollateralPart{"pck_chain", "pck_chain.pem", &CollateralFiles::pck_chain},
};

// A signed JSON object: the exact bytes that the signature covers.
template <typename T>
struct SignedObject {
  T value;
  Bytes signed_bytes;
  ByteArray<64> signature{};  // raw r ‖ s
};

// Always held by a shared_ptr: a fact that rests on a set keeps it.
class Collateral : public std::enable_shared_from_this<Collateral> {
 public:
  // Parts which are present must parse. Errors: "collateral.too_large", "collateral.format", those
  // of parse_tcb_info, parse_qe_identity, parse_certificates, parse_crl and JsonDocument::parse.
  static Result<std::shared_ptr<const Collateral>> parse(const CollateralFiles& files);

  const std::optional<SignedObject<TcbInfo>>& tcb_info() const { return tcb_info_; }
  const std::optional<SignedObject<QeIdentity>>& qe_identity() const { return qe_identity_; }
  const std::vector<pki::Certificate>& tcb_signing_chain() const { return tcb_signing_chain_; }
  const std::vector<pki::Certificate>& pck_chain() const { return pck_chain_; }
  const std::optional<pki::Crl>& root_crl() const { return root_crl_; }
  const std::optional<pki::Crl>& pck_crl() const { return pck_crl_; }

  // The parts that are read, as they were given: a set of equal digest can be made of them.
  CollateralFiles files() const;
  // SHA-256 over all parts that are read, with their lengths: which set a verdict stands on.
  // Computed at each call; whether two sets are the same is asked of same_as.
  crypto::Digest256 digest() const { return crypto::sha256(exact_); }
  bool same_as(const Collateral& other) const {
    return this == &other || equal(exact_, other.exact_);
  }

 private:
  Collateral() = default;

  std::optional<SignedObject<TcbInfo>> tcb_info_;
  std::optional<SignedObject<QeIdentity>> qe_identity_;
  std::vector<pki::Certificate> tcb_signing_chain_, pck_chain_;
  std::optional<pki::Crl> root_crl_, pck_crl_;
  Bytes exact_;  // every part that is read, after its length
};

}  // namespace atoma::evidence::intel
