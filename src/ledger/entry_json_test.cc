#include "atoma/ledger/entry_json.h"

#include <gtest/gtest.h>

#include "atoma/ledger/bodies.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"
#include "test_ledger.h"

namespace atoma::ledger {
namespace {

std::string json_of(std::string_view type, Bytes body, std::optional<EntryRef> previous = {}) {
  const auto entry = parse_entry(sign_entry({.type = std::string(type),
                                             .label = {"releases", "db"},
                                             .previous = previous,
                                             .time = kStart,
                                             .expiry = std::nullopt,
                                             .nonce = Bytes(8, 1),
                                             .body = std::move(body)},
                                            key_named("broker")));
  EXPECT_TRUE(entry) << entry.error().to_string();
  wire::JsonWriter out;
  write_entry_json(out, *entry);
  return out.take();
}

std::string body_of(const std::string& json) {
  const auto document = wire::JsonDocument::parse(json);
  EXPECT_TRUE(document) << json;
  return std::string(document->root().find("body")->raw());
}

TEST(EntryJson, NamesWhatNumbersSay) {
  const auto json =
      json_of("refusal",
              encode_refusal({.name = "db", .reason = "release.key", .ear = {}, .key = Hash{0xAB}}),
              EntryRef{6, {}});
  EXPECT_EQ(json, R"({"type":"refusal","time":"2026-11-22T09:00:00Z","namespace":"releases",)"
                  R"("label":"db","previous":6,"issuer":")" +
                      wire::hex_encode(id_of("broker")) +
                      R"(","body":{"name":"db","reason":"release.key","ear":")" +
                      std::string(64, '0') + R"(","key":"ab)" + std::string(62, '0') + R"("}})");
}

// Whatever an issuer writes is one JSON object with each name once.
TEST(EntryJson, EveryBodyHasAForm) {
  wire::CborWriter out;
  out.begin_map().key(1).value("number").key(-3).value(true).key("1").value("text");
  out.key("a").begin_array().null().value(std::int64_t{-5}).bytes(Bytes{1, 2}).end_array();
  out.end_map();
  EXPECT_EQ(body_of(json_of("deployment", out.take())),
            R"({"1":"number","-3":true,"'1":"text","a":[null,-5,"0102"]})");
  // -2^64: no int64 holds it.
  EXPECT_EQ(body_of(json_of("deployment", *wire::hex_decode("a1613b3bffffffffffffffff"))),
            R"({"';":"3bffffffffffffffff"})");
  EXPECT_EQ(body_of(json_of("deployment", *wire::hex_decode("a16161d2"
                                                            "01"))),
            R"({"a":"d201"})");
}

TEST(EntryJson, EachTypeOfTheRulesHasItsNames) {
  const auto body = body_of(
      json_of("attestation",
              encode_attestation(
                  {.verdict = "accepted", .collateral = {}, .tee = "tdx", .measurement = {}})));
  for (const auto* name : {"verdict", "evidence", "policy", "collateral", "key", "ear", "tee",
                           "measurement", "sample", "kept"}) {
    EXPECT_TRUE(body.contains(std::string("\"") + name + "\":")) << name;
  }
}

}  // namespace
}  // namespace atoma::ledger
