#include "load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <thread>

#include "atoma/base/check.h"

namespace atoma::app {
namespace {

using std::chrono::steady_clock;

// One kept connection, used by one thread.
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

  // Whether it was answered with 200.
  bool ask(const std::string& request) {
    good_ = good_ && send(request);
    return good_ && read_answer();
  }

 private:
  bool send(std::string_view data) {
    while (!data.empty()) {
      const auto sent = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool fill() {
    char chunk[65536];
    const auto got = ::recv(socket_, chunk, sizeof chunk, 0);
    if (got > 0) buffer_.append(chunk, static_cast<std::size_t>(got));
    return good_ = got > 0;
  }

  // Our own server's answers: they have a length.
  bool read_answer() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return false;
    }
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto at = buffer_.find(kLength);
    std::size_t length = 0;
    good_ =
        at < end &&
        std::from_chars(buffer_.data() + at + kLength.size(), buffer_.data() + end, length).ec ==
            std::errc();
    const std::size_t whole = end + 4 + length;
    while (good_ && buffer_.size() < whole) fill();
    const bool ok = good_ && buffer_.starts_with("HTTP/1.1 200");
    if (good_) buffer_.erase(0, whole);
    return ok;
  }

  const int socket_;
  bool good_ = false;
  std::string buffer_;
};

}  // namespace

double LoadResult::quantile(double q) const {
  if (latencies.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(latencies.size()));
  return latencies[std::min(at, latencies.size() - 1)];
}

LoadResult put_load(const Load& load) {
  LoadResult out;
  std::mutex mutex;  // guards out
  std::atomic<std::uint64_t> next = 0;
  const auto begin = steady_clock::now();
  const auto end = begin + load.duration;
  const auto client = [&] {
    Connection connection(load.port);
    LoadResult mine;
    for (;;) {
      auto due = steady_clock::now();
      const std::uint64_t place = next++;
      if (load.requests > 0 && place >= load.requests) break;
      if (load.rate > 0) {
        const double seconds = static_cast<double>(place) / load.rate;
        due = begin + std::chrono::duration_cast<steady_clock::duration>(
                          std::chrono::duration<double>(seconds));
        std::this_thread::sleep_until(due);
      }
      if (load.requests == 0 && due >= end) break;
      if (!connection.ask(load.request)) {
        ++mine.failed;
        break;
      }
      ++mine.answered;
      mine.latencies.push_back(std::chrono::duration<double>(steady_clock::now() - due).count());
    }
    const std::lock_guard lock(mutex);
    out.answered += mine.answered;
    out.failed += mine.failed;
    out.latencies.insert(out.latencies.end(), mine.latencies.begin(), mine.latencies.end());
  };
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < load.connections; ++i) clients.emplace_back(client);
  }
  out.seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  std::ranges::sort(out.latencies);
  return out;
}

}  // namespace atoma::app
