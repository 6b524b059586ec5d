// OCSP answers of one appraisal. Private to appraisal.
#pragma once

#include "atoma/appraisal/nvidia_policy.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/nvidia/revocation.h"

namespace atoma::appraisal {

class NvidiaRevocation {
 public:
  // Answers that do not parse are findings. All references must outlive this.
  NvidiaRevocation(const std::vector<ByteView>& files, evidence::nvidia::RevocationChecker& checker,
                   const NvidiaPolicy& policy, Time at, evidence::Findings& findings);

  // Judges a chain from `first` on. True when the policy lets it count.
  bool judge(const std::vector<pki::Certificate>& chain, std::size_t first,
             evidence::Findings& findings, pki::OcspStatus& status) const;

 private:
  std::vector<pki::OcspResponse> answers_;
  evidence::nvidia::RevocationChecker& checker_;
  const NvidiaPolicy& policy_;
  Time at_;
};

}  // namespace atoma::appraisal
