// For tests: a raw socket to 127.0.0.1 that sends exactly the bytes it is told to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "atoma/http/server.h"
#include "atoma/wire/json.h"
#include "format.h"

namespace atoma::http::test {

using namespace std::chrono_literals;

// Nothing in these tests should take this long.
inline constexpr int kPatienceMs = 5'000;

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline sockaddr* generic(sockaddr_in& address) {
  return static_cast<sockaddr*>(static_cast<void*>(&address));
}

struct Answer {
  int status = 0;
  std::string head;
  std::string body;

  std::string field(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      const std::size_t colon = line.find(": ");
      if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
        return std::string(line.substr(colon + 2));
      }
      rest.remove_prefix(end + 2);
    }
    return "";
  }

  std::string member(std::string_view name) const {
    const auto document = wire::JsonDocument::parse(body);
    if (!document) return "(no JSON)";
    const auto* value = document->root().find(name);
    return value == nullptr ? "(absent)" : std::string(value->text());
  }
  std::string reason() const { return member("reason"); }
};

class Peer {
 public:
  explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(port);
    connected_ = ::connect(fd_, generic(address), sizeof(address)) == 0;
  }
  explicit Peer(int fd, std::nullptr_t) : fd_(fd), connected_(fd >= 0) {}
  Peer(Peer&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), input_(other.input_) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(); }

  bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  // False when the other side has closed.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  bool readable(int within_ms) const {
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, within_ms) > 0;
  }

  // False at the end of the stream, or when nothing comes.
  bool receive() {
    char buffer[4096];
    if (!readable(kPatienceMs)) return false;
    const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (n > 0) input_.append(buffer, static_cast<std::size_t>(n));
    ended_ = n == 0;
    return n > 0;
  }

  std::string receive_until(std::string_view end) {
    while (!input_.contains(end)) {
      if (!receive()) return std::exchange(input_, {});
    }
    const std::size_t size = input_.find(end) + end.size();
    std::string out = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }

  // The next answer; its body by Content-Length unless it answers HEAD.
  Answer answer(bool to_head = false) {
    Answer out;
    out.head = receive_until("\r\n\r\n");
    if (out.head.size() < 12) return out;
    std::from_chars(out.head.data() + 9, out.head.data() + 12, out.status);
    std::size_t size = 0;
    const std::string length = out.field("Content-Length");
    std::from_chars(length.data(), length.data() + length.size(), size);
    if (to_head) return out;
    while (input_.size() < size && receive()) {
    }
    out.body = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }

  Answer ask(std::string_view request) {
    send(request);
    return answer();
  }

  // The other side sends nothing more and ends the stream in order, without a reset.
  bool at_end() { return input_.empty() && !receive() && ended_; }

 private:
  int fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string input_;
};

inline std::string get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view type = "application/json") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::unique_ptr<Server> start(Router router, ServerOptions options = {}) {
  auto server = Server::start(std::move(router), std::move(options));
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().to_string());
  return server ? *std::move(server) : nullptr;
}

inline Response text(std::string_view body) {
  return Response{
      .status = 200, .content_type = "text/plain", .body = to_bytes(body), .headers = {}};
}

}  // namespace atoma::http::test
