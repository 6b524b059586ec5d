// Which TEEs and roots a policy lets in. Private to appraisal.
#pragma once

#include "atoma/appraisal/policy.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/tee.h"

namespace atoma::appraisal {

// The TEE must be named. A sample root is known only when the policy names it; that exception is
// never silent.
bool check_tee(const Policy& policy, evidence::Tee tee, evidence::RootKind root,
               evidence::Findings& findings);

}  // namespace atoma::appraisal
