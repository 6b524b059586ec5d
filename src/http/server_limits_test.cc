// Every refusal of the server, provoked by raw bytes over a real socket.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "test_peer.h"

namespace atoma::http {
namespace {

using namespace test;

Router router() {
  Router out;
  out.add(Method::kGet, "/", [](Request, Respond respond) { respond(text("root")); });
  out.add(Method::kPost, "/in", [](Request, Respond respond) { respond(text("in")); },
          {.content_types = {"application/json"}, .body_max = 64, .query = {"q"}});
  return out;
}

ServerOptions quick() {
  return {.head_max = 1024,
          .fields_max = 8,
          .idle_timeout = 1s,
          .head_timeout = 100ms,
          .body_timeout = 100ms,
          .linger_timeout = 2s};
}

struct Case {
  const char* name;
  std::string request;
  int status;
  const char* reason;
  bool closes = true;
};

std::string in(std::string_view fields, std::string_view body = "") {
  return "POST /in HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

const std::string kJson = "Content-Type: application/json\r\n";
const std::string kChunked = kJson + "Transfer-Encoding: chunked\r\n";

std::vector<Case> cases() {
  const std::string many = [] {
    std::string fields;
    for (int i = 0; i < 9; ++i) fields += "X-" + std::to_string(i) + ": v\r\n";
    return fields;
  }();
  const std::string g = "GET / HTTP/1.1\r\n";
  const std::string h = "Host: localhost\r\n";
  return {
      {"line_too_large", get("/" + std::string(2000, 'a')), 431, "http.head.too_large"},
      {"endless_line", "GET /" + std::string(2000, 'a'), 431, "http.head.too_large"},
      {"field_too_large", get("/", "X: " + std::string(2000, 'a') + "\r\n"), 431,
       "http.head.too_large"},
      {"too_many_fields", get("/", many), 431, "http.head.too_large"},
      {"tls_hello", std::string("\x16\x03\x01\x02", 4), 400, "http.head.malformed"},
      {"empty_line_first", "\r\n" + get("/"), 400, "http.head.malformed"},
      {"no_version", "GET /\r\n\r\n", 400, "http.head.malformed"},
      {"http_2", "GET / HTTP/2.0\r\n" + h + "\r\n", 400, "http.head.malformed"},
      {"bare_lf", g + "Host: localhost\nX: y\r\n\r\n", 400, "http.head.malformed"},
      {"bare_cr", g + h + "X: a\rb\r\n\r\n", 400, "http.head.malformed"},
      {"nul", g + h + std::string("X: a\0b\r\n\r\n", 10), 400, "http.head.malformed"},
      {"folded", g + h + "X: a\r\n b\r\n\r\n", 400, "http.head.malformed"},
      {"space_before_colon", g + "Host : localhost\r\n\r\n", 400, "http.head.malformed"},
      {"not_ascii", g + h + "X: \xC3\xA4\r\n\r\n", 400, "http.head.malformed"},
      {"no_host", g + "\r\n", 400, "http.host.malformed", false},
      {"two_hosts", g + h + h + "\r\n", 400, "http.header.duplicate", false},
      {"two_tokens", get("/", "Authorization: a\r\nauthorization: b\r\n"), 400,
       "http.header.duplicate", false},
      {"bad_host", g + "Host: local host\r\n\r\n", 400, "http.host.malformed", false},
      {"bad_port", g + "Host: localhost:x\r\n\r\n", 400, "http.host.malformed", false},
      {"rebound_host", g + "Host: evil.example\r\n\r\n", 421, "http.host.not_allowed", false},
      {"rebound_target", "GET http://evil.example/ HTTP/1.1\r\n" + h + "\r\n", 421,
       "http.host.not_allowed", false},
      {"asterisk", "OPTIONS * HTTP/1.1\r\n" + h + "\r\n", 400, "http.target.malformed", false},
      {"bad_percent", get("/%zz"), 400, "http.target.malformed", false},
      {"cut_percent", get("/%4"), 400, "http.target.malformed", false},
      {"dot_dot", get("/a/../b"), 400, "http.target.malformed", false},
      {"bad_query", get("/?q=%"), 400, "http.query.malformed", false},
      {"query_twice", get("/?a=1&a=2"), 400, "http.query.malformed", false},
      {"query_unknown", get("/?debug=1"), 400, "http.query.unexpected", false},
      {"no_path", get("/none"), 404, "http.not_found", false},
      {"method", "DELETE /in HTTP/1.1\r\n" + h + "\r\n", 405, "http.method_not_allowed", false},
      {"method_unknown", "BREW /in HTTP/1.1\r\n" + h + "\r\n", 405, "http.method_not_allowed",
       false},
      {"no_type", in("Content-Length: 2\r\n", "{}"), 415, "http.content_type"},
      {"no_type_no_body", in(""), 415, "http.content_type", false},
      {"wrong_type", post("/in", "{}", "text/plain"), 415, "http.content_type"},
      {"longer_type", post("/in", "{}", "application/jsonx"), 415, "http.content_type"},
      {"encoded", in(kJson + "Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"), 415,
       "http.content_encoding"},
      {"body_on_get", get("/", "Content-Length: 2\r\n") + "{}", 400, "http.body.unexpected"},
      {"length_too_large", in(kJson + "Content-Length: 65\r\n"), 413, "http.body.too_large"},
      {"chunk_too_large", in(kChunked, "41\r\n"), 413, "http.body.too_large"},
      {"chunks_too_large", in(kChunked, "40\r\n" + std::string(64, 'a') + "\r\n1\r\n"), 413,
       "http.body.too_large"},
      {"length_overflow", in(kJson + "Content-Length: 18446744073709551617\r\n"), 400,
       "http.framing"},
      {"length_negative", in(kJson + "Content-Length: -1\r\n"), 400, "http.framing"},
      {"length_list", in(kJson + "Content-Length: 2, 2\r\n", "{}"), 400, "http.framing"},
      {"length_twice", in(kJson + "Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), 400,
       "http.framing"},
      {"length_and_chunked", in(kChunked + "Content-Length: 2\r\n", "{}"), 400, "http.framing"},
      {"chunked_and_length",
       in(kJson + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "{}"), 400,
       "http.framing"},
      {"chunked_twice", in(kChunked + "Transfer-Encoding: chunked\r\n"), 400, "http.framing"},
      {"chunked_1_0", "POST /in HTTP/1.0\r\n" + h + kChunked + "\r\n", 400, "http.framing"},
      {"gzip_chunked", in(kJson + "Transfer-Encoding: gzip, chunked\r\n"), 501,
       "http.transfer_encoding"},
      {"identity", in(kJson + "Transfer-Encoding: identity\r\n"), 501, "http.transfer_encoding"},
      {"chunk_size", in(kChunked, "zz\r\n"), 400, "http.body.malformed"},
      {"chunk_end", in(kChunked, "2\r\n{}xx0\r\n\r\n"), 400, "http.body.malformed"},
      {"chunk_extension", in(kChunked, "2;x=" + std::string(300, 'y') + "\r\n"), 400,
       "http.body.malformed"},
      {"chunk_line", in(kChunked, "2;x=" + std::string(40000, 'y')), 400, "http.body.malformed"},
      {"expect", in(kJson + "Expect: tea\r\nContent-Length: 2\r\n"), 417, "http.expect"},
  };
}

TEST(ServerLimits, EachBadRequestHasItsAnswer) {
  const auto server = start(router(), quick());
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    Peer peer(server->port());
    const Answer answer = peer.ask(c.request);
    EXPECT_EQ(answer.status, c.status);
    EXPECT_EQ(answer.reason(), c.reason);
    EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.field("Connection"), c.closes ? "close" : "");
    if (c.closes) {
      EXPECT_TRUE(peer.at_end());
    } else {
      EXPECT_EQ(peer.ask(get("/")).body, "root");
    }
  }
}

TEST(ServerLimits, WhatLooksOddButIsRight) {
  const auto server = start(router(), quick());
  const std::vector<std::string> requests = {
      get("http://localhost:80/"),
      "GET / HTTP/1.1\r\nhOST: LOCALHOST:1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
      in(kJson + "Content-Length: 64\r\n", std::string(64, ' ')),
      in("Content-Type: Application/JSON ;charset=utf-8\r\nContent-Length: 0\r\n"),
      post("/in?q=a%20b/?", "{}"),
      in(kJson + "Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"),
      in(kChunked, "40\r\n" + std::string(64, 'a') + "\r\n0\r\n\r\n"),
  };
  for (const std::string& request : requests) {
    EXPECT_EQ(Peer(server->port()).ask(request).status, 200) << request;
  }
}

TEST(ServerLimits, AllowNamesTheMethods) {
  const auto server = start(router(), quick());
  EXPECT_EQ(Peer(server->port()).ask(get("/in")).field("Allow"), "POST");
  EXPECT_EQ(Peer(server->port()).ask(post("/", "")).field("Allow"), "GET, HEAD");
}

TEST(ServerLimits, HostsCanBeNamedOrLeftUnchecked) {
  const std::string request = "GET / HTTP/1.1\r\nHost: Atoma.example:8080\r\n\r\n";
  ServerOptions options = quick();
  options.hosts = {"atoma.example"};
  const auto named = start(router(), options);
  EXPECT_EQ(Peer(named->port()).ask(request).status, 200);
  options.hosts = {};
  options.check_host = false;
  const auto any = start(router(), options);
  EXPECT_EQ(Peer(any->port()).ask(request).status, 200);
}

// The refusal reaches a client that goes on sending a body far beyond the bound.
TEST(ServerLimits, RefusalArrivesWhileTheBodyStillComes) {
  const auto server = start(router(), quick());
  Peer peer(server->port());
  peer.send(in(kJson + "Content-Length: 4000000\r\n"));
  peer.send(std::string(1'000'000, 'x'));
  EXPECT_EQ(peer.answer().reason(), "http.body.too_large");
  EXPECT_TRUE(peer.at_end());
}

// Each byte comes in good time; the head as a whole does not.
TEST(ServerLimits, SlowHeadIs408) {
  const auto server = start(router(), quick());
  Peer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nX: ");
  const auto before = std::chrono::steady_clock::now();
  while (peer.send("x") && !peer.readable(10)) {
  }
  const Answer answer = peer.answer();
  EXPECT_GE(std::chrono::steady_clock::now() - before, 90ms);
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.reason(), "http.head.timeout");
  EXPECT_TRUE(peer.at_end());
}

// Each byte comes in good time; the body as a whole does not.
TEST(ServerLimits, SlowBodyIs408) {
  const auto server = start(router(), quick());
  Peer peer(server->port());
  peer.send(in(kJson + "Content-Length: 60\r\n"));
  const auto before = std::chrono::steady_clock::now();
  while (peer.send("x") && !peer.readable(10)) {
  }
  const Answer answer = peer.answer();
  EXPECT_GE(std::chrono::steady_clock::now() - before, 90ms);
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.reason(), "http.body.timeout");
  EXPECT_TRUE(peer.at_end());
}

