// An HTTP/1.1 server: one event-loop thread owns all connections, a bounded pool runs handlers.
// No TLS here: loopback, or a network that is protected by other means and asked for by name.
//
//   ATOMA_TRY(auto server, http::Server::start(std::move(router), {.port = 8080}));
//   …wait for a signal…
//   server->stop();
//
// Refusals are problem+json with a stable reason; the README lists them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/http/router.h"

namespace atoma::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6
  std::uint16_t port = 0;             // 0: a free one, see Server::port()
  bool allow_non_loopback = false;    // must be true for any address outside 127/8 and ::1

  // A web page that rebinds its DNS name to our address sends its own name as Host: only loopback
  // names and these are served. check_host = false accepts any.
  bool check_host = true;
  std::vector<std::string> hosts;  // without port

  std::size_t compute_threads = 2;
  std::size_t connections_max = 256;  // one more gets 503 and is closed
  std::size_t in_flight_max = 128;    // requests in handlers; one more gets 429
  std::size_t head_max = 16 * 1024;   // request line and headers; browsers stay below 8 KiB
  std::size_t fields_max = 64;

  // Looked at now and then, not when each is due: what takes too long ends at most a quarter of the
  // shortest later, or 250 ms.
  std::chrono::milliseconds idle_timeout{60'000};     // for the first byte of a request
  std::chrono::milliseconds head_timeout{10'000};     // from its first byte to its empty line
  std::chrono::milliseconds body_timeout{30'000};     // for the whole body
  std::chrono::milliseconds handler_timeout{30'000};  // until Respond is called; then 504
  std::chrono::milliseconds write_timeout{30'000};    // for the whole answer
  std::chrono::milliseconds linger_timeout{1'000};    // reading on after a refusal, so it arrives
  std::chrono::milliseconds drain_timeout{5'000};     // stop(): for requests in flight

  // Told of each answer: its status, and how long it took from the request that was read until it
  // was written. Called on the loop's thread, so it must not wait.
  std::function<void(int status, std::chrono::nanoseconds took)> observe;
};

struct ServerCore;

class Server {
 public:
  // Errors: "http.server.options", "http.server.address", "http.server.not_loopback",
  // "http.server.listen".
  static Result<std::unique_ptr<Server>> start(Router router, ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stops

  std::uint16_t port() const;

  // Stops accepting, closes idle connections, finishes requests in flight up to drain_timeout,
  // closes what is left, and joins all threads; a running handler is waited for. Not from a
  // handler.
  void stop();

 private:
  explicit Server(std::shared_ptr<ServerCore> core);

  std::shared_ptr<ServerCore> core_;  // shared with every Respond that is still out
};

}  // namespace atoma::http
