// What the server's loop, its connections and outstanding answers share.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "atoma/http/router.h"
#include "atoma/http/server.h"

namespace atoma::http {

class Connection;
struct Exchange;
struct ServerCore;

struct Answered {
  std::shared_ptr<Exchange> exchange;
  Response response;
};

// The way of answers from any thread to the loop, which is called once for all that came meanwhile.
class Answers {
 public:
  void put(Answered answered, ServerCore& core);

 private:
  void deliver(ServerCore& core);

  std::mutex mutex_;
  std::vector<Answered> waiting_;
};

struct ServerCore {
  ServerCore(Router router_in, ServerOptions options_in);

  std::string next_correlation_id();

  const Router router;
  const ServerOptions options;
  boost::asio::io_context io{1};
  boost::asio::thread_pool pool;
  Answers answers;

  // Owned by the thread that calls start() and stop().
  std::thread loop;
  std::uint16_t port = 0;

  // Set after the loop has ended: queued requests are dropped, not run.
  std::atomic<bool> discarding = false;

  // Owned by the loop thread.
  boost::asio::ip::tcp::acceptor acceptor{io};
  boost::asio::steady_timer accept_pause{io};
  boost::asio::steady_timer drain{io};
  boost::asio::steady_timer sweep{io};  // runs while there are connections
  bool sweeping = false;
  std::set<std::shared_ptr<Connection>> connections;
  std::size_t serving = 0;    // of these, not merely being refused
  std::size_t in_flight = 0;  // Responds that are out
  bool stopping = false;
  const std::string id_prefix;
  std::uint64_t id_next = 1;
};

}  // namespace atoma::http
