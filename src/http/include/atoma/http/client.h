// A small blocking client for our own commands and for vendors' services: one request, one
// connection, http:// or https://.
//
//   ATOMA_TRY(auto url, http::parse_url("http://127.0.0.1:8080/v1/status"));
//   ATOMA_TRY(auto answer, http::Client().request(url, http::Method::kGet, {}, {}, 5s));
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "atoma/crypto/tls_client.h"
#include "atoma/http/message.h"

namespace atoma::http {

struct Url {
  std::string host;  // name or address; IPv6 without brackets
  std::uint16_t port = 80;
  std::string target = "/";  // path and query as they go on the wire
  bool tls = false;

  std::string authority() const;  // for Host; IPv6 in brackets
};

// "http://host[:port][/path][?query]", or https; no user, no fragment, ASCII only.
// Errors: "http.client.url".
Result<Url> parse_url(std::string_view text);

struct ClientResponse {
  int status = 0;
  std::vector<Field> headers;
  Bytes body;

  std::optional<std::string_view> header(std::string_view name) const {
    return find_field(headers, name);
  }
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::size_t head_max = 16 * 1024;
  std::size_t fields_max = 64;
  std::size_t body_max = 4 * 1024 * 1024;
  std::string authorities;                      // for https, in PEM; empty: those of the system
  std::optional<crypto::TlsIdentity> identity;  // for servers that ask who is there
};

class Client {
 public:
  Client() = default;
  explicit Client(ClientOptions options) : options_(std::move(options)) {}

  // Redirects are answers, not followed. `deadline` bounds the whole exchange except the lookup of
  // a host name, which the system's resolver bounds. An answer of any status is a value.
  // Errors: "http.client.request", "http.client.resolve", "http.client.connect",
  // "http.client.timeout", "http.client.closed", "http.client.malformed", "http.client.too_large",
  // those of crypto::TlsClient.
  Result<ClientResponse> request(const Url& url, Method method, std::span<const Field> headers,
                                 ByteView body, std::chrono::milliseconds deadline) const;

 private:
  ClientOptions options_;
};

}  // namespace atoma::http
