#include "atoma/etcd/answer.h"

#include <gtest/gtest.h>

#include <string_view>

namespace atoma::etcd {
namespace {

constexpr std::string_view kHeader =
    R"("header":{"cluster_id":"1","member_id":"7","revision":"12","raft_term":"2"})";

std::string with_header(std::string_view rest) {
  return "{" + std::string(kHeader) + (rest.empty() ? "" : ",") + std::string(rest) + "}";
}

template <typename T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason);
}

std::string range_reason(std::string_view rest) {
  return reason(parse_range(as_bytes(with_header(rest))));
}

TEST(Answer, Range) {
  const auto range = parse_range(as_bytes(with_header(
      R"("kvs":[{"key":"YQ==","create_revision":"3","mod_revision":"5",)"
      R"("version":"2","value":"eA=="},)"
      R"({"key":"Yg==","create_revision":"9","mod_revision":"9"}],"more":true,"count":"7")")));
  ASSERT_TRUE(range) << range.error().to_string();
  EXPECT_EQ(range->revision, 12U);
  EXPECT_TRUE(range->more);
  ASSERT_EQ(range->kvs.size(), 2U);
  EXPECT_EQ(range->kvs[0].key, "a");
  EXPECT_EQ(as_text(range->kvs[0].value), "x");
  EXPECT_EQ(range->kvs[0].create_revision, 3U);
  EXPECT_EQ(range->kvs[0].mod_revision, 5U);
  EXPECT_TRUE(range->kvs[1].value.empty());
}

TEST(Answer, WhatIsAbsentIsZero) {
  const auto range = parse_range(as_bytes(with_header("")));
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->kvs.empty());
  EXPECT_FALSE(range->more);
  const auto txn = parse_txn(as_bytes(with_header("")));
  ASSERT_TRUE(txn);
  EXPECT_FALSE(txn->succeeded) << "only etcd's own word is a success";
}

TEST(Answer, RefusesWhatIsNoAnswer) {
  EXPECT_EQ(reason(parse_range(as_bytes("[]"))), "etcd.answer");
  EXPECT_EQ(reason(parse_range(as_bytes("{}"))), "etcd.answer");
  EXPECT_EQ(reason(parse_txn(as_bytes(R"({"succeeded":true})"))), "etcd.answer");
  EXPECT_EQ(reason(parse_txn(as_bytes(R"({"header":{},"succeeded":true})"))), "etcd.answer");
  EXPECT_EQ(reason(parse_txn(as_bytes(with_header(R"("succeeded":"true")")))), "etcd.answer");
  EXPECT_EQ(reason(parse_txn(as_bytes(R"({"header":{"revision":"-1"}})"))), "etcd.answer");
  EXPECT_EQ(reason(parse_range(as_bytes("{"))), "json.syntax");
  EXPECT_EQ(reason(parse_range(Bytes(kAnswerMax + 1, ' '))), "etcd.answer");
  EXPECT_EQ(range_reason(R"("kvs":{})"), "etcd.answer");
  EXPECT_EQ(range_reason(R"("kvs":[{}])"), "etcd.answer");
  EXPECT_EQ(range_reason(R"("kvs":[{"key":"YQ==","mod_revision":"5"}])"), "etcd.answer");
  EXPECT_EQ(range_reason(R"("kvs":[{"key":"YQ==","create_revision":"6","mod_revision":"5"}])"),
            "etcd.answer");
  EXPECT_EQ(range_reason(R"("kvs":[{"key":"YQ=","create_revision":"5","mod_revision":"5"}])"),
            "etcd.answer");
  EXPECT_EQ(range_reason(R"("more":1)"), "etcd.answer");
}

TEST(Answer, LeasesAndMembers) {
  const auto lease = parse_lease(as_bytes(with_header(R"("ID":"99","TTL":"2")")));
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->id, 99U);
  EXPECT_EQ(lease->ttl_s, 2U);
  EXPECT_EQ(reason(parse_lease(as_bytes(with_header(R"("TTL":"2")")))), "etcd.answer");

  const auto gone = parse_keep_alive(as_bytes(R"({"result":{"ID":"99"}})"));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->ttl_s, 0U);
  EXPECT_EQ(reason(parse_keep_alive(as_bytes(R"({"ID":"99"})"))), "etcd.answer");

  const auto member =
      parse_member(as_bytes(with_header(R"("leader":"7","raftTerm":"2","dbSize":"20480")")));
  ASSERT_TRUE(member);
  EXPECT_EQ(member->id, member->leader);
  EXPECT_EQ(reason(parse_member(as_bytes("{}"))), "etcd.answer");
  EXPECT_EQ(reason(parse_member(as_bytes(R"({"header":{}})"))), "etcd.answer");
}

TEST(Answer, ComplaintsArePrintableAndShort) {
  EXPECT_EQ(parse_complaint(as_bytes("{\"message\":\"a\\u0007b\"}")), "a?b");
  EXPECT_EQ(parse_complaint(as_bytes("nothing")), "");
  EXPECT_EQ(parse_complaint(as_bytes("{\"message\":\"" + std::string(999, 'x') + "\"}")).size(),
            256U);
}

// Whatever bit flips, no answer becomes a success that etcd did not speak of.
TEST(Answer, FlippedBitsMakeNoSuccess) {
  const std::string good = with_header(R"("succeeded":false)");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto txn = parse_txn(as_bytes(bad));
    EXPECT_FALSE(txn && txn->succeeded) << bad;
  }
}

}  // namespace
}  // namespace atoma::etcd