TEST(ServerLimits, IdleConnectionsCloseWithoutAWord) {
  ServerOptions options = quick();
  options.idle_timeout = 50ms;
  const auto server = start(router(), options);
  Peer peer(server->port());
  EXPECT_TRUE(peer.at_end());
  Peer kept(server->port());
  EXPECT_EQ(kept.ask(get("/")).status, 200);
  EXPECT_TRUE(kept.at_end());
}

// The status once the server has seen that others are gone, which they cannot see it do.
int status_soon(std::uint16_t port) {
  int status = 0;
  for (int i = 0; i < 100 && status != 200; ++i) {
    if (i > 0) std::this_thread::sleep_for(5ms);
    status = Peer(port).ask(get("/")).status;
  }
  return status;
}

TEST(ServerLimits, TooManyConnectionsAreToldAndTheListenerLives) {
  ServerOptions options = quick();
  options.connections_max = 2;
  const auto server = start(router(), options);
  Peer first(server->port());
  EXPECT_EQ(first.ask(get("/")).status, 200);
  {
    Peer second(server->port());
    EXPECT_EQ(second.ask(get("/")).status, 200);
    Peer third(server->port());
    const Answer answer = third.ask(get("/"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.reason(), "http.connections");
    EXPECT_EQ(answer.field("Retry-After"), "1");
    EXPECT_TRUE(third.at_end());
  }
  EXPECT_EQ(first.ask(get("/")).status, 200);
  EXPECT_EQ(status_soon(server->port()), 200);
}

TEST(ServerLimits, AFloodOfConnectionsDoesNotDeafenTheListener) {
  ServerOptions options = quick();
  options.connections_max = 2;
  options.idle_timeout = 50ms;
  options.linger_timeout = 2s;  // those being refused must not count as served
  const auto server = start(router(), options);
  std::vector<Peer> flood;
  for (int i = 0; i < 100; ++i) flood.emplace_back(server->port());
  for (Peer& peer : flood) {
    while (peer.receive()) {
    }
  }
  EXPECT_EQ(status_soon(server->port()), 200);
}

TEST(ServerLimits, TooManyInFlightAre429) {
  std::promise<Respond> out;
  Router slow = router();
  slow.add(Method::kGet, "/slow",
           [&out](Request, Respond respond) { out.set_value(std::move(respond)); });
  ServerOptions options = quick();
  options.in_flight_max = 1;
  const auto server = start(std::move(slow), options);
  Peer waiting(server->port());
  waiting.send(get("/slow"));
  Respond respond = out.get_future().get();
  Peer peer(server->port());
  const Answer answer = peer.ask(get("/"));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.reason(), "http.in_flight");
  EXPECT_EQ(answer.field("Retry-After"), "1");
  respond(text("done"));
  EXPECT_EQ(waiting.answer().body, "done");
  EXPECT_EQ(peer.ask(get("/")).status, 200);
}

}  // namespace
}  // namespace atoma::http
