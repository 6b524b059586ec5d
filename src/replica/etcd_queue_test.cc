#include "atoma/replica/etcd_queue.h"

#include <gtest/gtest.h>

#include "etcd/test_cluster.h"
#include "test_node.h"

namespace atoma::replica {
namespace {

using namespace std::chrono_literals;
using test::Cluster;

template <typename T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason);
}

Batch batch_at(std::uint64_t first, std::uint64_t term, std::size_t entries = 2) {
  Batch out{.first_index = first, .term = term, .root = {}, .entries = {}};
  out.root.fill(static_cast<std::uint8_t>(first));
  out.entries.assign(entries, to_bytes("entry"));
  return out;
}

class EtcdQueueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Cluster::available()) GTEST_SKIP() << "SKIPPED LOUDLY: no /usr/bin/etcd";
    cluster = std::make_unique<Cluster>(1);
  }
  EtcdQueue queue() const {
    return {std::make_unique<etcd::Client>(cluster->client()),
            {.prefix = "atoma/test", .lease_ttl = 2s}};
  }
  std::unique_ptr<Cluster> cluster;
};

TEST_F(EtcdQueueTest, CommitsTrimsAndShows) {
  auto mine = queue();
  ASSERT_TRUE(mine.view(0));
  EXPECT_FALSE(mine.view(0)->head);
  EXPECT_TRUE(*mine.found({.size = 1, .root = {}, .revision = 0}));
  EXPECT_FALSE(*mine.found({.size = 1, .root = {}, .revision = 0}));
  const auto term = mine.campaign("a", "http://a");
  ASSERT_TRUE(term && *term) << reason(term);
  EXPECT_TRUE(*mine.renew());
  auto other = queue();
  EXPECT_FALSE(*other.campaign("b", "http://b"));
  EXPECT_FALSE(*other.renew());

  std::uint64_t revision = mine.view(1)->head->revision;
  for (std::uint64_t first = 1; first < 21; first += 2) {
    const auto done = mine.commit(batch_at(first, **term), revision);
    ASSERT_EQ(done.ended, CommitEnded::kDone) << done.why;
    revision = done.revision;
  }
  auto view = other.view(1);
  ASSERT_TRUE(view) << view.error().to_string();
  EXPECT_EQ(view->head->size, 21U);
  EXPECT_EQ(view->head->revision, revision);
  EXPECT_EQ(view->leader->node, "a");
  EXPECT_EQ(view->leader->term, **term);
  ASSERT_EQ(view->batches.size(), kViewBatchesMax);
  EXPECT_EQ(view->batches[1], batch_at(3, **term));
  EXPECT_EQ(other.view(4)->batches.at(0).first_index, 3U) << "the batch that holds entry 4";
  EXPECT_TRUE(other.view(21)->batches.empty());

  ASSERT_TRUE(mine.report_applied("a", 21));
  EXPECT_EQ(mine.trim(3)->kept_from, 0U) << "one of three is no quorum";
  ASSERT_TRUE(mine.report_applied("b", 11));
  const auto trimmed = mine.trim(3);
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->kept_from, 11U);
  EXPECT_EQ(trimmed->batches, 5U);
  EXPECT_TRUE(other.view(3)->batches.empty()) << "trimmed";
  EXPECT_EQ(other.view(11)->batches.at(0).first_index, 11U);
}

TEST_F(EtcdQueueTest, FenceAndStaleHead) {
  auto old = queue();
  auto next = queue();
  ASSERT_TRUE(*old.found({.size = 1, .root = {}, .revision = 0}));
  const auto first = old.campaign("a", "http://a");
  const std::uint64_t revision = old.view(1)->head->revision;
  EXPECT_EQ(old.commit(batch_at(1, **first), revision - 1).ended, CommitEnded::kRefused);
  old.resign();
  const auto second = next.campaign("b", "http://b");
  ASSERT_TRUE(second && *second);
  EXPECT_EQ(old.commit(batch_at(1, **first), revision).ended, CommitEnded::kRefused);
  EXPECT_EQ(next.commit(batch_at(1, **second), revision).ended, CommitEnded::kDone);
  EXPECT_EQ(next.commit(batch_at(1, **second), revision).ended, CommitEnded::kRefused);
}

