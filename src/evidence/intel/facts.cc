#include "intel/facts.h"

#include "atoma/wire/text.h"

namespace atoma::evidence::intel {
namespace {

using pki::Certificate;
using pki::KeyAlgorithm;
using pki::SignatureAlgorithm;
using wire::hex_encode;

constexpr std::string_view kLeafName = "Intel SGX PCK Certificate";
constexpr std::string_view kPlatformCaName = "Intel SGX PCK Platform CA";
constexpr std::string_view kProcessorCaName = "Intel SGX PCK Processor CA";
constexpr std::string_view kRootName = "Intel SGX Root CA";
constexpr std::string_view kTcbSignerName = "Intel SGX TCB Signing";
constexpr std::string_view kVerified = "verified";
constexpr std::string_view kNotVerified = "does not verify";

std::string_view verified_text(bool ok) { return ok ? kVerified : kNotVerified; }

bool is_p256(const Certificate& c) {
  return c.key_algorithm() == KeyAlgorithm::kEcP256 &&
         c.signed_part().algorithm == SignatureAlgorithm::kEcdsaSha256;
}

bool may_issue(const Certificate& c) {
  return c.is_ca() && c.key_usage() && c.key_usage()->key_cert_sign && c.key_usage()->crl_sign;
}

bool is_end_entity(const Certificate& c) {
  return c.has_basic_constraints() && !c.is_ca() && c.key_usage() &&
         c.key_usage()->digital_signature;
}

std::string cn_path(const std::vector<Certificate>& chain) {
  std::string out;
  for (const auto& c : chain) out += (out.empty() ? "" : " < ") + c.subject_cn();
  return out.empty() ? "no certificate" : out;
}

// A list's issuer, signature and extensions, each its own finding.
struct CrlChecks {
  Check issuer, signature, extensions;
};
constexpr CrlChecks kRootCrl{Check::kIntelRootCrlIssuer, Check::kIntelRootCrlSignature,
                             Check::kIntelRootCrlExtensions};
constexpr CrlChecks kPckCrl{Check::kIntelPckCrlIssuer, Check::kIntelPckCrlSignature,
                            Check::kIntelPckCrlExtensions};

bool check_crl(const pki::Crl& crl, const Certificate& issuer, pki::PublicKey& issuer_key,
               const CrlChecks& checks, Findings& findings) {
  bool good = findings.check(checks.issuer, equal(crl.issuer(), issuer.subject()),
                             issuer.subject_cn(), "the list's issuer, compared as raw names");
  const bool signature = issuer_key.verified(crl.signed_part(), findings.later());
  good &= findings.check(checks.signature, signature, "signed by " + issuer.subject_cn(),
                         verified_text(signature));
  const bool extensions = crl.has_number() && !crl.authority_key_id().empty() &&
                          equal(crl.authority_key_id(), issuer.subject_key_id());
  good &=
      findings.check(checks.extensions, extensions, "a CRL number and the issuer's key identifier",
                     extensions ? "both" : "absent or another's");
  return good;
}

bool check_not_revoked(const pki::Crl& crl, const Certificate& c, Check check, Findings& findings) {
  return findings.check(check, !crl.revokes(c.serial()), c.subject_cn() + " not listed",
                        [&] { return "serial " + hex_encode(c.serial()); });
}

// Root first, so that nothing is verified with a key that nobody vouches for.
bool check_pck_structure(const std::vector<Certificate>& chain, Findings& findings) {
  const Certificate &leaf = chain[0], &ca = chain[1], &root = chain[2];
  const bool names = leaf.subject_cn() == kLeafName &&
                     (ca.subject_cn() == kPlatformCaName || ca.subject_cn() == kProcessorCaName) &&
                     root.subject_cn() == kRootName && equal(leaf.issuer(), ca.subject()) &&
                     equal(ca.issuer(), root.subject()) && equal(root.issuer(), root.subject());
  bool good = findings.check(Check::kIntelPckNames, names,
                             "PCK certificate < PCK Platform or Processor CA < Root CA",
                             [&] { return cn_path(chain); });
  const bool constraints =
      is_end_entity(leaf) && may_issue(ca) && may_issue(root) && ca.path_length().value_or(0) == 0;
  good &= findings.check(Check::kIntelPckConstraints, constraints,
                         "an end entity below two CAs with keyCertSign and cRLSign",
                         constraints ? "as expected" : "other constraints or key usages");
  const bool algorithms = is_p256(leaf) && is_p256(ca) && is_p256(root);
  good &= findings.check(Check::kIntelPckAlgorithms, algorithms, "P-256, ecdsa-with-SHA256",
                         algorithms ? "P-256, ecdsa-with-SHA256" : "another algorithm");
  const bool critical =
      leaf.has_unknown_critical() || ca.has_unknown_critical() || root.has_unknown_critical();
  good &= findings.check(Check::kIntelPckCritical, !critical, "no unknown critical extension",
                         critical ? "an unknown one" : "none");
  return good;
}

// Revocation by both lists, as far as they are there.
bool check_revocation(const std::vector<Certificate>& chain, const Collateral& collateral,
                      pki::PublicKey& root_key, pki::PublicKey& ca_key, PckFact& fact,
                      Findings& findings) {
  bool good = true;
  if (const auto& crl = collateral.root_crl()) {
    good &= check_crl(*crl, chain[2], root_key, kRootCrl, findings);
    good &= check_not_revoked(*crl, chain[1], Check::kIntelPckCaRevoked, findings);
    if (!collateral.tcb_signing_chain().empty()) {
      good &= check_not_revoked(*crl, collateral.tcb_signing_chain()[0],
                                Check::kIntelTcbSignerRevoked, findings);
    }
    fact.windows.push_back({Check::kIntelRootCrlValidity, "root CRL", crl->validity()});
  }
  if (const auto& crl = collateral.pck_crl()) {
    good &= check_crl(*crl, chain[1], ca_key, kPckCrl, findings);
    good &= check_not_revoked(*crl, chain[0], Check::kIntelPckRevoked, findings);
    fact.windows.push_back({Check::kIntelPckCrlValidity, "PCK CRL", crl->validity()});
  }
  fact.revocation_known = collateral.root_crl() && collateral.pck_crl();
  return good;
}

bool check_tcb_signer(const Collateral& collateral, const TrustAnchors& anchors, RootKeys& roots,
                      CollateralFact& fact, Findings& findings) {
  const auto& chain = collateral.tcb_signing_chain();
  bool shaped = chain.size() == 2;
  if (shaped) {
    fact.root_digest = roots.digest_of(chain[1]);
    fact.root = anchors.kind_of(fact.root_digest, {&intel_root_digest(), 1});
    shaped = fact.root != RootKind::kUnknown && chain[0].subject_cn() == kTcbSignerName &&
             equal(chain[0].issuer(), chain[1].subject()) && is_end_entity(chain[0]) &&
             is_p256(chain[0]) && is_p256(chain[1]) && !chain[0].has_unknown_critical();
  }
  if (!findings.check(Check::kIntelTcbSigningChain, shaped,
                      "Intel SGX TCB Signing < a trusted root", [&] { return cn_path(chain); })) {
    return false;
  }
  pki::PublicKey* const root_key = roots.key_of(fact.root_digest, chain[1]);
  const bool signature = root_key != nullptr && root_key->verified(chain[0], findings.later());
  fact.windows.push_back({Check::kIntelTcbSigningValidity, "TCB signing certificate",
                          chain[0].validity().intersect(chain[1].validity())});
  return findings.check(Check::kIntelTcbSigningSignature, signature, "signed by the root",
                        verified_text(signature));
}

template <typename T>
bool check_signed_object(const SignedObject<T>& object, pki::PublicKey* signer, Check check,
                         Findings& findings) {
  const bool signature =
      signer != nullptr &&
      signer->verified(
          pki::Signed{object.signed_bytes, SignatureAlgorithm::kEcdsaSha256, object.signature},
          findings.later());
  return findings.check(check, signature, "signed by the TCB signer over the exact bytes",
                        verified_text(signature));
}

bool check_tcb_info(const SignedObject<TcbInfo>& object, Tee tee, pki::PublicKey* signer,
                    CollateralFact& fact, Findings& findings) {
  const TcbInfo& info = object.value;
  bool good = check_signed_object(object, signer, Check::kIntelTcbInfoSignature, findings);
  const bool tdx = tee == Tee::kTdx;
  good &=
      findings.check(Check::kIntelTcbInfoId, info.is_tdx == tdx,
                     tdx ? "TDX, version 3" : "SGX, version 2 or 3", info.is_tdx ? "TDX" : "SGX");
  fact.windows.push_back(
      {Check::kIntelTcbInfoValidity, "TCB info", {info.issue_date, info.next_update}});
  return good;
}

bool check_qe_identity(const SignedObject<QeIdentity>& object, Tee tee, pki::PublicKey* signer,
                       CollateralFact& fact, Findings& findings) {
  const QeIdentity& identity = object.value;
  bool good = check_signed_object(object, signer, Check::kIntelQeIdentitySignature, findings);
  const std::string_view id = tee == Tee::kTdx ? "TD_QE" : "QE";
  good &= findings.check(Check::kIntelQeIdentityId, identity.id == id && identity.version == 2, id,
                         identity.id);
  fact.windows.push_back({Check::kIntelQeIdentityValidity,
                          "QE identity",
                          {identity.issue_date, identity.next_update}});
  return good;
}

}  // namespace

crypto::Digest256 RootKeys::digest_of(const Certificate& root) {
  if (last_.empty() || !equal(last_, root.der())) {
    last_ = to_bytes(root.der());
    last_digest_ = crypto::sha256(last_);
  }
  return last_digest_;
}

pki::PublicKey* RootKeys::key_of(const crypto::Digest256& digest, const Certificate& root) {
  auto found = keys_.find(digest);
  if (found == keys_.end()) {
    auto key = pki::PublicKey::create(root);
    if (!key) return nullptr;
    found = keys_.emplace(digest, std::move(*key)).first;
  }
  return &found->second;
}

std::shared_ptr<CollateralFact> build_collateral_fact(const Collateral& collateral, Tee tee,
                                                      const TrustAnchors& anchors, RootKeys& roots,
                                                      Findings& findings) {
  auto fact = std::make_shared<CollateralFact>();
  fact->collateral = collateral.shared_from_this();
  fact->tee = tee;
  const auto& chain = collateral.tcb_signing_chain();
  if (chain.empty()) findings.missing(Check::kIntelTcbSigningPresent, "TCB signing chain");
  if (!collateral.tcb_info()) findings.missing(Check::kIntelTcbInfoPresent, "TCB info");
  if (!collateral.qe_identity()) findings.missing(Check::kIntelQeIdentityPresent, "QE identity");
  fact->complete = !chain.empty() && collateral.tcb_info() && collateral.qe_identity();
  if (chain.empty()) return fact;
  if (!check_tcb_signer(collateral, anchors, roots, *fact, findings)) return nullptr;
  auto signer = pki::PublicKey::create(chain[0], findings.later());
  bool good = true;
  if (const auto& info = collateral.tcb_info()) {
    good &= check_tcb_info(*info, tee, signer ? &*signer : nullptr, *fact, findings);
  }
  if (const auto& identity = collateral.qe_identity()) {
    good &= check_qe_identity(*identity, tee, signer ? &*signer : nullptr, *fact, findings);
  }
  return good ? fact : nullptr;
}

std::shared_ptr<PckFact> build_pck_fact(const std::vector<Certificate>& chain,
                                        const Collateral& collateral, const TrustAnchors& anchors,
                                        RootKeys& roots, RootKind& root, Findings& findings) {
  if (!findings.check(Check::kIntelPckChainShape, chain.size() == 3, "leaf, PCK CA and root",
                      [&] { return cn_path(chain); })) {
    return nullptr;
  }
  const crypto::Digest256 root_digest = roots.digest_of(chain[2]);
  root = anchors.kind_of(root_digest, {&intel_root_digest(), 1});
  if (!findings.check(Check::kIntelPckRoot, root != RootKind::kUnknown,
                      "the pinned Intel root or a configured sample root",
                      [&] { return "SHA-256 " + hex_encode(root_digest); })) {
    return nullptr;
  }
  bool good = check_pck_structure(chain, findings);
  pki::PublicKey* const root_key = roots.key_of(root_digest, chain[2]);
  auto ca_key = pki::PublicKey::create(chain[1], findings.later());
  auto leaf_key = pki::PublicKey::create(chain[0], findings.later());
  const bool ca_signed = root_key != nullptr && root_key->verified(chain[1], findings.later());
  const bool leaf_signed = ca_key && ca_key->verified(chain[0], findings.later()) && leaf_key;
  good &= findings.check(Check::kIntelPckCaSignature, ca_signed, "signed by the root",
                         verified_text(ca_signed));
  good &= findings.check(Check::kIntelPckLeafSignature, leaf_signed, "signed by the PCK CA",
                         verified_text(leaf_signed));
  auto info = parse_pck_info(chain[0]);
  good &= findings.check(Check::kIntelPckExtension, info.has_value(), "the SGX extension",
                         info ? "well formed" : "absent or malformed");
  if (!good) return nullptr;
  auto fact = std::make_shared<PckFact>(std::move(*leaf_key));
  fact->collateral = collateral.shared_from_this();
  fact->root = root;
  fact->root_digest = root_digest;
  fact->info = *info;
  fact->windows.push_back(
      {Check::kIntelPckValidity, "PCK chain",
       chain[0].validity().intersect(chain[1].validity()).intersect(chain[2].validity())});
  good = check_revocation(chain, collateral, *root_key, *ca_key, *fact, findings);
  return good ? fact : nullptr;
}

namespace {

// (value & mask) == expected, byte by byte.
bool masked_equal(ByteView value, ByteView mask, ByteView expected) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if ((value[i] & mask[i]) != expected[i]) return false;
  }
  return true;
}

