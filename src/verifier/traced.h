// Requests as traces. Private to verifier.
#pragma once

#include <string_view>

#include "atoma/http/router.h"
#include "atoma/telemetry/trace.h"

namespace atoma::verifier {

// Null when it is not traced. Else `respond` also names the trace in its answer and finishes it.
// `route` must be a literal: a POST's.
telemetry::TracePtr begin_trace(telemetry::Tracer* tracer, std::string_view route,
                                const http::Request& request, http::Respond& respond);

}  // namespace atoma::verifier
