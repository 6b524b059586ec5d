#include "atoma/tlog/entry.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"

namespace atoma::tlog {
namespace {

std::string_view reason_of(std::string_view text) {
  const auto header = parse_entry_header(as_bytes(text));
  return header ? "" : header.error().reason;
}

TEST(Entry, HeaderRoundTrips) {
  auto out = begin_entry("release", Time{1'795'338'000});
  out.member("path", "default/key/1").end_object();
  EXPECT_EQ(out.str(),
            R"({"v":1,"type":"release","time":"2026-11-22T09:00:00Z","path":"default/key/1"})");
  const auto header = parse_entry_header(as_bytes(out.str()));
  ASSERT_TRUE(header) << header.error().to_string();
  EXPECT_EQ(header->type, "release");
  EXPECT_EQ(header->time, Time{1'795'338'000});
}

TEST(Entry, RefusesOthers) {
  const std::string time = R"("time":"2026-11-22T09:00:00Z")";
  EXPECT_EQ(reason_of(R"({"v":1,"type":"new.type",)" + time + "}"), "");
  EXPECT_EQ(reason_of(""), "entry.size");
  EXPECT_EQ(reason_of(std::string(limits::kLogEntryMax + 1, ' ')), "entry.size");
  EXPECT_EQ(reason_of("{"), "json.syntax");
  EXPECT_EQ(reason_of("[]"), "entry.version");
  EXPECT_EQ(reason_of(R"({"v":2,"type":"a",)" + time + "}"), "entry.version");
  EXPECT_EQ(reason_of(R"({"v":"1","type":"a",)" + time + "}"), "entry.version");
  EXPECT_EQ(reason_of(R"({"v":1,)" + time + "}"), "entry.type");
  EXPECT_EQ(reason_of(R"({"v":1,"type":"",)" + time + "}"), "entry.type");
  EXPECT_EQ(reason_of(R"({"v":1,"type":3,)" + time + "}"), "entry.type");
  EXPECT_EQ(reason_of(R"({"v":1,"type":"a"})"), "entry.time");
  EXPECT_EQ(reason_of(R"({"v":1,"type":"a","time":1795338000})"), "entry.time");
}

TEST(Entry, DigestIsLowerCaseSha256) {
  EXPECT_EQ(digest_hex(as_bytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace atoma::tlog
