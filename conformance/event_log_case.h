// Cases of event logs: tee "eventlog". Private to the runner.
#pragma once

#include "atoma/wire/json.h"
#include "runner.h"

namespace atoma::conformance {

CaseReport run_event_log_case(const std::string& folder, const wire::JsonValue& description);

}  // namespace atoma::conformance
