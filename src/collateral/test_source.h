// A vendor's service in the test's own process, which answers as it is told: late, short, wrongly,
// or not at all.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <format>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "atoma/base/bytes.h"

namespace atoma::collateral::test {

struct Reply {
  int status = 200;
  Bytes body;
  std::string fields;  // "Name: value\r\n", any number
  std::chrono::milliseconds delay{0};
  std::size_t sent_max = SIZE_MAX;  // of the body, whatever Content-Length says
};

class TestSource {
 public:
  TestSource() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
  }
  TestSource(const TestSource&) = delete;
  TestSource& operator=(const TestSource&) = delete;
  ~TestSource() {
    acceptor_.request_stop();
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
  }

  std::string url() const { return std::format("http://127.0.0.1:{}", port_); }

  // For this target, from now on.
  void serve(const std::string& target, Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_[target] = std::move(reply);
  }
  // How often this target was asked for.
  std::size_t asked(const std::string& target) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(targets_, target));
  }
  std::vector<std::string> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }
  std::string last_request() const {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  void accept(const std::stop_token& stop) {
    std::vector<std::jthread> connections;
    while (!stop.stop_requested()) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections.emplace_back([this, fd] { answer(fd); });
    }
  }

  static std::string read_request(int fd) {
    std::string text;
    char buffer[4096];
    for (;;) {
      const auto end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto length = text.find("Content-Length: ");
        const std::size_t size =
            length < end ? std::stoul(text.substr(length + 16)) : std::size_t{0};
        if (text.size() >= end + 4 + size) return text;
      }
      const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
      if (got <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }

  void answer(int fd) {
    const std::string request = read_request(fd);
    const auto begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    Reply reply{.status = 404};
    {
      const std::lock_guard lock(mutex_);
      targets_.push_back(target);
      last_request_ = request;
      if (const auto found = replies_.find(target); found != replies_.end()) reply = found->second;
    }
    std::this_thread::sleep_for(reply.delay);
    std::string out = std::format("HTTP/1.1 {} X\r\n{}", reply.status, reply.fields);
    if (reply.status != 304) out += std::format("Content-Length: {}\r\n", reply.body.size());
    out += "Connection: close\r\n\r\n";
    out += as_text(ByteView(reply.body).first(std::min(reply.body.size(), reply.sent_max)));
    std::string_view rest = out;
    while (!rest.empty()) {
      const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(fd, SHUT_WR);
    ::close(fd);
  }

  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Reply> replies_;
  std::vector<std::string> targets_;
  std::string last_request_;
  std::jthread acceptor_;
};

inline std::string percent_encoded(ByteView bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) {
    const char c = static_cast<char>(b);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_';
    out += plain ? std::string(1, c) : std::format("%{:02X}", b);
  }
  return out;
}

}  // namespace atoma::collateral::test
