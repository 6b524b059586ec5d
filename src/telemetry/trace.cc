#include "atoma/telemetry/trace.h"

#include <format>

#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::telemetry {
namespace {

// opentelemetry.proto.trace.v1
constexpr int kSpanServer = 2;
constexpr int kSpanInternal = 1;
constexpr int kStatusError = 2;

// "00-" trace "-" parent "-" flags
constexpr std::size_t kTraceparentSize = 55;

template <std::size_t N>
ByteArray<N> random_id(Entropy& entropy) {
  ByteArray<N> id{};
  do {
    entropy.fill(id);
  } while (all_zero(id));
  return id;
}

bool lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void attribute(wire::JsonWriter& out, std::string_view key, std::string_view value) {
  out.begin_object().member("key", key).key("value").begin_object();
  out.member("stringValue", value).end_object().end_object();
}

// 64-bit numbers are strings in OTLP's JSON.
void attribute(wire::JsonWriter& out, std::string_view key, std::uint64_t value) {
  out.begin_object().member("key", key).key("value").begin_object();
  out.member("intValue", std::to_string(value)).end_object().end_object();
}

// Everything but attributes and status; the object stays open.
void begin_span(wire::JsonWriter& out, ByteView trace, ByteView id, std::string_view name, int kind,
                UnixNanos start, UnixNanos end) {
  out.begin_object()
      .member("traceId", wire::hex_encode(trace))
      .member("spanId", wire::hex_encode(id))
      .member("name", name)
      .member("kind", kind)
      .member("startTimeUnixNano", std::to_string(start))
      .member("endTimeUnixNano", std::to_string(end));
}

}  // namespace

std::string TraceContext::to_traceparent() const {
  return std::format("00-{}-{}-0{}", wire::hex_encode(trace), wire::hex_encode(span),
                     sampled ? 1 : 0);
}

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kTraceparentSize || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  const std::string_view version = text.substr(0, 2), trace = text.substr(3, 32),
                         span = text.substr(36, 16), flags = text.substr(53, 2);
  const bool longer = text.size() > kTraceparentSize;
  if (longer && (version == "00" || text[kTraceparentSize] != '-')) return std::nullopt;
  for (const auto part : {version, trace, span, flags}) {
    if (!lower_hex(part)) return std::nullopt;
  }
  if (version == "ff") return std::nullopt;
  TraceContext out;
  ByteArray<1> bits{};
  const bool read = wire::hex_decode_into(trace, out.trace) &&
                    wire::hex_decode_into(span, out.span) && wire::hex_decode_into(flags, bits);
  if (!read || all_zero(out.trace) || all_zero(out.span)) return std::nullopt;
  out.sampled = (bits[0] & 1) != 0;
  return out;
}

TracePtr Tracer::begin(std::string_view method, std::string_view route,
                       std::optional<std::string_view> traceparent) {
  const auto parent = traceparent ? parse_traceparent(*traceparent) : std::nullopt;
  if (parent && !parent->sampled) return nullptr;
  TracePtr trace(new Trace(options_, entropy_));
  trace->method_ = method;
  trace->route_ = route;
  trace->context_ = {.trace = parent ? parent->trace : random_id<16>(entropy_),
                     .span = random_id<8>(entropy_),
                     .sampled = true};
  if (parent) trace->parent_ = parent->span;
  trace->start_ = trace->now();
  return trace;
}

Trace::~Trace() { finish(500); }

void Trace::add(std::string_view name, UnixNanos start, UnixNanos end) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  if (steps_.size() == kSpansMax) {
    ++dropped_;
    return;
  }
  steps_.push_back({name, random_id<8>(entropy_), start, end});
}

void Trace::finish(int status) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
  }
  options_->write(to_otlp(status, now()));  // nothing changes any more
}

// ExportTraceServiceRequest, as OTLP's JSON encoding has it.
std::string Trace::to_otlp(int status, UnixNanos end) const {
  wire::JsonWriter out;
  out.begin_object().key("resourceSpans").begin_array().begin_object();
  out.key("resource").begin_object().key("attributes").begin_array();
  attribute(out, "service.name", "atoma");
  attribute(out, "service.version", options_->version);
  out.end_array().end_object();
  out.key("scopeSpans").begin_array().begin_object();
  out.key("scope").begin_object().member("name", "atoma").end_object();
  out.key("spans").begin_array();

  begin_span(out, context_.trace, context_.span, std::format("{} {}", method_, route_), kSpanServer,
             start_, end);
  if (parent_) out.member("parentSpanId", wire::hex_encode(*parent_));
  out.key("attributes").begin_array();
  attribute(out, "http.request.method", method_);
  attribute(out, "http.route", route_);
  attribute(out, "http.response.status_code", static_cast<std::uint64_t>(status));
  if (dropped_ > 0) attribute(out, "atoma.spans_dropped", std::uint64_t{dropped_});
  out.end_array();
  if (status >= 500) out.key("status").begin_object().member("code", kStatusError).end_object();
  out.end_object();
  for (const auto& step : steps_) {
    begin_span(out, context_.trace, step.id, step.name, kSpanInternal, step.start, step.end);
    out.member("parentSpanId", wire::hex_encode(context_.span)).end_object();
  }
  out.end_array().end_object().end_array().end_object().end_array().end_object();
  return out.take();
}

}  // namespace atoma::telemetry