bool check_qe(const QeIdentity& identity, const EnclaveReport& report, Findings& findings) {
  bool good = findings.check(
      Check::kIntelQeMiscSelect,
      masked_equal(report.misc_select, identity.misc_select_mask, identity.misc_select),
      [&] { return hex_encode(identity.misc_select) + " under its mask"; },
      [&] { return hex_encode(report.misc_select); });
  good &= findings.check(
      Check::kIntelQeAttributes,
      masked_equal(report.attributes, identity.attributes_mask, identity.attributes),
      [&] { return hex_encode(identity.attributes) + " under its mask"; },
      [&] { return hex_encode(report.attributes); });
  good &= findings.check(
      Check::kIntelQeMrsigner, equal(report.mrsigner, identity.mrsigner),
      [&] { return hex_encode(identity.mrsigner); }, [&] { return hex_encode(report.mrsigner); });
  good &= findings.check(
      Check::kIntelQeProdId, report.isv_prod_id == identity.isv_prod_id,
      [&] { return std::to_string(identity.isv_prod_id); },
      [&] { return std::to_string(report.isv_prod_id); });
  return good;
}

// The two halves of the collateral must speak of this platform, under this platform's root.
bool check_collateral_fits(const PckFact& pck, const CollateralFact& of_collateral,
                           const TcbInfo& info, Findings& findings) {
  bool good = findings.check(
      Check::kIntelTcbInfoFmspc, info.fmspc == pck.info.fmspc,
      [&] { return hex_encode(pck.info.fmspc); }, [&] { return hex_encode(info.fmspc); });
  good &= findings.check(
      Check::kIntelTcbInfoPceid, info.pce_id == pck.info.pce_id,
      [&] { return hex_encode(pck.info.pce_id); }, [&] { return hex_encode(info.pce_id); });
  const bool has_signer = of_collateral.root != RootKind::kUnknown;  // else it is missing
  if (has_signer && of_collateral.root_digest != pck.root_digest) {
    good = findings.check(Check::kIntelTcbSigningChain, false, "the root of the PCK chain",
                          "another trusted root");
  }
  return good;
}

