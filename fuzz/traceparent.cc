// What is read as a caller's trace is what is written for it, but for later versions' additions.
#include "atoma/telemetry/trace.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto context = telemetry::parse_traceparent(as_text(in));
  if (!context) return;
  const std::string text = context->to_traceparent();
  const auto again = telemetry::parse_traceparent(text);
  ATOMA_CHECK(again && again->to_traceparent() == text);
  ATOMA_CHECK(as_text(in).substr(2, 51) == text.substr(2, 51));
}

}  // namespace atoma::fuzz
