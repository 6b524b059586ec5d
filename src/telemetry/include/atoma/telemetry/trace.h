// Traces of requests: W3C Trace Context in, OpenTelemetry spans out, as lines of OTLP JSON.
//
//   Tracer tracer({.now = …, .write = …}, entropy);
//   auto trace = tracer.begin("POST", "/v1/attest", request.header("traceparent"));
//   { Span span(trace, "verifier.sign"); … }        // null traces cost a comparison
//   trace->finish(200);                             // written now, as one line
//
// Safe from any thread. What a stranger sends decides ids and whether spans are kept, nothing else.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/entropy.h"

namespace atoma::telemetry {

using UnixNanos = std::uint64_t;

// W3C Trace Context §3.2. Neither id is zero.
struct TraceContext {
  ByteArray<16> trace{};
  ByteArray<8> span{};
  bool sampled = false;

  std::string to_traceparent() const;  // version 00
};

// Nothing when it is malformed: then it counts as absent (§4.3). Versions after 00 are read by
// their first four fields.
std::optional<TraceContext> parse_traceparent(std::string_view text);

struct TracerOptions {
  std::function<UnixNanos()> now;
  // One finished request, without a line feed. Called by whoever finishes it.
  std::function<void(std::string_view line)> write;
  std::string version;
};

// One request, with a span of its own and its steps below that.
class Trace {
 public:
  static constexpr std::size_t kSpansMax = 256;  // of a batch; further ones are counted

  // Finishes it as 500 if nobody did.
  ~Trace();

  UnixNanos now() const { return options_->now(); }
  // A step; nothing once finished. `name` must be a literal.
  void add(std::string_view name, UnixNanos start, UnixNanos end);
  // The request's own span, for the answer.
  std::string traceparent() const { return context_.to_traceparent(); }
  // The first call counts.
  void finish(int status);

 private:
  friend class Tracer;
  struct Step {
    std::string_view name;
    ByteArray<8> id;
    UnixNanos start, end;
  };

  Trace(std::shared_ptr<const TracerOptions> options, Entropy& entropy)
      : options_(std::move(options)), entropy_(entropy) {}
  std::string to_otlp(int status, UnixNanos end) const;

  std::shared_ptr<const TracerOptions> options_;
  Entropy& entropy_;
  std::string_view method_, route_;
  TraceContext context_;
  std::optional<ByteArray<8>> parent_;
  UnixNanos start_ = 0;
  std::mutex mutex_;  // guards what follows
  std::vector<Step> steps_;
  std::size_t dropped_ = 0;
  bool finished_ = false;
};

using TracePtr = std::shared_ptr<Trace>;  // null: not traced

class Tracer {
 public:
  // `entropy` outlives all traces.
  Tracer(TracerOptions options, Entropy& entropy)
      : options_(std::make_shared<const TracerOptions>(std::move(options))), entropy_(entropy) {}

  // A new trace, or one more span of the caller's; null when the caller does not sample.
  // `method` and `route` must be literals.
  TracePtr begin(std::string_view method, std::string_view route,
                 std::optional<std::string_view> traceparent);

 private:
  std::shared_ptr<const TracerOptions> options_;
  Entropy& entropy_;
};

// A step from here to the end of the scope.
class Span {
 public:
  Span(const TracePtr& trace, std::string_view name)
      : trace_(trace), name_(name), start_(trace ? trace->now() : 0) {}
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span() {
    if (trace_) trace_->add(name_, start_, trace_->now());
  }

 private:
  const TracePtr& trace_;
  std::string_view name_;
  UnixNanos start_;
};

}  // namespace atoma::telemetry
