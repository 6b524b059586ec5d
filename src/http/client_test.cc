// The client against our server, and against servers that misbehave.
#include "atoma/http/client.h"

#include <gtest/gtest.h>

#include <thread>

#include "test_peer.h"

namespace atoma::http {
namespace {

using namespace test;

std::string url_of(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return std::string(url.error().reason);
  return url->authority() + " " + url->target;
}

TEST(Url, Parses) {
  EXPECT_EQ(url_of("http://localhost"), "localhost /");
  EXPECT_EQ(url_of("http://localhost:8080/a/b?c=d"), "localhost:8080 /a/b?c=d");
  EXPECT_EQ(url_of("http://127.0.0.1:80?x"), "127.0.0.1 /?x");
  EXPECT_EQ(url_of("http://[::1]:81/"), "[::1]:81 /");
  EXPECT_EQ(url_of("https://localhost/a"), "localhost /a");
  EXPECT_EQ(url_of("https://localhost:80"), "localhost:80 /");
  EXPECT_EQ(parse_url("https://localhost")->port, 443);
  EXPECT_TRUE(parse_url("https://localhost")->tls);
  EXPECT_FALSE(parse_url("http://localhost")->tls);
}

TEST(Url, RefusesTheRest) {
  for (const auto* text : {"",
                           "localhost",
                           "https:/localhost/",
                           "https://",
                           "httpss://localhost/",
                           "HTTP://localhost",
                           "http://",
                           "http:///a",
                           "http://:80/",
                           "http://user@host/",
                           "http://host:/",
                           "http://host:0/",
                           "http://host:65536/",
                           "http://host:8x/",
                           "http://host:-1/",
                           "http://[::1/",
                           "http://[]/",
                           "http://[::1]x/",
                           "http://h/a b",
                           "http://h/#f",
                           "http://h/\r\nX: y",
                           "http://h\xC3\xA4/"}) {
    EXPECT_EQ(url_of(text), "http.client.url") << text;
  }
}

Url url_at(std::uint16_t port, std::string target = "/") {
  return {.host = "127.0.0.1", .port = port, .target = std::move(target)};
}

TEST(Client, TalksToOurServer) {
  Router router;
  router.add(Method::kPost, "/echo",
             [](Request request, Respond respond) {
               Response response = text(as_text(request.body));
               response.headers.push_back({"X-Seen", std::string(*request.header("X-Mine"))});
               respond(std::move(response));
             },
             {.content_types = {"text/plain"}});
  router.add(Method::kGet, "/", [](Request, Respond respond) { respond(text("root")); });
  const auto server = start(std::move(router));
  const Client client;
  const std::vector<Field> fields = {{"Content-Type", "text/plain"}, {"X-Mine", "42"}};
  const std::string body(200'000, 'x');
  const auto echoed =
      client.request(url_at(server->port(), "/echo"), Method::kPost, fields, as_bytes(body), 2s);
  ASSERT_TRUE(echoed.has_value()) << echoed.error().to_string();
  EXPECT_EQ(echoed->status, 200);
  EXPECT_EQ(as_text(echoed->body), body);
  EXPECT_EQ(echoed->header("x-seen"), "42");
  const auto head = client.request(url_at(server->port()), Method::kHead, {}, {}, 2s);
  ASSERT_TRUE(head.has_value()) << head.error().to_string();
  EXPECT_EQ(head->header("Content-Length"), "4");
  EXPECT_TRUE(head->body.empty());
  const auto none = client.request(url_at(server->port(), "/none"), Method::kGet, {}, {}, 2s);
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->status, 404);
}

TEST(Client, ReadsARefusalThatComesBeforeItsBodyIsSent) {
  Router router;
  router.add(Method::kPut, "/", [](Request, Respond respond) { respond(no_content()); },
             {.content_types = {std::string(kAnyContentType)}, .body_max = 10});
  const auto server = start(std::move(router));
  const std::string body(8'000'000, 'x');
  const auto answer =
      Client().request(url_at(server->port()), Method::kPut, {}, as_bytes(body), 2s);
  ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
  EXPECT_EQ(answer->status, 413);
}

// Accepts one connection, waits for a head, sends `script` and closes.
class Script {
 public:
  explicit Script(std::string script, std::chrono::milliseconds hold = 0ms)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_, generic(address), sizeof(address)), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    EXPECT_EQ(::getsockname(fd_, generic(address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([fd = fd_, script = std::move(script), hold] {
      Peer peer(::accept(fd, nullptr, nullptr), nullptr);
      peer.receive_until("\r\n\r\n");
      peer.send(script);
      if (hold > 0ms) std::this_thread::sleep_for(hold);
    });
  }
  ~Script() {
    thread_.join();
    ::close(fd_);
  }
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

struct Outcome {
  std::string reason;
  std::string body;
};

Outcome against(std::string script, std::chrono::milliseconds hold = 0ms) {
  const Script server(std::move(script), hold);
  const Client client({.head_max = 500, .fields_max = 4, .body_max = 10});
  const auto answer = client.request(url_at(server.port()), Method::kGet, {}, {}, 100ms);
  if (!answer) return {std::string(answer.error().reason), ""};
  return {"", std::string(as_text(answer->body))};
}

TEST(Client, ReadsAnAnswerThatAResetFollows) {
  const Script server("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  const std::string body(8'000'000, 'x');
  const auto answer = Client().request(url_at(server.port()), Method::kPut, {}, as_bytes(body), 2s);
  ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
  EXPECT_EQ(answer->status, 413);
}

TEST(Client, ReadsBodiesOfEachKind) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(against(ok + "Content-Length: 3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(against(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").body, "abc");
  EXPECT_EQ(against(ok + "\r\nto the end").body, "to the end");
  EXPECT_EQ(against("HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx").body, "x");
  EXPECT_EQ(against("HTTP/1.1 204 No Content\r\n\r\n").reason, "");
}

TEST(Client, EachBadAnswerHasItsReason) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(against("").reason, "http.client.closed");
  EXPECT_EQ(against(ok).reason, "http.client.closed");
  EXPECT_EQ(against(ok + "Content-Length: 3\r\n\r\nab").reason, "http.client.closed");
  EXPECT_EQ(against(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\n").reason, "http.client.closed");
  EXPECT_EQ(against("nonsense\r\n\r\n").reason, "http.client.malformed");
  EXPECT_EQ(against(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n").reason,
            "http.client.malformed");
  EXPECT_EQ(against(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n").reason,
            "http.client.malformed");
  std::string interims;
  for (int i = 0; i < 6; ++i) interims += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(against(interims).reason, "http.client.malformed");
  EXPECT_EQ(against(ok + "X: " + std::string(500, 'x') + "\r\n\r\n").reason,
            "http.client.too_large");
  EXPECT_EQ(against(ok + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n").reason,
            "http.client.too_large");
  EXPECT_EQ(against(ok + "Content-Length: 11\r\n\r\nabcdefghijk").reason, "http.client.too_large");
  EXPECT_EQ(against(ok + "\r\nthis has no end").reason, "http.client.too_large");
  EXPECT_EQ(against(ok + "Content-Length: 3\r\n\r\na", 150ms).reason, "http.client.timeout");
  EXPECT_EQ(against("", 150ms).reason, "http.client.timeout");
}

TEST(Client, RefusesRequestsThatWouldBreakTheStream) {
  const auto reason = [](Method method, std::vector<Field> fields) -> std::string_view {
    const auto answer = Client().request(url_at(1), method, fields, {}, 100ms);
    return answer ? "" : answer.error().reason;
  };
  EXPECT_EQ(reason(Method::kOther, {}), "http.client.request");
  EXPECT_EQ(reason(Method::kGet, {{"X", "a\r\nY: b"}}), "http.client.request");
  EXPECT_EQ(reason(Method::kGet, {{"X:", "a"}}), "http.client.request");
  EXPECT_EQ(reason(Method::kGet, {{"content-length", "1"}}), "http.client.request");
}

TEST(Client, SaysWhenNobodyIsThere) {
  std::uint16_t port = 0;
  {
    const auto server = start(Router());
    port = server->port();
  }
  const auto closed = Client().request(url_at(port), Method::kGet, {}, {}, 500ms);
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().reason, "http.client.connect");
  const Url nowhere{.host = "no..such..name", .port = 80, .target = "/"};
  const auto unknown = Client().request(nowhere, Method::kGet, {}, {}, 500ms);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().reason, "http.client.resolve");
}

}  // namespace
}  // namespace atoma::http
