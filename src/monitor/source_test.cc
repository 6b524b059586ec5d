#include "atoma/monitor/source.h"

#include "atoma/crypto/system_entropy.h"
#include "atoma/http/server.h"
#include "atoma/monitor/monitor.h"
#include "test_log.h"

namespace atoma::monitor {
namespace {

// Serves a FakeLog as tlog-tiles; a tile that is full has no partial ones any more.
class Served {
 public:
  explicit Served(const FakeLog& log) {
    http::Router router;
    router.add(http::Method::kGet, "/checkpoint", [&log](http::Request, http::Respond respond) {
      respond({.status = 200,
               .content_type = "text/plain",
               .body = to_bytes(log.note()),
               .headers = {}});
    });
    router.add(http::Method::kGet, "/tile/{path...}",
               [&log](http::Request request, http::Respond respond) {
                 const auto tile = merkle::parse_tile_path(request.path.substr(1));
                 merkle::Tile whole = *tile;
                 whole.width = merkle::kTileWidth;
                 auto bytes = log.tile(*tile);
                 if (!tile->full() && log.tile(whole))
                   bytes = fail(Code::kNotFound, "test.gone", "");
                 if (!bytes) return respond(http::problem(bytes.error(), ""));
                 respond({.status = 200,
                          .content_type = "application/octet-stream",
                          .body = *bytes,
                          .headers = {}});
               });
    server_ = *http::Server::start(std::move(router), {});
  }
  std::string url() const { return std::format("http://127.0.0.1:{}/", server_->port()); }

 private:
  std::unique_ptr<http::Server> server_;
};

struct FixedClock final : Clock {
  Time now() const override { return ledger::kStart; }
};

TEST(HttpLog, ReadsCheckpointsAndTiles) {
  const FakeLog log(ledger_of(300).log);
  const Served served(log);
  const auto source = HttpLog::create(served.url());
  ASSERT_TRUE(source);
  EXPECT_EQ(*source->checkpoint(), log.note());
  const merkle::Tile partial{merkle::TileKind::kEntries, 0, 0, 100};
  EXPECT_EQ(*source->tile(partial), *log.tile(partial));  // cut from the full one
  const merkle::Tile hashes{merkle::TileKind::kHashes, 0, 0, 7};
  EXPECT_EQ(*source->tile(hashes), *log.tile(hashes));
  EXPECT_EQ(source->tile({merkle::TileKind::kHashes, 0, 5, 7}).error().reason, "monitor.answer");
  EXPECT_EQ(HttpLog::create("ftp://example.org").error().reason, "http.client.url");
}

TEST(HttpLog, CutsOnlyWhatIsWhole) {
  const Bytes bytes(100);
  EXPECT_EQ(cut_tile({merkle::TileKind::kHashes, 0, 0, 7}, bytes).error().reason, "merkle.tile");
  EXPECT_EQ(cut_tile({merkle::TileKind::kEntries, 0, 0, 7}, bytes).error().reason,
            "merkle.entry_bundle");
}

TEST(Monitor, FollowsOverHttpAndNamesWhoDoesNotAnswer) {
  FakeLog log(ledger_of(600).log);
  const Served served(log);
  const FixedClock clock;
  crypto::SystemEntropy entropy;
  auto monitor = Monitor::open({.follower = {.log = log_signer().verifier_key(), .policy = {}},
                                .url = served.url(),
                                .peers = {served.url(), "http://127.0.0.1:1"},
                                .notes = {{"kept", log.note(3)}},
                                .state = {},
                                .on_page = {}},
                               clock, entropy);
  ASSERT_TRUE(monitor);
  const auto round = (*monitor)->round();
  ASSERT_TRUE(round);
  EXPECT_EQ(round->verified, log.size());
  ASSERT_EQ(round->findings.size(), 1U);
  EXPECT_EQ(round->findings[0].id, "monitor.unreachable");
  EXPECT_EQ(round->findings[0].source, "http://127.0.0.1:1");
}

}  // namespace
}  // namespace atoma::monitor
