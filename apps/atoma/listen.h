// What commands that listen share: the address, and the signals that end them.
#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include "atoma/http/server.h"

namespace atoma::app {

// "127.0.0.1:8470", "[::1]:0". Errors: "usage.listen".
Status parse_listen(std::string_view text, http::ServerOptions& out);

// The same for a command with --allow-non-loopback, whose address is then a host to be asked for.
Status parse_listen(std::string_view text, bool allow_non_loopback, http::ServerOptions& out);

// Of a server that did not start: names the option where one would help.
Error start_error(Error error);

// "http://127.0.0.1:8470", "http://[::1]:8470": of the address that was asked for.
std::string url_of(const http::ServerOptions& options, std::uint16_t port);

// Made before any thread starts, so that all of them leave SIGINT and SIGTERM to wait().
class StopSignals {
 public:
  StopSignals();
  void wait() const;
  // True when one came in time.
  bool wait_for(std::chrono::milliseconds time) const;

 private:
  sigset_t signals_;
};

}  // namespace atoma::app
