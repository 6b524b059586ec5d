// What appraising one request came to, whatever its kind: what answers, entries and metrics need.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "atoma/appraisal/composite.h"
#include "atoma/appraisal/ear.h"
#include "atoma/verifier/at_hand.h"

namespace atoma::verifier {

// The metrics' label of a CPU and its GPUs together.
inline constexpr std::string_view kCompositeKind = "composite";

// What a verdict stands on that its request did not bring, beside collateral and endorsements,
// which are found by their digest.
struct FromHand {
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> rims;
  std::vector<std::shared_ptr<const OcspAnswer>> ocsp;
  std::shared_ptr<const evidence::cca::PlatformKeys> platform_keys;  // null: none
};

class Appraised {
 public:
  // With what it was given of what is at hand; manifests are told by the result.
  explicit Appraised(appraisal::AttestationResult one, FromHand from_hand = {});
  explicit Appraised(appraisal::CompositeResult whole, FromHand from_hand = {});

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
  const FromHand& from_hand() const { return from_hand_; }
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
  FromHand from_hand_;
};

}  // namespace atoma::verifier
