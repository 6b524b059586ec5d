// Authenticity of SEV-SNP reports: whose key, certified by whom, at what time, bound to which chip
// and TCB. Says nothing of policy (atoma/appraisal/snp_policy.h).
//
//   amd::Verifier verifier({});                      // AMD's pinned roots; one per thread
//   ATOMA_TRY(const auto report, amd::parse_report(bytes));
//   ATOMA_TRY(const auto endorsed, verifier.endorsements(files));
//   Findings findings(Detail::kFailures);
//   const auto result = verifier.verify(report, **endorsed, now, findings);
//   if (result.report) …
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/amd/key_extensions.h"
#include "atoma/evidence/amd/report.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::amd {

// A report that a trusted chain vouches for. Only Verifier makes one. Views point into the bytes
// that were parsed.
class AuthenticReport {
 public:
  const ReportFields& fields() const { return report_.fields(); }
  const ReportFields* operator->() const { return &report_.fields(); }
  Product product() const { return product_; }
  RootKind root() const { return root_; }
  // The key's certificate: which chip or which provider.
  const KeyExtensions& key() const { return *key_; }
  // CHIP_ID is the hwID in a VCEK. Never so for a VLEK or a masked chip.
  bool chip_id_proven() const { return chip_id_proven_; }
  bool revocation_known() const { return revocation_known_; }

 private:
  friend class Verifier;
  explicit AuthenticReport(const SnpReport& report) : report_(report) {}

  SnpReport report_;
  Product product_ = Product::kUnknown;
  RootKind root_ = RootKind::kUnknown;
  std::shared_ptr<const KeyExtensions> key_;
  bool chip_id_proven_ = false;
  bool revocation_known_ = false;
};

struct SnpVerification {
  Authenticity authenticity = Authenticity::kNo;
  RootKind root = RootKind::kUnknown;
  Product product = Product::kUnknown;
  SigningKey certified_key = SigningKey::kNone;
  // A current list of the ARK was there. VCEKs and VLEKs themselves are on no list of AMD's: only
  // their issuers are (57230).
  bool revocation_known = false;
  bool chip_id_proven = false;
  // When every certificate and list used is good.
  ValidityWindow valid;
  std::shared_ptr<const KeyExtensions> key;  // null when the extensions are malformed
  std::optional<AuthenticReport> report;     // exactly when a report was verified and is authentic
};

// Remembers good chains by their exact bytes, so that a report under a known chain costs one P-384
// verification and, with Detail::kFailures, no allocation of ours; clocks are compared each time.
// Failures are not remembered, and good chains need a trusted root's signature, so hostile input
// can't fill the memory. One thread at a time.
class Verifier {
 public:
  static constexpr std::size_t kChainsMax = 1024;  // about 8 KiB each

  explicit Verifier(TrustAnchors anchors, std::size_t chains_max = kChainsMax);
  Verifier(Verifier&&) noexcept;
  ~Verifier();

  // Every check of the chain and of the report is made and recorded, whatever failed before it.
  // Without VCEK or VLEK, issuer and root: kMissing, and authenticity is kUnknown.
  // A missing revocation list is no finding: `revocation_known` is for the policy.
  SnpVerification verify(const SnpReport& report, const Endorsements& endorsements, Time at,
                         Findings& findings);
  // The chain alone, for endorsements without evidence.
  SnpVerification verify_endorsements_only(const Endorsements& endorsements, Time at,
                                           Findings& findings);

  // Endorsements::parse; when the chain is good, remembered by the exact bytes of the files.
  Result<std::shared_ptr<const Endorsements>> endorsements(std::span<const ByteView> files);

  // Drops everything remembered.
  void forget();
  // Chains and parsed sets remembered.
  std::size_t facts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::evidence::amd