TEST_F(EtcdQueueTest, LargestBatchFits) {
  auto mine = queue();
  ASSERT_TRUE(*mine.found({.size = 0, .root = {}, .revision = 0}));
  const auto term = mine.campaign("a", "http://a");
  Batch batch = batch_at(0, **term, 15);
  for (Bytes& entry : batch.entries) entry.assign(65'535, 'x');
  const auto done = mine.commit(batch, mine.view(0)->head->revision);
  EXPECT_EQ(done.ended, CommitEnded::kDone) << done.why;
  EXPECT_EQ(mine.view(0)->batches.at(0), batch);
}

TEST_F(EtcdQueueTest, StoredRubbishIsRefused) {
  auto mine = queue();
  const auto etcd = cluster->client();
  const auto put = [&](const std::string& key, const Bytes& value) {
    return etcd.commit({.compares = {}, .puts = {{key, value, 0}}, .deletes = {}}).ended;
  };
  ASSERT_EQ(put("atoma/test/head", to_bytes("x")), etcd::Ended::kDone);
  EXPECT_EQ(reason(mine.view(0)), "queue.corrupt");
  ASSERT_EQ(put("atoma/test/head", encode_head({.size = 9, .root = {}, .revision = 0})),
            etcd::Ended::kDone);
  ASSERT_EQ(put("atoma/test/batch/0000000000000000", encode_batch(batch_at(5, 1))),
            etcd::Ended::kDone);
  EXPECT_EQ(reason(mine.view(0)), "queue.corrupt") << "another batch than its key says";
  ASSERT_EQ(put("atoma/test/node/a", to_bytes("x")), etcd::Ended::kDone);
  EXPECT_EQ(reason(mine.trim(1)), "queue.corrupt");
  cluster->kill(0);
  EXPECT_EQ(reason(mine.view(0)), "queue.unavailable");
  EXPECT_EQ(mine.commit(batch_at(0, 1), 1).ended, CommitEnded::kUnknown);
}

// Two nodes over three etcds, whose leader dies under them.
TEST(EtcdReplicas, GoOnWithoutEtcdsLeader) {
  if (!Cluster::available()) GTEST_SKIP() << "SKIPPED LOUDLY: no /usr/bin/etcd";
  Cluster cluster(3);
  EtcdQueue to_a(std::make_unique<etcd::Client>(cluster.client()),
                 {.prefix = "atoma/t", .lease_ttl = 2s});
  EtcdQueue to_b(std::make_unique<etcd::Client>(cluster.client()),
                 {.prefix = "atoma/t", .lease_ttl = 2s});
  Node a("a"), b("b");
  a.open();
  b.open();
  ASSERT_EQ(a.start(to_a, true), "");
  ASSERT_EQ(b.start(to_b), "");
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 40; ++i) {
    if (i == 20) cluster.kill(cluster.leader());
    for (int tries = 0; tries < 10'000; ++tries) {
      const std::string text = std::format("{}-{}", i, tries);
      const std::string answer = append_wait(*(a.leads() ? a : b).ledger, text);
      if (answer.empty()) {
        acknowledged.push_back(text);
        break;
      }
      std::this_thread::sleep_for(5ms);
    }
  }
  EXPECT_EQ(acknowledged.size(), 40U);
  ASSERT_TRUE(wait_until([&] { return a.size() == b.size() && a.size() >= 40; }));
  EXPECT_EQ(a.log->latest_checkpoint().note, b.log->latest_checkpoint().note);
  std::string all;
  for (std::uint64_t i = 0; i < a.size(); ++i) all += std::string(as_text(*a.log->entry(i))) + "\n";
  for (const auto& text : acknowledged) EXPECT_TRUE(all.contains(text + "\n")) << text;
}

}  // namespace
}  // namespace atoma::replica
