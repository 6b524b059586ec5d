#include "atoma/monitor/board.h"

#include "atoma/http/client.h"
#include "atoma/http/server.h"
#include "test_log.h"

namespace atoma::monitor {
namespace {

struct MovedClock final : Clock {
  Time now() const override { return at; }
  Time at = ledger::kStart;
};

class BoardTest : public testing::Test {
 protected:
  BoardTest() {
    http::Router router;
    board.mount(router);
    server = *http::Server::start(std::move(router), {});
  }
  // "200 text"
  std::string get(std::string_view path) {
    const auto url = http::parse_url(std::format("http://127.0.0.1:{}{}", server->port(), path));
    const auto answer =
        http::Client().request(*url, http::Method::kGet, {}, {}, std::chrono::seconds(10));
    return std::format("{} {}", answer->status, as_text(answer->body));
  }
  bool health_says(std::string_view reason) {
    const std::string wanted = std::format("503 {{\"ok\":false,\"reason\":\"{}\"", reason);
    return get("/healthz").starts_with(wanted);
  }
  static Round with(std::initializer_list<std::string_view> ids) {
    Round out{.findings = {},
              .size = 9,
              .verified = 7,
              .shown = "note\n",
              .newest_cosignature = {},
              .at = ledger::kStart};
    for (const auto id : ids) {
      out.findings.push_back({.id = id,
                              .text = "text",
                              .source = "url",
                              .index = 3,
                              .rule = "r",
                              .notes = {},
                              .proof = {},
                              .files = {"file"}});
    }
    return out;
  }

  MovedClock clock;
  Board board{clock, Duration{60}};
  std::unique_ptr<http::Server> server;
};

TEST_F(BoardTest, ShowsNothingBeforeTheFirstRound) {
  EXPECT_TRUE(get("/checkpoint").contains("monitor.unverified"));
  EXPECT_TRUE(health_says("monitor.starting"));
}

TEST_F(BoardTest, ShowsARoundUntilItIsTooOld) {
  board.show(with({}));
  EXPECT_EQ(get("/checkpoint"), "200 note\n");
  EXPECT_TRUE(get("/healthz").starts_with("200 {\"ok\":true,\"size\":9,\"verified\":7"));
  clock.at = clock.at + Duration{61};
  EXPECT_TRUE(health_says("monitor.stalled"));
}

TEST_F(BoardTest, NamesTheWorstFirst) {
  board.show(with({"monitor.unreachable", "monitor.rule"}));
  EXPECT_TRUE(health_says("monitor.rule"));
  EXPECT_EQ(get("/checkpoint"), "200 note\n");
  board.show(with({"monitor.time", "monitor.rule", "monitor.equivocation"}));
  EXPECT_TRUE(health_says("monitor.equivocation"));
  EXPECT_TRUE(get("/checkpoint").starts_with("503"));
}

TEST_F(BoardTest, CountsForPrometheus) {
  Round round = with({"monitor.rule", "monitor.unreachable", "monitor.unreachable"});
  round.newest_cosignature = ledger::kStart - Duration{5};
  board.show(std::move(round));
  clock.at = clock.at + Duration{3};
  const std::string text = get("/metrics");
  for (const std::string_view line :
       {"atoma_monitor_seen_entries 9", "atoma_monitor_verified_entries 7",
        "atoma_monitor_lag_entries 2", "atoma_monitor_round_age_seconds 3",
        "atoma_monitor_cosignature_age_seconds 8",
        "atoma_monitor_findings{finding=\"monitor.unreachable\"} 2",
        "atoma_monitor_findings{finding=\"monitor.time\"} 0"}) {
    EXPECT_TRUE(text.contains(std::string(line) + "\n")) << line << "\n" << text;
  }
}

TEST(FindingJson, HasWhatThereIs) {
  Finding finding{.id = "monitor.rule",
                  .text = "a \"text\"",
                  .source = "",
                  .index = 7,
                  .rule = "rule.type",
                  .notes = {},
                  .proof = {},
                  .files = {"a", "b"}};
  EXPECT_EQ(finding_json(finding),
            R"({"finding":"monitor.rule","text":"a \"text\"","index":7,"rule":"rule.type",)"
            R"("files":["a","b"]})");
}

}  // namespace
}  // namespace atoma::monitor
