#include "atoma/registry/tile_api.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "atoma/crypto/system_entropy.h"
#include "atoma/merkle/frontier.h"
#include "atoma/registry/audit.h"
#include "registry/test_service.h"

namespace atoma::registry {
namespace {

// A generic log behind a server.
class TileApi : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(Published published) {
    auto opened = Registry::open(directory.path(), "test.example/generic", entropy, nullptr);
    ASSERT_TRUE(opened) << opened.error().to_string();
    log = *std::move(opened);
    http::Router router;
    mount_tile_api(router, *log, std::move(published));
    mount_add_api(router, *log);
    auto started = http::Server::start(std::move(router), {});
    ASSERT_TRUE(started) << started.error().to_string();
    server = *std::move(started);
  }
  void stop() {
    server.reset();
    log.reset();
  }

  Result<http::ClientResponse> ask(http::Method method, std::string_view target,
                                   ByteView body = {}) const {
    const http::Url url{"127.0.0.1", server->port(), std::string(target)};
    std::vector<http::Field> headers;
    if (!body.empty()) headers.push_back({"Content-Type", "application/octet-stream"});
    return http::Client().request(url, method, headers, body, std::chrono::milliseconds(10'000));
  }
  Bytes get(std::string_view target) const {
    auto answer = ask(http::Method::kGet, target);
    return answer && answer->status == 200 ? std::move(answer->body) : Bytes{};
  }
  // "404 ledger.tile".
  std::string refusal(const Result<http::ClientResponse>& answer) const {
    if (!answer) return answer.error().to_string();
    const auto document = wire::JsonDocument::parse(as_text(answer->body));
    const auto* reason = document ? document->root().find("reason") : nullptr;
    return std::format("{} {}", answer->status, reason ? reason->text() : "");
  }
  std::string add(std::string_view entry) const {
    const auto answer = ask(http::Method::kPost, "/add", as_bytes(entry));
    return answer && answer->status == 200 ? std::string(as_text(answer->body)) : refusal(answer);
  }
  tlog::SignedCheckpoint checkpoint() const {
    const Bytes note = get("/checkpoint");
    const auto opened = tlog::verify_checkpoint(as_text(note), log->verifier_key());
    EXPECT_TRUE(opened) << as_text(note);
    return opened ? *opened : tlog::SignedCheckpoint{};
  }
  static Bytes bundle(int first, int count) {
    Bytes out;
    for (int i = first; i < first + count; ++i) {
      merkle::append_bundle_entry(out, as_bytes(std::format("entry {}", i)));
    }
    return out;
  }

  test::TempDirectory directory;
  test::StandingClock clock;
  crypto::SystemEntropy entropy;
  std::unique_ptr<Registry> log;
  std::unique_ptr<http::Server> server;
};

TEST_F(TileApi, IsThereFromTheStart) {
  EXPECT_EQ(checkpoint().checkpoint.size, 0u);
  EXPECT_EQ(checkpoint().checkpoint.root, merkle::empty_root());
  EXPECT_EQ(as_text(get("/log/verifier-key")), log->verifier_key().to_string() + "\n");
  EXPECT_EQ(refusal(ask(http::Method::kGet, "/tile/0/000")), "404 ledger.tile");
  EXPECT_EQ(refusal(ask(http::Method::kGet, "/tile/0/000.p/1")), "404 ledger.tile");
  EXPECT_EQ(refusal(ask(http::Method::kGet, "/tile/entries/000.p/1")), "404 ledger.tile");
}

TEST_F(TileApi, AddsAndAnswersTheIndex) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(add(std::format("entry {}", i)), std::to_string(i));
  EXPECT_EQ(get("/tile/entries/000.p/3"), bundle(0, 3));
  EXPECT_EQ(get("/tile/entries/000.p/1"), bundle(0, 1));
  merkle::Frontier frontier;
  for (int i = 0; i < 3; ++i) {
    frontier.append(merkle::leaf_hash(as_bytes(std::format("entry {}", i))));
  }
  EXPECT_EQ(checkpoint().checkpoint.root, frontier.root());
}

TEST_F(TileApi, SaysHowLongAnswersKeep) {
  add("one");
  const auto note = ask(http::Method::kGet, "/checkpoint");
  EXPECT_EQ(note->header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(note->header("Cache-Control"), "public, max-age=2");
  for (const char* path : {"/tile/0/000.p/1", "/tile/entries/000.p/1"}) {
    const auto tile = ask(http::Method::kGet, path);
    EXPECT_EQ(tile->header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(tile->header("Cache-Control"), "public, max-age=31536000, immutable");
  }
  const auto index = ask(http::Method::kPost, "/add", as_bytes("two"));
  EXPECT_EQ(index->header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(index->header("Cache-Control"), "no-store");
}

TEST_F(TileApi, TakesBatchesWhole) {
  const auto answer = ask(http::Method::kPost, "/v1/log/entries", bundle(0, 600));
  ASSERT_TRUE(answer);
  EXPECT_EQ(as_text(answer->body), R"({"first":0,"count":600})");
  EXPECT_EQ(get("/tile/entries/001"), bundle(256, 256));
  EXPECT_EQ(get("/tile/entries/002.p/88"), bundle(512, 88));
  EXPECT_EQ(add("one more"), "600");
  for (const Bytes& bad : {Bytes{0}, Bytes{0, 2, 7}, Bytes{0, 1, 7, 0}}) {
    EXPECT_EQ(refusal(ask(http::Method::kPost, "/v1/log/entries", bad)), "400 merkle.entry_bundle");
  }
  const Bytes with_empty{0, 1, 7, 0, 0};
  EXPECT_EQ(refusal(ask(http::Method::kPost, "/v1/log/entries", with_empty)),
            "400 ledger.entry_size");
  const Bytes too_many = bundle(0, static_cast<int>(kAddEntriesMax) + 1);
  EXPECT_EQ(refusal(ask(http::Method::kPost, "/v1/log/entries", too_many)),
            "400 merkle.entry_bundle");
  EXPECT_EQ(refusal(ask(http::Method::kPost, "/v1/log/entries", Bytes(kAddBodyMax + 1))),
            "413 http.body.too_large");
  EXPECT_EQ(checkpoint().checkpoint.size, 601u);
}

TEST_F(TileApi, RefusesEntriesOfOtherSizes) {
  EXPECT_EQ(add(""), "400 ledger.entry_size");
  EXPECT_EQ(add(std::string(65'535, 'a')), "0");
  EXPECT_EQ(add(std::string(65'536, 'a')), "413 http.body.too_large");
}

TEST_F(TileApi, RefusesOtherNamesAndWhatIsNotThere) {
  ASSERT_TRUE(ask(http::Method::kPost, "/v1/log/entries", bundle(0, 300)));
  EXPECT_EQ(get("/tile/0/000").size(), merkle::kTileBytes);
  EXPECT_EQ(get("/tile/1/000.p/1").size(), 32u);
  for (const char* path :
       {"/tile/0/001", "/tile/0/001.p/45", "/tile/0/002.p/1", "/tile/1/000", "/tile/1/000.p/2",
        "/tile/2/000.p/1", "/tile/63/000.p/1", "/tile/entries/001", "/tile/entries/002.p/1"}) {
    EXPECT_EQ(refusal(ask(http::Method::kGet, path)), "404 ledger.tile") << path;
  }
  for (const char* path : {"/tile/0/0", "/tile/00/000", "/tile/0/000.p/0", "/tile/0/000.p/256",
                           "/tile/64/000", "/tile/data/000", "/tile/0/x000/000"}) {
    EXPECT_EQ(refusal(ask(http::Method::kGet, path)), "404 merkle.tile_path") << path;
  }
}

TEST_F(TileApi, ServesNothingBeyondWhatIsPublished) {
  stop();
  std::atomic<const tlog::SignedCheckpoint*> shown = nullptr;
  start([&shown] { return *shown.load(); });
  const auto empty = log->latest_checkpoint();
  shown = &empty;
  ASSERT_EQ(add("one"), "0");
  EXPECT_EQ(checkpoint().checkpoint.size, 0u);
  EXPECT_EQ(refusal(ask(http::Method::kGet, "/tile/0/000.p/1")), "404 ledger.tile");
  const auto now = log->latest_checkpoint();
  shown = &now;
  EXPECT_EQ(get("/tile/0/000.p/1").size(), 32u);
  EXPECT_EQ(get("/tile/entries/000.p/1").size(), 5u);
  server.reset();
}

TEST_F(TileApi, AStoppedLogAsksToTryAgain) {
  log->close();
  const auto answer = ask(http::Method::kPost, "/add", as_bytes("late"));
  EXPECT_EQ(refusal(answer), "503 ledger.stopped");
  EXPECT_EQ(answer->header("Retry-After"), "1");
}

TEST_F(TileApi, AnEmptyLogPassesItsAudit) {
  const auto key = log->verifier_key();
  stop();
  const auto report = audit_log(directory.path(), key, {});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  start({});
}

TEST_F(TileApi, AGenericLogIsNoRegistry) {
  ASSERT_EQ(add("one"), "0");
  const auto key = log->verifier_key();
  stop();
  const auto genesis = test::first_entry(Time{0}, entropy);
  const auto typed = Registry::open(directory.path(), "test.example/generic", entropy, genesis);
  ASSERT_FALSE(typed);
  EXPECT_EQ(typed.error().reason, "registry.kind");
  const auto report = audit_log(directory.path(), key, {});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  const test::TempDirectory other;
  ASSERT_TRUE(Registry::open(other.path(), "test.example/log", entropy, genesis));
  const auto generic = Registry::open(other.path(), "test.example/log", entropy, nullptr);
  EXPECT_EQ(generic.error().reason, "registry.kind");
  start({});
  EXPECT_EQ(checkpoint().checkpoint.size, 1u);
}

}  // namespace
}  // namespace atoma::registry
