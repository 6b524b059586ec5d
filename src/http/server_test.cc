// The server at work over real sockets: routing, answers from other threads, stopping.
#include "atoma/http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <format>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "atoma/http/client.h"
#include "test_peer.h"

namespace atoma::http {
namespace {

using namespace test;

Router echo_router() {
  Router router;
  router.add(Method::kGet, "/hello", [](Request, Respond respond) { respond(text("hello")); });
  router.add(Method::kPut, "/v1/secrets/{name}",
             [](Request request, Respond respond) {
               respond(text(std::string(request.param("name")) + "=" +
                            std::string(as_text(request.body))));
             },
             {.content_types = {"text/plain"}});
  router.add(Method::kPost, "/echo",
             [](Request request, Respond respond) { respond(text(as_text(request.body))); },
             {.content_types = {"application/json"}, .query = {"mode"}});
  return router;
}

TEST(Server, AnswersWithItsOwnHeaders) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  const Answer answer = peer.ask(get("/hello"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.field("Content-Type"), "text/plain");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(answer.field("X-Correlation-Id"), "");
  EXPECT_EQ(answer.field("Connection"), "");
}

TEST(Server, PassesParamsAndBody) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  const Answer answer = peer.ask(
      "PUT /v1/secrets/a%20key HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain; "
      "charset=utf-8\r\nContent-Length: 5\r\n\r\nvalue");
  EXPECT_EQ(answer.body, "a key=value");
}

TEST(Server, ReadsChunkedBodiesAndDropsTrailers) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n5\r\n\": 1}\r\n0\r\nT: v\r\n\r\n";
  EXPECT_EQ(peer.ask(request).body, "{\"a\": 1}");
  EXPECT_EQ(peer.ask(get("/hello")).body, "hello");
}

TEST(Server, TakesARequestByteByByte) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  for (const char c : post("/echo?mode=slow", "{\"slow\": true}")) {
    ASSERT_TRUE(peer.send({&c, 1}));
    std::this_thread::sleep_for(200us);
  }
  EXPECT_EQ(peer.answer().body, "{\"slow\": true}");
}

// Longer than what one read takes, by length and in chunks, cut anywhere; the next request follows
// in the same piece.
TEST(Server, ReadsLongBodiesInPiecesOfAnySize) {
  const auto server = start(echo_router());
  std::string body;
  for (std::size_t i = 0; body.size() < 200'000; ++i) body += std::to_string(i) + ",";
  std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 9'999) {
    const auto part = body.substr(at, 9'999);
    chunked += std::format("{:x}\r\n{}\r\n", part.size(), part);
  }
  const std::string all = post("/echo", body) + chunked + "0\r\n\r\n" + get("/hello");
  for (const std::size_t piece : {977u, 16'384u, 65'536u, 1'000'000u}) {
    Peer peer(server->port());
    for (std::size_t at = 0; at < all.size(); at += piece) {
      ASSERT_TRUE(peer.send(std::string_view(all).substr(at, piece)));
      if (piece > 1'000) std::this_thread::sleep_for(2ms);
    }
    EXPECT_EQ(peer.answer().body, body) << piece;
    EXPECT_EQ(peer.answer().body, body) << piece;
    EXPECT_EQ(peer.answer().body, "hello") << piece;
  }
}

TEST(Server, KeepsOrderWhenPipelined) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += post("/echo", std::to_string(i));
    requests += get("/no/such/path");
  }
  peer.send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(peer.answer().body, std::to_string(i));
    EXPECT_EQ(peer.answer().status, 404);
  }
}

TEST(Server, TellsOfEachAnswer) {
  std::mutex mutex;
  std::vector<int> seen;
  {
    const auto server =
        start(echo_router(), {.observe = [&](int status, std::chrono::nanoseconds took) {
                EXPECT_GE(took.count(), 0);
                const std::lock_guard lock(mutex);
                seen.push_back(status);
              }});
    Peer(server->port()).ask(get("/hello"));
    Peer(server->port()).ask(get("/nowhere"));
    Peer(server->port()).ask("nonsense\r\n\r\n");
    server->stop();
  }
  EXPECT_EQ(seen, (std::vector{200, 404, 400}));
}

