// What appraising one request came to, whatever its kind: what answers, entries and metrics need.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "atoma/appraisal/composite.h"
#include "atoma/appraisal/ear.h"

namespace atoma::verifier {

// The metrics' label of a CPU and its GPUs together.
inline constexpr std::string_view kCompositeKind = "composite";

class Appraised {
 public:
  explicit Appraised(appraisal::AttestationResult one) : result_(std::move(one)) {}
  explicit Appraised(appraisal::CompositeResult whole) : result_(std::move(whole)) {}

  appraisal::Verdict verdict() const;
  std::string tee() const;        // "tdx", "tdx+nvidia"
  std::string_view kind() const;  // a TEE's name or kCompositeKind
  bool sample() const;
  const crypto::Digest256& evidence_digest() const;
  // Of the collateral or endorsements of the CPU's evidence, of a device's manifests when there is
  // no CPU.
  const crypto::Digest256& collateral_digest() const { return first().collateral_digest(); }
  // What the CPU's hardware measured when the workload was launched; nothing of kinds that name
  // none.
  std::optional<Bytes> launch_measurement() const;
  const crypto::Digest256& policy_digest() const { return first().policy_digest(); }
  Time verified_at() const { return first().verified_at(); }
  // Checks that failed or could not be made.
  std::size_t not_good() const;
  // Names the key of `context`, whatever a composite may bind.
  cose::Ear make_ear(const appraisal::EarContext& context) const;
  // The same as one of many (appraisal/ear.h).
  cose::EarItem make_item(bool claims) const;

 private:
  // The only result, or the CPU's.
  const appraisal::AttestationResult& first() const;

  std::variant<appraisal::AttestationResult, appraisal::CompositeResult> result_;
};

}  // namespace atoma::verifier
