// Where spans of requests go: lines of OTLP JSON, as OpenTelemetry's collector reads them from a
// file (otlpjsonfile).
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "atoma/base/entropy.h"
#include "atoma/base/result.h"
#include "atoma/telemetry/trace.h"

namespace atoma::server {

// Appends, each line at once, so that the file can be cut while Atoma runs. A line that can't be
// written is lost: no request fails for its trace.
class TraceFile {
 public:
  // Only its owner may read what is made. Errors: "trace.file".
  static Result<std::unique_ptr<TraceFile>> open(const std::string& path, std::string version,
                                                 Entropy& entropy);
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  ~TraceFile();

  // Its traces must be gone before this is.
  telemetry::Tracer& tracer() { return tracer_; }

 private:
  TraceFile(int descriptor, std::string version, Entropy& entropy);
  void write(std::string_view line);

  const int descriptor_;
  std::mutex mutex_;  // one line at a time
  telemetry::Tracer tracer_;
};

}  // namespace atoma::server