// SHA-256(attestation key ‖ auth data), then 32 zero bytes: both halves are checked.
bool check_binding(const Quote& quote, Findings& findings) {
  const auto digest = crypto::sha256({quote.attestation_key, quote.qe_auth_data});
  const ByteView bound = quote.qe_report.report_data;
  const bool good = equal(bound.first(32), digest) && all_zero(bound.subspan(32));
  return findings.check(
      Check::kIntelQeReportBinding, good, [&] { return hex_encode(digest) + " and 32 zero bytes"; },
      [&] { return hex_encode(bound); });
}

}  // namespace

std::shared_ptr<KeyFact> build_key_fact(const Quote& quote, PckFact& pck,
                                        const CollateralFact& of_collateral,
                                        const Collateral& collateral, Findings& findings) {
  const auto make = findings.later() != nullptr ? &crypto::EcPublicKey::create_unchecked
                                                : &crypto::EcPublicKey::create;
  auto key = make(crypto::Curve::kP256, quote.attestation_key);
  bool good = findings.check(Check::kIntelQuoteKey, key.has_value(), "a point on P-256",
                             key ? "on the curve" : "not on the curve");
  const bool signature = pck.pck_key.verified(
      pki::Signed{quote.qe_report.raw, SignatureAlgorithm::kEcdsaSha256, quote.qe_report_signature},
      findings.later());
  good &= findings.check(Check::kIntelQeReportSignature, signature, "signed by the PCK key",
                         verified_text(signature));
  good &= check_binding(quote, findings);
  std::optional<std::size_t> level;
  if (const auto& identity = collateral.qe_identity()) {
    good &= check_qe(identity->value, quote.qe_report, findings);
    const auto& levels = identity->value.levels;
    if (const TcbLevel* found = find_isv_level(levels, quote.qe_report.isv_svn)) {
      level = static_cast<std::size_t>(found - levels.data());
    }
  }
  if (const auto& info = collateral.tcb_info()) {
    good &= check_collateral_fits(pck, of_collateral, info->value, findings);
  }
  if (!good) return nullptr;
  auto fact = std::make_shared<KeyFact>(std::move(*key));
  fact->collateral = collateral.shared_from_this();
  fact->tee = quote.tee;
  fact->qe_level = level;
  return fact;
}

}  // namespace atoma::evidence::intel
