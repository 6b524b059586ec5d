#include "trace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

namespace atoma::server {
namespace {

telemetry::UnixNanos unix_nanos() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<telemetry::UnixNanos>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

Result<std::unique_ptr<TraceFile>> TraceFile::open(const std::string& path, std::string version,
                                                   Entropy& entropy) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return fail(Code::kInvalidArgument, "trace.file",
                path + ": " + std::generic_category().message(errno));
  }
  return std::unique_ptr<TraceFile>(new TraceFile(descriptor, std::move(version), entropy));
}

TraceFile::TraceFile(int descriptor, std::string version, Entropy& entropy)
    : descriptor_(descriptor),
      tracer_({.now = &unix_nanos,
               .write = [this](std::string_view line) { write(line); },
               .version = std::move(version)},
              entropy) {}

TraceFile::~TraceFile() { ::close(descriptor_); }

void TraceFile::write(std::string_view line) {
  std::string text(line);
  text += '\n';
  const std::lock_guard lock(mutex_);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto done = ::write(descriptor_, rest.data(), rest.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
}

}  // namespace atoma::server
