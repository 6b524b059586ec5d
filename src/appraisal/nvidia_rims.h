// The manifests of one appraisal, and which of them speak for a device.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "atoma/appraisal/nvidia_policy.h"
#include "atoma/base/time.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/nvidia/rim_verify.h"
#include "nvidia_revocation.h"

namespace atoma::appraisal {

class NvidiaRims {
 public:
  // Manifests that do not parse are findings. All references must outlive this.
  NvidiaRims(const NvidiaEvidence& given, evidence::nvidia::RimVerifier& verifier,
             const NvidiaRevocation& revocation, const NvidiaPolicy& policy, Time at,
             evidence::Findings& findings);

  // Measurements of one authentic device against its driver's and its firmware's manifest.
  void appraise(const evidence::nvidia::AuthenticReport& report, DeviceResult& device,
                evidence::Findings& findings);
  // A manifest that came along, of another version than any device's is refused; what it says is
  // compared all the same, so that the answer names indices. `devices` are those of `reports`.
  void finish(const std::vector<evidence::nvidia::AuthenticReport>& reports,
              std::vector<DeviceResult>& devices, evidence::Findings& findings) const;

  // SHA-256 over the digests of all that came along and of what was used of those at hand.
  crypto::Digest256 digest() const;
  // The latter, in their order.
  std::vector<std::shared_ptr<const evidence::nvidia::RimFile>> used_at_hand() const;

 private:
  struct Entry {
    std::shared_ptr<const evidence::nvidia::JudgedRim> judged;
    std::shared_ptr<const evidence::nvidia::RimFile> at_hand = nullptr;  // null: it came along
    bool used = false;

    const evidence::nvidia::Rim& rim() const { return judged->rim; }
  };

  Entry* find(std::string_view version, evidence::nvidia::Architecture architecture);
  Entry* find_at_hand(std::string_view version, evidence::nvidia::Architecture architecture);
  bool usable(const Entry& entry, evidence::RootKind device_root, evidence::Findings& findings);
  void compare(const evidence::nvidia::Rim& rim, const evidence::nvidia::ReportFields& report,
               DeviceResult& device) const;

  std::deque<Entry> entries_;  // pointers to them stay good
  std::span<const std::shared_ptr<const evidence::nvidia::RimFile>> at_hand_;
  evidence::nvidia::RimVerifier& verifier_;
  const NvidiaRevocation& revocation_;
  const NvidiaPolicy& policy_;
  Time at_;
};

}  // namespace atoma::appraisal
