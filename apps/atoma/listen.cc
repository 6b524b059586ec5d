#include "listen.h"

#include <pthread.h>

#include <charconv>
#include <format>

namespace atoma::app {

Status parse_listen(std::string_view text, http::ServerOptions& out) {
  const auto colon = text.rfind(':');
  const bool found = colon != std::string_view::npos;
  std::string_view address = text.substr(0, found ? colon : 0);
  const std::string_view port = found ? text.substr(colon + 1) : "";
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (address.empty() || port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return malformed("usage.listen",
                     "\"" + std::string(text) + "\": expected ADDRESS:PORT, like 127.0.0.1:8470");
  }
  out.address = address;
  return {};
}

Status parse_listen(std::string_view text, bool allow_non_loopback, http::ServerOptions& out) {
  ATOMA_TRY_VOID(parse_listen(text, out));
  out.allow_non_loopback = allow_non_loopback;
  if (allow_non_loopback) out.hosts.push_back(out.address);
  return {};
}

Error start_error(Error error) {
  if (error.reason == "http.server.not_loopback") error.message += ": --allow-non-loopback";
  return error;
}

std::string url_of(const http::ServerOptions& options, std::uint16_t port) {
  const bool v6 = options.address.contains(':');
  return std::format("http://{}{}{}:{}", v6 ? "[" : "", options.address, v6 ? "]" : "", port);
}

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
}

bool StopSignals::wait_for(std::chrono::milliseconds time) const {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec limit{.tv_sec = whole.count(),
                       .tv_nsec = std::chrono::nanoseconds(time - whole).count()};
  return sigtimedwait(&signals_, nullptr, &limit) > 0;
}

}  // namespace atoma::app
