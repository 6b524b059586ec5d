#include "load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>
#include <optional>

#include "atoma/base/check.h"

namespace atoma::app {
namespace {

using std::chrono::steady_clock;
using Moment = steady_clock::time_point;

// One kept connection with one request at a time. It never waits.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    good_ = ::connect(socket_, static_cast<const sockaddr*>(static_cast<const void*>(&address)),
                      sizeof address) == 0;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  int socket() const { return socket_; }
  // False once anything failed; nothing can be asked any more.
  bool good() const { return good_; }
  bool sending() const { return !unsent_.empty(); }
  Moment due() const { return due_; }

  // `request` outlives the answer.
  void ask(std::string_view request, Moment due) {
    unsent_ = request;
    due_ = due;
    go_on_sending();
  }
  void go_on_sending() {
    while (good_ && !unsent_.empty()) {
      const auto sent =
          ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EAGAIN) return;
      good_ = sent > 0;
      if (good_) unsent_.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Whether the answer is there, and whether it is a 200. Our own server's answers have a length.
  std::optional<bool> receive() {
    char chunk[65536];
    const auto got = ::recv(socket_, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    good_ = got > 0;
    if (!good_) return std::nullopt;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto at = buffer_.find(kLength);
    std::size_t length = 0;
    good_ =
        at < end &&
        std::from_chars(buffer_.data() + at + kLength.size(), buffer_.data() + end, length).ec ==
            std::errc();
    const std::size_t whole = end + 4 + length;
    if (!good_ || buffer_.size() < whole) return std::nullopt;
    const bool ok = buffer_.starts_with("HTTP/1.1 200");
    buffer_.erase(0, whole);
    return ok;
  }

 private:
  const int socket_;
  bool good_ = false;
  Moment due_;
  std::string_view unsent_;
  std::string buffer_;
};

// All connections from one thread: on a small machine more of them would take the server's time.
class Client {
 public:
  explicit Client(const Load& load) : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    ATOMA_CHECK(epoll_ >= 0);
    for (int i = 0; i < load.connections; ++i) {
      auto& made = connections_.emplace_back(std::make_unique<Connection>(load.port));
      epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(i)}};
      ATOMA_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, made->socket(), &event) == 0);
      if (made->good()) {
        idle_.push_back(static_cast<std::uint32_t>(i));
      } else {
        ++out_.failed;
      }
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(epoll_); }

  LoadResult run() {
    begin_ = steady_clock::now();
    std::vector<epoll_event> events(connections_.size());
    for (;;) {
      const auto next_due = ask_what_is_due();
      if (!next_due && in_flight_ == 0) break;
      timespec wait{.tv_sec = 1, .tv_nsec = 0};
      if (next_due) {
        const auto left = std::max(*next_due - steady_clock::now(), steady_clock::duration::zero());
        wait = {.tv_sec = 0, .tv_nsec = std::min<long>(left.count(), 999'999'999)};
      }
      const int count =
          ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
      for (int i = 0; i < count; ++i) take(events[static_cast<std::size_t>(i)]);
    }
    out_.seconds = std::chrono::duration<double>(steady_clock::now() - begin_).count();
    std::ranges::sort(out_.latencies);
    return std::move(out_);
  }

 private:
  // When the next request is due that a free connection could take; nothing when all are asked, or
  // no connection is free.
  std::optional<Moment> ask_what_is_due() {
    while (!idle_.empty()) {
      const Moment now = steady_clock::now();
      Moment due = now;
      if (load_.rate > 0) {
        due = begin_ + std::chrono::duration_cast<steady_clock::duration>(
                           std::chrono::duration<double>(static_cast<double>(asked_) / load_.rate));
      }
      const bool all =
          load_.requests > 0 ? asked_ >= load_.requests : due >= begin_ + load_.duration;
      if (all) return std::nullopt;
      if (due > now) return due;
      const std::uint32_t place = idle_.back();
      idle_.pop_back();
      ++asked_;
      ++in_flight_;
      Connection& connection = *connections_[place];
      connection.ask(load_.request, due);
      if (!connection.good()) {
        lose(connection);
      } else if (connection.sending()) {
        watch(place, EPOLLIN | EPOLLOUT);
      }
    }
    return std::nullopt;
  }

  void watch(std::uint32_t place, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.u32 = place}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connections_[place]->socket(), &event);
  }

  // The request that it has fails, and nothing more is asked of it.
  void lose(const Connection& connection) {
    --in_flight_;
    ++out_.failed;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.socket(), nullptr);
  }

  void take(const epoll_event& event) {
    const std::uint32_t place = event.data.u32;
    Connection& connection = *connections_[place];
    if (!connection.good()) return;
    if (connection.sending()) {
      connection.go_on_sending();
      if (!connection.sending()) watch(place, EPOLLIN);
    }
    const auto answer = connection.receive();
    if (!connection.good() || answer == false) return lose(connection);
    if (!answer) return;
    --in_flight_;
    ++out_.answered;
    out_.latencies.push_back(
        std::chrono::duration<double>(steady_clock::now() - connection.due()).count());
    idle_.push_back(place);
  }

  const Load& load_;
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::uint32_t> idle_;
  Moment begin_;
  std::uint64_t asked_ = 0;
  std::uint64_t in_flight_ = 0;
  LoadResult out_;
};

}  // namespace

double LoadResult::quantile(double q) const {
  if (latencies.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(latencies.size()));
  return latencies[std::min(at, latencies.size() - 1)];
}

LoadResult put_load(const Load& load) { return Client(load).run(); }

}  // namespace atoma::app
