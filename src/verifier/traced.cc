#include "traced.h"

namespace atoma::verifier {

telemetry::TracePtr begin_trace(telemetry::Tracer* tracer, std::string_view route,
                                const http::Request& request, http::Respond& respond) {
  if (tracer == nullptr) return nullptr;
  auto trace = tracer->begin("POST", route, request.header("traceparent"));
  if (!trace) return nullptr;
  respond = [trace, inner = std::move(respond)](http::Response response) mutable {
    response.headers.push_back({"traceparent", trace->traceparent()});
    trace->finish(response.status);
    inner(std::move(response));
  };
  return trace;
}

}  // namespace atoma::verifier
