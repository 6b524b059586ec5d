#include "atoma/http/client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>
#include <memory>

#include "atoma/crypto/tls_client.h"
#include "format.h"
#include "parser.h"

namespace atoma::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Deadline = steady_clock::time_point;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr int kInterimMax = 4;  // 1xx answers before the real one

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// With TLS nothing of the request leaves before the peer has shown who it is.
struct Connection {
  Socket socket;
  std::optional<crypto::TlsClient> tls;
};

std::unexpected<Error> timed_out(std::string_view what) {
  return fail(Code::kDeadlineExceeded, "http.client.timeout", std::string(what));
}

// Ready, or the deadline passed.
Status wait_for(const Socket& socket, short events, Deadline deadline, std::string_view what) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return timed_out(what);
    pollfd entry{.fd = socket.fd(), .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      return fail(Code::kUnavailable, "http.client.closed", std::strerror(errno));
    }
  }
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(url.port);
  if (const int rc = ::getaddrinfo(url.host.c_str(), port.c_str(), &hints, &list); rc != 0) {
    return fail(Code::kUnavailable, "http.client.resolve", url.host + ": " + ::gai_strerror(rc));
  }
  return Addresses(list, &::freeaddrinfo);
}

Result<Socket> connect_one(const addrinfo& address, Deadline deadline) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  int error = socket.fd() < 0 ? errno : 0;
  if (error == 0 && ::connect(socket.fd(), address.ai_addr, address.ai_addrlen) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      ATOMA_TRY_VOID(wait_for(socket, POLLOUT, deadline, "connecting"));
      socklen_t size = sizeof(error);
      if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    }
  }
  if (error != 0) return fail(Code::kUnavailable, "http.client.connect", std::strerror(error));
  return socket;
}

Result<Socket> connect(const Url& url, Deadline deadline) {
  ATOMA_TRY(const Addresses addresses, resolve(url));
  Error last{Code::kUnavailable, "http.client.resolve", url.host + " has no address"};
  for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
    auto socket = connect_one(*at, deadline);
    if (socket) return socket;
    last = std::move(socket).error();
  }
  return std::unexpected(std::move(last));
}

Status send_raw(const Socket& socket, ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    ATOMA_TRY_VOID(wait_for(socket, POLLOUT, deadline, "sending"));
    const ssize_t sent = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // a refusal may be waiting for us: reading tells
    } else if (errno != EINTR && errno != EAGAIN) {
      return fail(Code::kUnavailable, "http.client.closed", std::strerror(errno));
    }
  }
  return {};
}

Status send_all(Connection& connection, ByteView bytes, Deadline deadline) {
  if (!connection.tls) return send_raw(connection.socket, bytes, deadline);
  ATOMA_TRY_VOID(connection.tls->seal(bytes));
  return send_raw(connection.socket, connection.tls->take_output(), deadline);
}

// What has come, at least a byte; nothing at the end of the stream.
Result<ByteView> receive_raw(const Socket& socket, MutableByteView buffer, Deadline deadline) {
  for (;;) {
    ATOMA_TRY_VOID(wait_for(socket, POLLIN, deadline, "waiting for the answer"));
    const ssize_t got = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (got >= 0) return ByteView(buffer).first(static_cast<std::size_t>(got));
    if (errno != EINTR && errno != EAGAIN) {
      return fail(Code::kUnavailable, "http.client.closed", std::strerror(errno));
    }
  }
}

// Appends what has come; false at the end of the stream. With TLS only the peer's own word is an
// end: anybody can close a connection.
Result<bool> receive(Connection& connection, std::string& input, Deadline deadline) {
  ByteArray<16 * 1024> buffer;
  for (;;) {
    if (connection.tls) {
      if (connection.tls->ended()) return false;
      ATOMA_TRY_VOID(send_raw(connection.socket, connection.tls->take_output(), deadline));
    }
    ATOMA_TRY(const ByteView got, receive_raw(connection.socket, buffer, deadline));
    if (!connection.tls) {
      input += as_text(got);
      return !got.empty();
    }
    if (got.empty()) {
      return fail(Code::kUnavailable, "http.client.closed", "closed without an end of TLS");
    }
    ATOMA_TRY(const Bytes plain, connection.tls->open(got));
    input += as_text(plain);
    if (!plain.empty()) return true;
    if (connection.tls->ended()) return false;
  }
}

// The parser's reasons are a server's; whoever called a client wants to know that the peer erred.
std::unexpected<Error> bad_answer(const Error& cause) {
  if (cause.reason.ends_with("too_large")) {
    return fail(Code::kResourceExhausted, "http.client.too_large", cause.message);
  }
  return fail(Code::kUnavailable, "http.client.malformed", cause.to_string());
}

