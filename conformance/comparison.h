// An attestation result against what a case expects (CASES.md). Private to the runner.
#pragma once

#include "atoma/appraisal/result.h"
#include "atoma/wire/json.h"
#include "runner.h"

namespace atoma::conformance {

// Fills the report: what was expected, what came out, and each difference.
void compare(const wire::JsonValue& expect, const appraisal::AttestationResult& result,
             CaseReport& report);

}  // namespace atoma::conformance
