// What verification has established once and for all, apart from the clock. Private to Verifier:
// each builder adds its findings and returns nothing unless every check passes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "atoma/crypto/signature.h"
#include "atoma/evidence/intel/verify.h"
#include "atoma/pki/public_key.h"

namespace atoma::evidence::intel {

// A validity window, the check that looks at it, and what it belongs to.
struct Window {
  Check check;
  const char* subject;
  ValidityWindow window;
};

struct Fact {
  std::shared_ptr<const Collateral> collateral;  // the set it was established with
  std::vector<Finding> findings;
  std::size_t passed = 0;  // checks that passed and are not among the findings
  bool detailed = false;   // findings hold the texts of passing checks too
  std::vector<Window> windows;
};

// The collateral's own signatures, by the TCB signer under a trusted root.
struct CollateralFact : Fact {
  Tee tee = Tee::kUnknown;
  RootKind root = RootKind::kUnknown;
  crypto::Digest256 root_digest{};
  bool complete = false;  // false: a part is missing, but nothing failed
};

// A PCK chain under a trusted root, and what the two lists say of it.
struct PckFact : Fact {
  explicit PckFact(pki::PublicKey key) : pck_key(std::move(key)) {}
  Bytes certification_data;  // the exact bytes; empty when the collateral brought the chain
  RootKind root = RootKind::kUnknown;
  crypto::Digest256 root_digest{};
  PckInfo info;
  pki::PublicKey pck_key;
  bool revocation_known = false;
};

// An attestation key that a genuine quoting enclave on that platform vouches for.
struct KeyFact : Fact {
  explicit KeyFact(crypto::EcPublicKey key) : attestation_key(std::move(key)) {}
  Bytes key_block;  // the exact bytes
  Tee tee = Tee::kUnknown;
  crypto::EcPublicKey attestation_key;
  std::optional<std::size_t> qe_level;  // index into QeIdentity::levels; none: NotSupported
  std::shared_ptr<const PckFact> pck;
  std::shared_ptr<const CollateralFact> of_collateral;
  ValidityWindow all_windows = kAlways;  // intersection of all windows of the three facts

  std::array<const Fact*, 3> all_facts() const { return {of_collateral.get(), pck.get(), this}; }
};

// The keys of trusted roots, each made once: both chains end in the same one, and the root is
// configuration rather than something that evidence brings.
class RootKeys {
 public:
  // SHA-256 of the certificate. The last one is remembered: it is nearly always the same root.
  crypto::Digest256 digest_of(const pki::Certificate& root);
  // `root` must be trusted, which bounds how many there are. Null: it has no usable key.
  pki::PublicKey* key_of(const crypto::Digest256& digest, const pki::Certificate& root);

 private:
  Bytes last_;
  crypto::Digest256 last_digest_{};
  std::map<crypto::Digest256, pki::PublicKey> keys_;
};

std::shared_ptr<CollateralFact> build_collateral_fact(const Collateral& collateral, Tee tee,
                                                      const TrustAnchors& anchors, RootKeys& roots,
                                                      Findings& findings);

// `root` is set as soon as it is known, also when a later check fails.
std::shared_ptr<PckFact> build_pck_fact(const std::vector<pki::Certificate>& chain,
                                        const Collateral& collateral, const TrustAnchors& anchors,
                                        RootKeys& roots, RootKind& root, Findings& findings);

// QE report signature and binding, QE identity, and that the collateral is this platform's.
std::shared_ptr<KeyFact> build_key_fact(const Quote& quote, PckFact& pck,
                                        const CollateralFact& of_collateral,
                                        const Collateral& collateral, Findings& findings);

}  // namespace atoma::evidence::intel
