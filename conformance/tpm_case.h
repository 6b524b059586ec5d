// Cases of virtual and other TPMs: tee "vtpm". Private to the runner.
#pragma once

#include "atoma/wire/json.h"
#include "runner.h"

namespace atoma::conformance {

CaseReport run_tpm_case(const std::string& folder, const wire::JsonValue& description);

}  // namespace atoma::conformance