TEST(Server, ClosesWhenAsked) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  const Answer answer = peer.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(peer.at_end());
  Peer old(server->port());
  EXPECT_EQ(old.ask("GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n").status, 200);
  EXPECT_TRUE(old.at_end());
  Peer older(server->port());
  EXPECT_EQ(
      older.ask("GET /hello HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n").status,
      200);
  EXPECT_TRUE(older.at_end());
}

TEST(Server, AnswersHeadWithoutBody) {
  const auto server = start(echo_router());
  Peer peer(server->port());
  peer.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Answer answer = peer.answer(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Length"), "5");
  peer.send("HEAD /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(peer.answer(true).status, 404);
  EXPECT_EQ(peer.ask(get("/hello")).body, "hello");
}

TEST(Server, SendsContinueOnlyForRequestsItWillRead) {
  const auto server = start(echo_router());
  const std::string expect =
      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  Peer peer(server->port());
  peer.send("POST /echo" + expect);
  EXPECT_EQ(peer.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(peer.ask("{}").body, "{}");
  Peer refused(server->port());
  EXPECT_EQ(refused.ask("POST /nowhere" + expect).status, 404);
}

TEST(Server, AnswersFromAnotherThreadAfterTheHandlerReturned) {
  std::thread writer;
  Router router;
  router.add(Method::kGet, "/later", [&writer](Request, Respond respond) {
    writer = std::thread([respond = std::move(respond)]() mutable {
      std::this_thread::sleep_for(20ms);
      respond(text("later"));
    });
  });
  const auto server = start(std::move(router));
  EXPECT_EQ(Peer(server->port()).ask(get("/later")).body, "later");
  writer.join();
}

TEST(Server, RespondMayOutliveTheServer) {
  std::promise<Respond> out;
  Router router;
  router.add(Method::kGet, "/",
             [&out](Request, Respond respond) { out.set_value(std::move(respond)); });
  auto server = start(std::move(router), {.drain_timeout = 50ms});
  Peer peer(server->port());
  peer.send(get("/"));
  Respond respond = out.get_future().get();
  server.reset();
  respond(text("nobody hears this"));
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, LostRespondIs500) {
  Router router;
  router.add(Method::kGet, "/lost", [](Request, Respond) {});
  router.add(Method::kGet, "/throws", [](Request, Respond) { throw 1; });
  const auto server = start(std::move(router));
  Peer peer(server->port());
  for (const auto* target : {"/lost", "/throws"}) {
    const Answer answer = peer.ask(get(target));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.reason(), "http.no_answer");
    EXPECT_EQ(answer.member("correlation_id"), answer.field("X-Correlation-Id"));
  }
}

TEST(ServerDeathTest, SecondRespondStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto twice = [] {
    Router router;
    router.add(Method::kGet, "/", [](Request, Respond respond) {
      respond(text("one"));
      respond(text("two"));
    });
    const auto server = start(std::move(router));
    Peer(server->port()).ask(get("/"));
  };
  EXPECT_DEATH(twice(), "answer != nullptr");
}

TEST(Server, InvalidResponseIs500) {
  Router router;
  router.add(Method::kGet, "/", [](Request, Respond respond) {
    Response response = text("x");
    response.headers.push_back({"X-Name", "a\r\nSet-Cookie: b"});
    respond(std::move(response));
  });
  const auto server = start(std::move(router));
  const Answer answer = Peer(server->port()).ask(get("/"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.reason(), "http.response.invalid");
  EXPECT_EQ(answer.field("Set-Cookie"), "");
}

TEST(Server, SlowHandlerIs504AndTheConnectionLives) {
  std::promise<void> go;
  const auto gate = go.get_future().share();
  Router router = echo_router();
  router.add(Method::kGet, "/slow", [gate](Request, Respond respond) {
    gate.wait();
    respond(text("too late"));
  });
  const auto server = start(std::move(router), {.handler_timeout = 50ms});
  Peer peer(server->port());
  const Answer answer = peer.ask(get("/slow"));
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.reason(), "http.handler.timeout");
  go.set_value();
  EXPECT_EQ(peer.ask(get("/hello")).body, "hello");
}

TEST(Server, ServesManyAtOnce) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  Router router;
  router.add(Method::kGet, "/n/{n}", [&](Request request, Respond respond) {
    int seen = most.load();
    const int mine = ++now;
    while (mine > seen && !most.compare_exchange_weak(seen, mine)) {
    }
    std::this_thread::sleep_for(1ms);
    --now;
    respond(text(request.param("n")));
  });
  const auto server = start(std::move(router), {.compute_threads = 4});
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < 16; ++c) {
      clients.emplace_back([&, c] {
        Peer peer(server->port());
        for (int i = 0; i < 50; ++i) {
          const std::string n = std::to_string(c * 1000 + i);
          if (peer.ask(get("/n/" + n)).body != n) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(most, 1);
  EXPECT_LE(most, 4);
}

TEST(Server, StopFinishesWhatIsInFlight) {
  std::latch entered(4);
  std::promise<void> go;
  const auto gate = go.get_future().share();
  Router router;
  router.add(Method::kGet, "/", [&entered, gate](Request, Respond respond) {
    entered.count_down();
    gate.wait();
    respond(text("done"));
  });
  const auto server = start(std::move(router), {.compute_threads = 4});
  std::vector<Peer> busy;
  for (int i = 0; i < 4; ++i) busy.emplace_back(server->port()).send(get("/"));
  Peer idle(server->port());
  entered.wait();
  std::jthread stopping([&server] { server->stop(); });
  EXPECT_TRUE(idle.at_end());  // closed while the others are still working
  EXPECT_FALSE(Peer(server->port()).connected());
  go.set_value();
  for (Peer& peer : busy) {
    const Answer answer = peer.answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(peer.at_end());
  }
}

TEST(Server, StopCutsWhatOutlastsTheDrain) {
  std::promise<Respond> out;
  Router router;
  router.add(Method::kGet, "/",
             [&out](Request, Respond respond) { out.set_value(std::move(respond)); });
  const auto server = start(std::move(router), {.drain_timeout = 50ms});
  Peer peer(server->port());
  peer.send(get("/"));
  const Respond held = out.get_future().get();
  const auto before = std::chrono::steady_clock::now();
  server->stop();
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, 50ms);
  EXPECT_LT(took, 5s);  // far from handler_timeout
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, StopDropsRequestsThatNoThreadHasTaken) {
  std::latch entered(1);
  std::atomic<int> runs = 0;
  Router router;
  router.add(Method::kGet, "/", [&](Request, Respond) {
    ++runs;
    entered.count_down();
    std::this_thread::sleep_for(150ms);
  });
  const auto server = start(std::move(router), {.compute_threads = 1, .drain_timeout = 20ms});
  Peer first(server->port());
  first.send(get("/"));
  entered.wait();
  Peer second(server->port());
  second.send(get("/"));
  std::this_thread::sleep_for(20ms);
  server->stop();
  EXPECT_EQ(runs, 1);
}

TEST(Server, RefusesAddressesThatNobodyAskedFor) {
  const auto reason = [](ServerOptions options) -> std::string {
    const auto server = Server::start(Router(), std::move(options));
    return server ? "" : std::string(server.error().reason);
  };
  EXPECT_EQ(reason({.address = "localhost"}), "http.server.address");
  EXPECT_EQ(reason({.address = "0.0.0.0"}), "http.server.not_loopback");
  EXPECT_EQ(reason({.address = "::"}), "http.server.not_loopback");
  EXPECT_EQ(reason({.address = "0.0.0.0", .allow_non_loopback = true}), "");
  EXPECT_EQ(reason({.compute_threads = 0}), "http.server.options");
  EXPECT_EQ(reason({.head_max = 1 << 20}), "http.server.options");
  const auto first = start(Router());
  EXPECT_EQ(reason({.port = first->port()}), "http.server.listen");
}

}  // namespace
}  // namespace atoma::http
