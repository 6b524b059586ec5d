#include "listen.h"

#include <pthread.h>

#include <charconv>

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

}  // namespace atoma::app
