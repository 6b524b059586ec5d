// Authenticity of reference manifests: NVIDIA's RIM root signed the signer, who signed this tag.
//
//   RimVerifier verifier({});                         // NVIDIA's pinned root; one per thread
//   ATOMA_TRY(const auto judged, verifier.rim(bytes));
//   judged->verification.authentic() && judged->verification.window.contains(now)
#pragma once

#include <memory>

#include "atoma/base/time.h"
#include "atoma/evidence/nvidia/rim.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::nvidia {

// Texts say what is wrong; empty where nothing is.
struct RimVerification {
  RootKind root = RootKind::kUnknown;  // whose root the chain ends in
  std::string signature_fault;         // digest of the document, signature by the signer
  std::string chain_fault;             // links, names, constraints, algorithms, root
  ValidityWindow window;               // when all certificates are good

  bool authentic() const { return signature_fault.empty() && chain_fault.empty(); }
};

struct JudgedRim {
  Rim rim;
  RimVerification verification;
};

// Remembers manifests that are authentic by their exact bytes; clocks are for the caller to
// compare. One thread at a time.
class RimVerifier {
 public:
  static constexpr std::size_t kRimsMax = 256;  // about 100 KiB each

  explicit RimVerifier(TrustAnchors anchors, std::size_t rims_max = kRimsMax);
  RimVerifier(RimVerifier&&) noexcept;
  ~RimVerifier();

  // From the beginning.
  RimVerification verify(const Rim& rim) const;
  // Rim::parse and verify(); remembered when authentic.
  Result<std::shared_ptr<const JudgedRim>> rim(ByteView xml);

  // Drops everything remembered.
  void forget();
  std::size_t facts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::evidence::nvidia
