// SGX and TDX: policy against an authentic quote. Private to appraisal.
#pragma once

#include "atoma/appraisal/policy.h"
#include "atoma/evidence/intel/verify.h"

namespace atoma::appraisal {

// Adds policy.* findings. The policy must have the section of the quote's TEE.
void appraise_tdx(const evidence::intel::AuthenticQuote& quote, const TdxPolicy& policy, Time at,
                  References& references, evidence::Findings& findings);
// What the TD itself says, without the platform: attributes and measurements.
void appraise_td(const evidence::intel::TdReport& td, const TdxPolicy& policy, Time at,
                 References& references, evidence::Findings& findings);
void appraise_sgx(const evidence::intel::AuthenticQuote& quote, const SgxPolicy& policy, Time at,
                  References& references, evidence::Findings& findings);

}  // namespace atoma::appraisal
