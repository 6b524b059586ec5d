#include "atoma/http/server.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <format>

#include "atoma/base/check.h"
#include "connection.h"
#include "core.h"

namespace atoma::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// Connections beyond the bound that may be told so; others are closed without a word.
constexpr std::size_t kRefusalsMax = 16;
// When descriptors run out, accept fails at once and would spin.
constexpr std::chrono::milliseconds kAcceptPause{50};

std::string make_id_prefix() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::format("{:x}-", std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Deadlines are many and nearly none is ever due: a timer for each would cost more than looking at
// all of them now and then.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
  using std::chrono::milliseconds;
  const auto shortest =
      std::min({options.idle_timeout, options.head_timeout, options.body_timeout,
                options.handler_timeout, options.write_timeout, options.linger_timeout});
  return std::clamp(shortest / 4, milliseconds(1), milliseconds(250));
}

asio::awaitable<void> sweep(ServerCore& core) {
  const auto interval = sweep_interval(core.options);
  while (!core.connections.empty()) {
    core.sweep.expires_after(interval);
    co_await core.sweep.async_wait(kToken);
    const auto now = std::chrono::steady_clock::now();
    for (const auto& connection : core.connections) connection->expire(now);
  }
  core.sweeping = false;
}

void start_connection(const std::shared_ptr<ServerCore>& core, tcp::socket socket) {
  const ServerOptions& options = core->options;
  if (core->connections.size() >= options.connections_max + kRefusalsMax) return;
  const bool serve = core->serving < options.connections_max;
  const auto mode = serve ? Connection::Mode::kServe : Connection::Mode::kRefuse;
  auto connection = std::make_shared<Connection>(*core, std::move(socket), mode);
  core->connections.insert(connection);
  if (serve) ++core->serving;
  // Joined: the loop ends only after this completion. An exception (no memory) ends the connection.
  const auto ended = [core = core.get(), connection, serve](const std::exception_ptr&) {
    core->connections.erase(connection);
    if (serve) --core->serving;
    if (!core->connections.empty()) return;
    core->sweep.cancel();
    if (core->stopping) core->drain.cancel();
  };
  asio::co_spawn(core->io, connection->run(core), ended);
  if (std::exchange(core->sweeping, true)) return;
  const auto swept = [](const std::exception_ptr& failure) { ATOMA_CHECK(failure == nullptr); };
  asio::co_spawn(core->io, sweep(*core), swept);
}

asio::awaitable<void> accept_connections(std::shared_ptr<ServerCore> core) {
  while (!core->stopping) {
    auto result = co_await core->acceptor.async_accept(kToken);
    if (core->stopping) co_return;
    if (!std::get<0>(result)) {
      start_connection(core, std::move(std::get<1>(result)));
      continue;
    }
    core->accept_pause.expires_after(kAcceptPause);
    co_await core->accept_pause.async_wait(kToken);
  }
}

void begin_stop(ServerCore& core) {
  core.stopping = true;
  error_code ignored;
  core.acceptor.close(ignored);
  core.accept_pause.cancel();
  if (core.connections.empty()) return;
  for (const auto& connection : core.connections) connection->finish();
  core.drain.expires_after(core.options.drain_timeout);
  core.drain.async_wait([&core](error_code ec) {
    if (ec) return;
    for (const auto& connection : core.connections) connection->abort();
  });
}

Status check_options(const ServerOptions& options) {
  const bool ok = options.compute_threads > 0 && options.connections_max > 0 &&
                  options.in_flight_max > 0 && options.head_max > 0 &&
                  options.head_max <= kHeadAndTrailersMax / 2 && options.fields_max > 0;
  if (ok) return {};
  return malformed(
      "http.server.options",
      std::format("bounds must be positive, head_max at most {}", kHeadAndTrailersMax / 2));
}

Result<tcp::endpoint> endpoint_of(const ServerOptions& options) {
  error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) {
    return malformed("http.server.address",
                     std::format("\"{}\" is no numeric IP address", options.address));
  }
  if (!address.is_loopback() && !options.allow_non_loopback) {
    return fail(
        Code::kFailedPrecondition, "http.server.not_loopback",
        std::format("{} is no loopback address; serving it must be asked for", options.address));
  }
  return tcp::endpoint(address, options.port);
}

Status listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(SOMAXCONN, ec);
  if (!ec) return {};
  return fail(Code::kUnavailable, "http.server.listen",
              std::format("port {}: {}", endpoint.port(), ec.message()));
}

}  // namespace

ServerCore::ServerCore(Router router_in, ServerOptions options_in)
    : router(std::move(router_in)),
      options(std::move(options_in)),
      pool(options.compute_threads),
      id_prefix(make_id_prefix()) {}

std::string ServerCore::next_correlation_id() { return id_prefix + std::to_string(id_next++); }

Server::Server(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

Result<std::unique_ptr<Server>> Server::start(Router router, ServerOptions options) {
  ATOMA_TRY_VOID(check_options(options));
  ATOMA_TRY(const tcp::endpoint endpoint, endpoint_of(options));
  auto core = std::make_shared<ServerCore>(std::move(router), std::move(options));
  ATOMA_TRY_VOID(listen(core->acceptor, endpoint));
  error_code ec;
  core->port = core->acceptor.local_endpoint(ec).port();
  const auto ended = [](const std::exception_ptr& failure) { ATOMA_CHECK(failure == nullptr); };
  asio::co_spawn(core->io, accept_connections(core), ended);
  core->loop = std::thread([raw = core.get()] { raw->io.run(); });
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

Server::~Server() { stop(); }

std::uint16_t Server::port() const { return core_->port; }

void Server::stop() {
  if (!core_->loop.joinable()) return;
  ATOMA_CHECK(std::this_thread::get_id() != core_->loop.get_id());
  asio::post(core_->io, [core = core_.get()] { begin_stop(*core); });
  core_->loop.join();
  // Requests that no thread has taken yet belong to connections that are gone. They are run through
  // rather than left in the pool, since each holds a share of the core that holds the pool.
  core_->discarding = true;
  core_->pool.join();
}

}  // namespace atoma::http
