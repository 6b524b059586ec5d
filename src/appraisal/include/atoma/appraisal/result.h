// The attestation result: the third and last type on the way Parsed → Authentic → appraised. Only
// an Appraiser makes one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/appraisal/nvidia_policy.h"
#include "atoma/appraisal/reference_values.h"
#include "atoma/base/time.h"
#include "atoma/crypto/digest.h"
#include "atoma/evidence/eventlog/typed.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/tee.h"

namespace atoma::appraisal {

enum class Verdict : std::uint8_t {
  kRefused = 0,
  kUnappraisable,  // nothing is wrong, but something needed is not there
  kAccepted,
};
std::string_view verdict_name(Verdict verdict);  // "refused", "unappraisable", "accepted"

struct Measurement {
  std::string_view name;
  ByteView value;  // into the evidence
};

// A fact that is no measurement: "ak_sha256", "vm_id".
struct Claim {
  std::string_view name;
  std::string value;
};

class AttestationResult {
 public:
  Verdict verdict() const { return verdict_; }
  evidence::Tee tee() const { return tee_; }
  bool parsed() const { return parsed_; }
  evidence::Authenticity authenticity() const { return authenticity_; }
  // True when the evidence comes from a software root: worth nothing as proof.
  bool sample() const { return root_ == evidence::RootKind::kSample; }
  // Intel's word for the platform; empty for SNP, which has none, and when the evidence is not
  // authentic.
  std::string_view tcb_status() const { return tcb_status_; }
  std::optional<Time> tcb_date() const { return tcb_date_; }
  const std::vector<std::string_view>& advisories() const { return advisories_; }
  // What the evidence claims; believe it only when authenticity() is kYes.
  const std::vector<Measurement>& measurements() const { return measurements_; }
  // NVIDIA: in the order given.
  const std::vector<DeviceResult>& devices() const { return devices_; }
  // Events of the logs that came along. One that is not measured is the guest's word.
  const std::vector<evidence::eventlog::TypedEvent>& events() const { return events_; }
  const std::vector<Claim>& claims() const { return claims_; }
  // Intel and AMD: 64 bytes. NVIDIA: the first device's nonce.
  ByteView report_data() const { return report_data_; }
  const evidence::Findings& findings() const { return findings_; }

  Time verified_at() const { return at_; }
  const crypto::Digest256& evidence_digest() const { return evidence_digest_; }
  const crypto::Digest256& policy_digest() const { return policy_digest_; }
  // Which collateral or endorsements the verdict stands on.
  const crypto::Digest256& collateral_digest() const { return collateral_digest_; }
  // NVIDIA: manifests that did not come with the request, which the verdict stands on, too; in the
  // order of that digest.
  const std::vector<std::shared_ptr<const evidence::nvidia::RimFile>>& rims_at_hand() const {
    return rims_at_hand_;
  }
  // Of the signed set of reference values that the evidence met; zeros: none was asked for or met.
  const crypto::Digest256& reference_digest() const { return reference_digest_; }

 private:
  friend class Appraiser;
  explicit AttestationResult(evidence::Detail detail, crypto::SignatureQueue* later = nullptr)
      : findings_(detail, later) {}
  void stand_on(const References& references) {
    if (references.used != nullptr) reference_digest_ = references.used->digest();
  }

  Verdict verdict_ = Verdict::kRefused;
  evidence::Tee tee_ = evidence::Tee::kUnknown;
  bool parsed_ = false;
  evidence::Authenticity authenticity_ = evidence::Authenticity::kNo;
  evidence::RootKind root_ = evidence::RootKind::kUnknown;
  std::string_view tcb_status_;
  std::optional<Time> tcb_date_;
  std::vector<std::string_view> advisories_;
  std::vector<Measurement> measurements_;
  std::vector<DeviceResult> devices_;
  std::vector<evidence::eventlog::TypedEvent> events_;
  std::vector<Claim> claims_;
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> rims_at_hand_;
  ByteView report_data_;
  evidence::Findings findings_;
  Time at_;
  crypto::Digest256 evidence_digest_{}, policy_digest_{}, collateral_digest_{}, reference_digest_{};
};

// Everything above as one JSON object: verdict, tee, sample, tcb_status, findings, measurements,
// advisories, digests. The shape is in docs/VERIFY.md.
std::string to_json(const AttestationResult& result);

}  // namespace atoma::appraisal
