// What a relying party accepts of Arm CCA realms, and its appraisal.
#pragma once

#include <string>
#include <vector>

#include "atoma/appraisal/rule.h"
#include "atoma/evidence/cca/verify.h"
#include "atoma/evidence/finding.h"

namespace atoma::appraisal {

class PolicyReader;

inline constexpr std::string_view kCcaMeasurements[] = {"rim", "rem0", "rem1", "rem2", "rem3"};

struct CcaPolicy {
  AnyOf<Bytes> platform_keys;  // SHA-256 of CPAKs: there is no root that vouches for one
  Require lifecycle_secured;
  AnyOf<Bytes> implementation_id, instance_id, platform_config;
  // Of every software component of the platform.
  AnyOf<Bytes> software_signers, software_measurements;
  AnyOf<Bytes> personalization;
  std::vector<MeasurementRule> measurements;  // kCcaMeasurements, in that order

  // A secured platform, under whatever key the caller hands in.
  static CcaPolicy strict(const std::string& why_no_measurements);
};

// The section accept.cca. Errors come out of the reader's finish().
CcaPolicy read_cca_policy(PolicyReader& in);

// Adds policy.* findings. Report data and sample roots are the caller's, for every TEE.
void appraise_cca(const evidence::cca::AuthenticToken& token, const CcaPolicy& policy, Time at,
                  evidence::Findings& findings);

}  // namespace atoma::appraisal
