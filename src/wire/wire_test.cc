#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/wire/der.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/pem.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"
#include "atoma/wire/yaml.h"

namespace atoma::wire {
namespace {

TEST(Reader, ReadsBothByteOrders) {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  Reader in(bytes);
  EXPECT_EQ(in.u16_le(), 0x0201);
  EXPECT_EQ(in.u32_be(), 0x03040506u);
  EXPECT_EQ(in.u64_le(), 0x0e0d0c0b0a090807u);
  EXPECT_TRUE(in.finish());
}

TEST(Reader, FailureIsStickyAndGivesZeros) {
  const Bytes bytes{1, 2, 3};
  Reader in(bytes);
  EXPECT_EQ(in.u32_le(), 0u);
  EXPECT_EQ(in.u8(), 0u);
  EXPECT_TRUE(in.take(1).empty());
  EXPECT_FALSE(in.ok());
  EXPECT_FALSE(in.finish());
}

TEST(Reader, ChildIsBoundedAndLeftoversFail) {
  const Bytes bytes{1, 2, 3, 4};
  Reader in(bytes);
  Reader child = in.child(2);
  EXPECT_EQ(child.u16_be(), 0x0102);
  EXPECT_TRUE(child.finish());
  EXPECT_FALSE(in.finish());
  EXPECT_FALSE(in.child(3).ok());
}

TEST(Text, HexRoundTripsAndRefuses) {
  EXPECT_EQ(hex_encode(*hex_decode("00fFa1")), "00ffa1");
  for (std::string_view bad : {"0", "0g", "0x", " 00"}) {
    EXPECT_EQ(hex_decode(bad).error().reason, "hex.format") << bad;
  }
}

TEST(Text, Base64RoundTripsAllLengths) {
  Bytes bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(*base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(*base64url_decode(base64url_encode(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

TEST(Text, Base64RefusesOtherForms) {
  for (std::string_view bad : {"A", "AA", "AA=", "AB==", "AAB=", "AA==A", "A A=", "====", "AA-_"}) {
    EXPECT_EQ(base64_decode(bad).error().reason, "base64.format") << bad;
  }
  for (std::string_view bad : {"A", "AA==", "AB", "AA+/"}) {
    EXPECT_EQ(base64url_decode(bad).error().reason, "base64url.format") << bad;
  }
}

TEST(Pem, RoundTripsAndAllowsTrailingNul) {
  const Bytes der{1, 2, 3};
  const std::string text = encode_pem("CERTIFICATE", der) + encode_pem("X509 CRL", der) + '\0';
  const auto blocks = parse_pem(text, 2);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[1].label, "X509 CRL");
  EXPECT_EQ((*blocks)[0].der, der);
}

TEST(Pem, Refuses) {
  const std::string good = encode_pem("A", Bytes{1, 2, 3});
  EXPECT_EQ(parse_pem(good + good, 1).error().reason, "pem.too_many");
  for (const std::string& bad :
       {std::string("x") + good, good.substr(0, good.size() - 8), std::string("-----BEGIN A"),
        std::string("-----BEGIN A-----\nAQ ID\n-----END A-----"),
        std::string("-----BEGIN A-----\nAQID\n-----END B-----")}) {
    EXPECT_EQ(parse_pem(bad, 9).error().reason, "pem.format") << bad;
  }
}

Bytes hex(std::string_view text) { return *hex_decode(text); }

TEST(Der, ReadsNestedElements) {
  const Bytes bytes =
      hex("3008020100"
          "0101ff"
          "0500");
  DerReader in(bytes);
  DerReader seq = in.enter(kDerSequence);
  EXPECT_EQ(seq.small_integer(), 0u);
  EXPECT_TRUE(seq.boolean());
  EXPECT_TRUE(seq.element(kDerNull).empty());
  EXPECT_TRUE(seq.finish());
  EXPECT_TRUE(in.finish());
}

TEST(Der, RefusesNonCanonicalForms) {
  for (std::string_view bad : {"0280", "028101", "0282000101", "02820001", "0205ff", "1f0100"}) {
    const Bytes bytes = hex(bad);
    DerReader in(bytes);
    in.raw();
    EXPECT_FALSE(in.ok()) << bad;
  }
  for (std::string_view bad : {"0200", "0201ff", "02020001", "020900ffffffffffffffff", "03010a"}) {
    const Bytes bytes = hex(bad);
    DerReader in(bytes);
    in.small_integer();
    EXPECT_FALSE(in.ok()) << bad;
  }
  const Bytes flag = hex("010101");
  DerReader in(flag);
  in.boolean();
  EXPECT_FALSE(in.ok());
}

TEST(Der, ReadsBothTimes) {
  for (const auto& [time, tag] : {std::pair{"2049-12-31T23:59:59Z", kDerUtcTime},
                                  std::pair{"2050-01-01T00:00:00Z", kDerGeneralizedTime},
                                  std::pair{"1950-01-01T00:00:00Z", kDerUtcTime}}) {
    Bytes out;
    der_append_time(out, *parse_time(time));
    EXPECT_EQ(out[0], tag);
    DerReader in(out);
    EXPECT_EQ(format_time(in.time()), time);
    EXPECT_TRUE(in.finish());
  }
  const Bytes no_seconds =
      to_bytes(std::string_view("\x17\x0b"
                                "2001010000Z"));
  DerReader in(no_seconds);
  in.time();
  EXPECT_FALSE(in.ok());
}

TEST(Der, WritesWhatItReads) {
  Bytes out;
  der_append_small_integer(out, 0x80);
  EXPECT_EQ(hex_encode(out), "02020080");
  EXPECT_EQ(oid_to_string(der_oid("1.2.840.113741.1.13.1")), "1.2.840.113741.1.13.1");
  EXPECT_EQ(hex_encode(der_oid("2.5.29.19")), "551d13");
  Bytes large;
  der_append(large, kDerOctetString, Bytes(70000));
  DerReader in(large);
  EXPECT_EQ(in.element(kDerOctetString).size(), 70000u);
  EXPECT_TRUE(in.finish());
}

TEST(Json, KeepsRawSpansAndValues) {
  const auto document =
      JsonDocument::parse(R"( {"a": {"x":[1, -2,3.5e1]}, "b":"\u00e9\ud83d\ude00\n", "c":true} )");
  ASSERT_TRUE(document) << document.error().to_string();
  const auto& root = document->root();
  EXPECT_EQ(root.find("a")->raw(), R"({"x":[1, -2,3.5e1]})");
  EXPECT_EQ(root.find("a")->find("x")->items()[1].integer(), -2);
  EXPECT_EQ(root.find("a")->find("x")->items()[1].unsigned_integer(), std::nullopt);
  EXPECT_EQ(root.find("a")->find("x")->items()[2].integer(), std::nullopt);
  EXPECT_EQ(root.find("b")->text(), "\xc3\xa9\xf0\x9f\x98\x80\n");
  EXPECT_EQ(root.find("c")->boolean(), true);
  EXPECT_EQ(root.find("d"), nullptr);
}

TEST(Json, RefusesBadSyntax) {
  for (std::string_view bad :
       {"",          "{",   "[1,]",  "{\"a\":1,}", "{a:1}",   "01",          "1.",
        "-",         "+1",  "1e",    "\"",         "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\\u12\"", "tru", "[1 2]", "{} {}",      "nulL",    "[1}",         "\"\n\""}) {
    EXPECT_EQ(JsonDocument::parse(bad).error().reason, "json.syntax") << bad;
  }
}

TEST(Json, RefusesBadUtf8) {
  for (std::string_view bad : {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
                               "\"\xf4\x90\x80\x80\"", "\"\xe0\x80\x80\"", "\"\xc3\""}) {
    EXPECT_EQ(JsonDocument::parse(bad).error().reason, "json.utf8");
  }
}

TEST(Json, RefusesDuplicateNames) {
  EXPECT_EQ(JsonDocument::parse(R"({"a":1,"b":2,"\u0061":3})").error().reason,
            "json.duplicate_name");
}

TEST(Json, BoundsDepthAndNodes) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonDocument::parse(nested(limits::kJsonDepthMax)));
  EXPECT_EQ(JsonDocument::parse(nested(limits::kJsonDepthMax + 1)).error().reason, "json.depth");
  EXPECT_EQ(JsonDocument::parse(std::string(1'000'000, '[')).error().reason, "json.depth");
  std::string many = "[0";
  for (std::size_t i = 0; i < limits::kJsonNodesMax; ++i) many += ",0";
  EXPECT_EQ(JsonDocument::parse(many + "]").error().reason, "json.nodes");
}

TEST(Json, DocumentSurvivesAMove) {
  auto document = JsonDocument::parse(R"({"a":"b"})");
  const JsonDocument moved = std::move(*document);
  EXPECT_EQ(moved.root().find("a")->raw(), "\"b\"");
}

TEST(JsonWriter, WritesCompactAndIndented) {
  JsonWriter compact;
  compact.begin_object().member("a", 1).key("b").begin_array().value("x\"\x01").null().end_array();
  compact.key("c").begin_object().end_object().member("d", 1.5).member("e", false).end_object();
  EXPECT_EQ(compact.str(), R"({"a":1,"b":["x\"\u0001",null],"c":{},"d":1.5,"e":false})");
  EXPECT_TRUE(JsonDocument::parse(compact.str()));
  JsonWriter indented(JsonWriter::Style::kIndented);
  indented.begin_object().key("a").begin_array().value(1).value(2).end_array().end_object();
  EXPECT_EQ(indented.str(), "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
}

TEST(JsonWriter, WritesWhatParsesWhateverTheText) {
  EXPECT_EQ(json_quote("\xC3\xBC\xF0\x9F\x94\x91"), "\"\xC3\xBC\xF0\x9F\x94\x91\"");
  EXPECT_EQ(json_quote("a\x96\xC3l"), "\"a\uFFFD\uFFFDl\"") << "two that begin no sequence";
  EXPECT_EQ(json_quote("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"") << "a surrogate";
  EXPECT_EQ(json_quote("cut \xE2\x82"), "\"cut \uFFFD\uFFFD\"");
  EXPECT_EQ(json_quote("\x7F\x1B"), R"("\u007f\u001b")") << "nor moves a terminal's cursor";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string(40, 'x') + static_cast<char>(byte);
    EXPECT_TRUE(JsonDocument::parse(json_quote(text))) << byte;
  }
}

TEST(Yaml, BecomesJson) {
  const auto document =
      parse_yaml("a: 1\nb: [true, 'true', x, ~]\nc:\n  d: \"5\"\n  e: -7\n  f: 007\n");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->root().raw(),
            R"({"a":1,"b":[true,"true","x",null],"c":{"d":"5","e":-7,"f":"007"}})");
}

TEST(Yaml, RefusesWhatJsonCannotSay) {
  for (std::string_view bad :
       {"a: &x 1\nb: *x\n", "a: !t 1\n", "[1, 2]: 3\n", "a: 1\n---\nb: 2\n"}) {
    EXPECT_EQ(parse_yaml(bad).error().reason, "yaml.unsupported") << bad;
  }
  for (std::string_view bad : {"", "a: [", "a: b: c", "\ta: 1"}) {
    EXPECT_EQ(parse_yaml(bad).error().reason, "yaml.syntax") << bad;
  }
  EXPECT_EQ(parse_yaml("a: 1\na: 2\n").error().reason, "json.duplicate_name");
}

TEST(Yaml, BoundsDepth) {
  EXPECT_FALSE(parse_yaml(std::string(20, '[') + std::string(20, ']')));
  EXPECT_FALSE(parse_yaml(std::string(50000, '[')));
}

}  // namespace
}  // namespace atoma::wire
