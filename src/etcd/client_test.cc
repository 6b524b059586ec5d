#include "atoma/etcd/client.h"

#include <gtest/gtest.h>

#include "atoma/http/server.h"
#include "etcd/test_cluster.h"

namespace atoma::etcd {
namespace {

using namespace std::chrono_literals;
using test::Cluster;
using Of = Compare::Of;

template <typename T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason);
}

Transaction put_if(std::string_view key, std::uint64_t revision, std::string_view value) {
  return {.compares = {{.key = std::string(key), .of = Of::kModRevision, .revision = revision}},
          .puts = {{.key = std::string(key), .value = to_bytes(value), .lease = 0}},
          .deletes = {}};
}

// A server that says one thing whatever it is asked.
std::unique_ptr<http::Server> saying(int status, std::string body) {
  http::Router router;
  router.add(http::Method::kPost, "/{path...}",
             [=](http::Request, http::Respond respond) { respond(http::json(status, body)); },
             {.content_types = {"application/json"}, .body_max = 1 << 21});
  return *http::Server::start(std::move(router), {});
}

Client client_of(std::vector<std::string> urls) {
  return *Client::create(urls, {.deadline = 500ms, .connect_timeout = 200ms, .authorities = ""});
}

std::string url_of(const http::Server& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

std::string closed_url() { return "http://127.0.0.1:" + std::to_string(test::own_port()); }

TEST(EtcdClient, RefusesOptions) {
  EXPECT_EQ(reason(Client::create({}, {})), "etcd.endpoints");
  EXPECT_EQ(reason(Client::create(std::vector<std::string>(17, "http://a"), {})), "etcd.endpoints");
  EXPECT_EQ(reason(Client::create(std::vector<std::string>{"etcd"}, {})), "http.client.url");
}

TEST(EtcdClient, NothingIsGuessed) {
  const auto nobody = client_of({closed_url()});
  EXPECT_EQ(reason(nobody.range({"a", "b"}, {})), "etcd.unavailable");
  EXPECT_EQ(nobody.commit(put_if("a", 0, "x")).ended, Ended::kUnsent);

  const auto broken = saying(500, R"({"error":"e","message":"leader changed"})");
  EXPECT_EQ(reason(client_of({url_of(*broken)}).range({"a", "b"}, {})), "etcd.refused");
  EXPECT_EQ(client_of({url_of(*broken)}).commit(put_if("a", 0, "x")).ended, Ended::kUnknown);

  const auto strange = saying(200, R"({"succeeded":true})");
  EXPECT_EQ(reason(client_of({url_of(*strange)}).range({"a", "b"}, {})), "etcd.answer");
  EXPECT_EQ(client_of({url_of(*strange)}).commit(put_if("a", 0, "x")).ended, Ended::kUnknown);

  const auto other =
      saying(200, R"({"header":{"revision":"1"},)"
                  R"("kvs":[{"key":"YQ==","create_revision":"1","mod_revision":"1"}]})");
  EXPECT_EQ(reason(client_of({url_of(*other)}).range({"b", "c"}, {})), "etcd.answer");
}

// A transaction that may have arrived is not sent to the next endpoint.
TEST(EtcdClient, UnknownIsNotSentAgain) {
  const auto broken = saying(500, "{}");
  const auto good = saying(200, R"({"header":{"revision":"1"},"succeeded":true})");
  const auto client = client_of({url_of(*broken), url_of(*good)});
  EXPECT_EQ(client.commit(put_if("a", 0, "x")).ended, Ended::kUnknown);
  EXPECT_EQ(client.commit(put_if("a", 0, "x")).ended, Ended::kDone) << "the next one is asked next";
  const auto away = client_of({closed_url(), url_of(*good)});
  EXPECT_EQ(away.commit(put_if("a", 0, "x")).ended, Ended::kDone);
}

TEST(EtcdClient, OneNode) {
  if (!Cluster::available()) GTEST_SKIP() << "SKIPPED LOUDLY: no /usr/bin/etcd";
  const Cluster cluster(1);
  const Client etcd = cluster.client();
  const auto made = etcd.commit(put_if("k/1", 0, "one"));
  ASSERT_EQ(made.ended, Ended::kDone) << made.why;
  EXPECT_EQ(etcd.commit(put_if("k/1", 0, "two")).ended, Ended::kRefused);
  ASSERT_EQ(etcd.commit(put_if("k/1", made.revision, "two")).ended, Ended::kDone);
  ASSERT_EQ(etcd.commit(put_if("k/2", 0, "")).ended, Ended::kDone);

  auto range = etcd.range({"k/", after_prefix("k/")}, {.keys_max = 9});
  ASSERT_TRUE(range) << range.error().to_string();
  ASSERT_EQ(range->kvs.size(), 2U);
  EXPECT_EQ(as_text(range->kvs[0].value), "two");
  range = etcd.range({"k/", after_prefix("k/")}, {.keys_max = 1, .last_first = true});
  ASSERT_TRUE(range);
  EXPECT_EQ(range->kvs.at(0).key, "k/2");
  EXPECT_TRUE(range->more);

  ASSERT_EQ(etcd.commit({.compares = {}, .puts = {}, .deletes = {{"k/1", "k/2"}}}).ended,
            Ended::kDone);
  range = etcd.range({"k/", after_prefix("k/")}, {.keys_max = 9, .keys_only = true});
  ASSERT_TRUE(range);
  ASSERT_EQ(range->kvs.size(), 1U);
  EXPECT_TRUE(etcd.compact(range->revision));
  EXPECT_EQ(reason(etcd.compact(range->revision + 99)), "etcd.refused");

  const auto big = etcd.commit(put_if("big", 0, std::string(kValuesMax, 'x')));
  EXPECT_EQ(big.ended, Ended::kDone) << big.why;
}

TEST(EtcdClient, Leases) {
  if (!Cluster::available()) GTEST_SKIP() << "SKIPPED LOUDLY: no /usr/bin/etcd";
  const Cluster cluster(1);
  const Client etcd = cluster.client();
  const auto lease = etcd.grant(1s);
  ASSERT_TRUE(lease) << lease.error().to_string();
  ASSERT_EQ(etcd.commit({.compares = {},
                         .puts = {{.key = "l", .value = to_bytes("me"), .lease = lease->id}},
                         .deletes = {}})
                .ended,
            Ended::kDone);
  const auto kept = etcd.keep_alive(lease->id);
  ASSERT_TRUE(kept) << kept.error().to_string();
  EXPECT_GT(kept->ttl_s, 0U);
  ASSERT_TRUE(etcd.revoke(lease->id));
  EXPECT_TRUE(etcd.range({"l", "m"}, {})->kvs.empty());
  const auto gone = etcd.keep_alive(lease->id);
  ASSERT_TRUE(gone) << gone.error().to_string();
  EXPECT_EQ(gone->ttl_s, 0U);
}

TEST(EtcdClient, ThreeNodesOutliveTheirLeader) {
  if (!Cluster::available()) GTEST_SKIP() << "SKIPPED LOUDLY: no /usr/bin/etcd";
  Cluster cluster(3);
  const Client etcd = cluster.client();
  std::uint64_t revision = 0;
  for (int i = 0; i < 20; ++i) {
    if (i == 10) cluster.kill(cluster.leader());
    for (int tries = 0;; ++tries) {
      ASSERT_LT(tries, 50) << "no quorum came back";
      const auto done = etcd.commit(put_if("chain", revision, std::to_string(i)));
      if (done.ended == Ended::kDone) {
        revision = done.revision;
        break;
      }
      // Unknown or refused: a linearizable read says what became of it.
      const auto now = etcd.range({"chain", "chaio"}, {});
      if (!now) continue;
      ASSERT_EQ(now->kvs.size(), 1U);
      if (as_text(now->kvs[0].value) == std::to_string(i)) {
        revision = now->kvs[0].mod_revision;
        break;
      }
      ASSERT_EQ(now->kvs[0].mod_revision, revision) << "nobody else writes here";
    }
  }
  EXPECT_EQ(as_text(etcd.range({"chain", "chaio"}, {})->kvs.at(0).value), "19");
}

}  // namespace
}  // namespace atoma::etcd