// Moves the next head from `input` into `parser`.
Status read_head(Connection& connection, const ClientOptions& options, Deadline deadline,
                 std::string& input, MessageParser& parser) {
  for (;;) {
    const std::size_t end = input.find(kHeadEnd);
    const std::size_t size = end == std::string::npos ? input.size() : end + kHeadEnd.size();
    if (size > options.head_max) {
      return fail(Code::kResourceExhausted, "http.client.too_large", "the answer's head");
    }
    if (end != std::string::npos) {
      const Status parsed = parser.parse_head(std::string_view(input).substr(0, size));
      input.erase(0, size);
      if (!parsed) return bad_answer(parsed.error());
      return {};
    }
    ATOMA_TRY(const bool more, receive(connection, input, deadline));
    if (!more) {
      return fail(Code::kUnavailable, "http.client.closed",
                  "closed before the answer was complete");
    }
  }
}

Status read_body(Connection& connection, Deadline deadline, std::string& input,
                 MessageParser& parser) {
  while (!parser.done()) {
    const auto used = parser.parse_body(input);
    if (!used) return bad_answer(used.error());
    input.erase(0, *used);
    if (parser.done()) break;
    if (input.size() > kHeadAndTrailersMax) {
      return fail(Code::kUnavailable, "http.client.malformed", "a chunk's size line is too long");
    }
    ATOMA_TRY(const bool more, receive(connection, input, deadline));
    if (more) continue;
    if (!parser.finish_at_eof()) {
      return fail(Code::kUnavailable, "http.client.closed", "closed inside the answer's body");
    }
  }
  return {};
}

Result<std::string> encode_request(const Url& url, Method method, std::span<const Field> headers,
                                   ByteView body) {
  const std::string_view name = method_name(method);
  if (name.empty()) return malformed("http.client.request", "no method");
  std::string out = std::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", name,
                                url.target, url.authority());
  if (!body.empty() || method == Method::kPost || method == Method::kPut) {
    out += std::format("Content-Length: {}\r\n", body.size());
  }
  for (const Field& field : headers) {
    static constexpr std::string_view kOwn[] = {"Host", "Connection", "Content-Length",
                                                "Transfer-Encoding", "Expect"};
    const auto same = [&field](auto own) { return equal_ignoring_case(own, field.name); };
    if (!is_token(field.name) || !is_field_value(field.value) || std::ranges::any_of(kOwn, same)) {
      return malformed("http.client.request", "header field " + field.name);
    }
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  out += "\r\n";
  return out;
}

bool is_target(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

bool is_host(std::string_view text, std::string_view marks) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.contains(c);
  });
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  return port == (tls ? 443 : 80) ? name : std::format("{}:{}", name, port);
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://", kTlsScheme = "https://";
  const auto bad = [](std::string_view why) {
    return malformed("http.client.url", std::string(why));
  };
  Url url;
  url.tls = text.starts_with(kTlsScheme);
  if (url.tls) url.port = 443;
  if (!url.tls && !text.starts_with(kScheme)) return bad("only http:// and https:// are known");
  text.remove_prefix(url.tls ? kTlsScheme.size() : kScheme.size());
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  const std::string_view target = text.substr(end);

  std::size_t name_end = std::min(authority.find(':'), authority.size());
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad("the address misses its closing bracket");
    url.host = authority.substr(1, close - 1);
    if (!is_host(url.host, ":.")) return bad("the address is malformed");
    name_end = close + 1;
  } else {
    url.host = authority.substr(0, name_end);
    if (!is_host(url.host, "-._")) return bad("the host is missing or malformed");
  }
  authority.remove_prefix(name_end);
  if (!authority.empty()) {
    const char* last = authority.data() + authority.size();
    const auto [stop, ec] = std::from_chars(authority.data() + 1, last, url.port);
    if (authority[0] != ':' || ec != std::errc() || stop != last || url.port == 0) {
      return bad("the port is malformed");
    }
  }
  if (!is_target(target)) return bad("the path has characters that must be percent-encoded");
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

Result<ClientResponse> Client::request(const Url& url, Method method,
                                       std::span<const Field> headers, ByteView body,
                                       milliseconds deadline) const {
  const Deadline end = steady_clock::now() + deadline;
  const Deadline connected = std::min(end, steady_clock::now() + options_.connect_timeout);
  ATOMA_TRY(const std::string head, encode_request(url, method, headers, body));
  ATOMA_TRY(Socket socket, connect(url, connected));
  Connection connection{.socket = std::move(socket), .tls = std::nullopt};
  if (url.tls) {
    ATOMA_TRY(connection.tls,
              crypto::TlsClient::create(url.host, options_.authorities, options_.identity));
  }
  ATOMA_TRY_VOID(send_all(connection, as_bytes(head), end));
  ATOMA_TRY_VOID(send_all(connection, body, end));

  const auto kind = method == Method::kHead ? MessageParser::Kind::kResponseWithoutBody
                                            : MessageParser::Kind::kResponse;
  std::string input;
  for (int interim = 0; interim <= kInterimMax; ++interim) {
    MessageParser parser(kind, options_.fields_max);
    ATOMA_TRY_VOID(read_head(connection, options_, end, input, parser));
    if (parser.head().status < 200) continue;
    parser.set_body_max(options_.body_max);
    ATOMA_TRY_VOID(read_body(connection, end, input, parser));
    return ClientResponse{parser.head().status, parser.head().fields, parser.take_body()};
  }
  return fail(Code::kUnavailable, "http.client.malformed", "too many interim answers");
}

}  // namespace atoma::http
