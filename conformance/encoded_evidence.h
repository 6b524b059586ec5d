// Evidence that a case wraps: {encoding: base64} and {slice: {offset, length}}, undone in this
// order before any mutation. Private to the runner.
#pragma once

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/wire/json.h"

namespace atoma::conformance {

// Errors: "conformance.format", "base64.format".
Status unwrap_evidence(const wire::JsonValue& inputs, Bytes& evidence);

}  // namespace atoma::conformance
