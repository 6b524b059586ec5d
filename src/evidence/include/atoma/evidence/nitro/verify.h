// Authenticity of Nitro attestation documents: AWS's pinned root, the chain inside the document at
// the document's own time, and that time near the clock. Says nothing of policy
// (atoma/appraisal/nitro_policy.h).
//
//   nitro::Verifier verifier({});                     // AWS's pinned root; one per thread
//   ATOMA_TRY(const auto document, nitro::parse_document(bytes));
//   const auto result = verifier.verify(document, {.age_max = Duration{300}}, now, findings);
//   if (result.document) …
//
// Revocation lists are not consulted: AWS's procedure disables them, its certificates live for
// hours (leaf: three) to weeks.
#pragma once

#include <memory>
#include <optional>

#include "atoma/evidence/finding.h"
#include "atoma/evidence/nitro/document.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::nitro {

// How far the document's time may lie from the clock. Nothing: any distance, for a stated reason of
// the caller's; else a document that was recorded once would pass for ever.
struct Freshness {
  std::optional<Duration> age_max;
  std::optional<Duration> ahead_max;  // a clock that runs behind the hypervisor's
};

// A document that a trusted chain vouches for. Only Verifier makes one. Views point into the bytes
// that were parsed.
class AuthenticDocument {
 public:
  const DocumentFields& fields() const { return document_.fields(); }
  const DocumentFields* operator->() const { return &document_.fields(); }
  RootKind root() const { return root_; }

 private:
  friend class Verifier;
  AuthenticDocument(NitroDocument document, RootKind root)
      : document_(std::move(document)), root_(root) {}

  NitroDocument document_;
  RootKind root_;
};

struct NitroVerification {
  Authenticity authenticity = Authenticity::kNo;
  RootKind root = RootKind::kUnknown;
  ValidityWindow valid;                       // of the whole chain
  std::optional<AuthenticDocument> document;  // exactly when the document is authentic
};

// Remembers good chains by their exact bytes, so that another document of the same enclave costs
// one P-384 verification; clocks are compared each time. One thread at a time.
class Verifier {
 public:
  static constexpr std::size_t kChainsMax = 1024;  // about 4 KiB each

  explicit Verifier(TrustAnchors anchors, std::size_t chains_max = kChainsMax);
  Verifier(Verifier&&) noexcept;
  ~Verifier();

  // Every check is made and recorded, whatever failed before it.
  NitroVerification verify(const NitroDocument& document, Freshness freshness, Time at,
                           Findings& findings);

  // Drops everything remembered.
  void forget();
  std::size_t facts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::evidence::nitro
