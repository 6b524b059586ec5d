#include "atoma/http/fields.h"

#include <gtest/gtest.h>

#include <functional>

#include "atoma/wire/cbor_writer.h"

namespace atoma::http {
namespace {

std::string complaint(std::string_view body, const std::function<void(FieldReader&)>& read) {
  const auto document = parse_body(as_bytes(body));
  if (!document) return std::string(document.error().reason);
  FieldReader in(document->root());
  read(in);
  const auto status = in.finish();
  return status ? "" : status.error().to_string();
}

TEST(Fields, ReadsWhatIsThere) {
  EXPECT_EQ(complaint(R"({"b":"AQID","t":"x","n":7,"s":"AA=="})",
                      [](FieldReader& in) {
                        EXPECT_EQ(in.bytes("b", {3, 3}), (Bytes{1, 2, 3}));
                        EXPECT_EQ(in.text("t", {1, 4}), "x");
                        EXPECT_EQ(in.number("n"), 7u);
                        EXPECT_EQ(in.secret("s", {1, 4}).size(), 1u);
                        EXPECT_EQ(in.optional_bytes("none", 4), Bytes());
                      }),
            "");
}

TEST(Fields, ComplainsOnceAndNamesTheField) {
  const auto bytes = [](FieldReader& in) { in.bytes("b", {3, 3}); };
  EXPECT_EQ(complaint("{}", bytes),
            "request.missing_field: \"b\" is missing: expected canonical base64 of 3 bytes");
  for (const auto* body : {R"({"b":7})", R"({"b":"AQI="})", R"({"b":"AQIDBA=="})", R"({"b":"AQI"})",
                           R"({"b":"-_-_"})", R"({"b":null})"}) {
    EXPECT_EQ(complaint(body, bytes), "request.field: \"b\": expected canonical base64 of 3 bytes")
        << body;
  }
  // One byte, but with bits that must be zero.
  EXPECT_NE(complaint(R"({"b":"AB=="})", [](FieldReader& in) { in.bytes("b", {1, 1}); }), "");
  EXPECT_EQ(complaint(R"({"b":"AQID","c":1})", bytes),
            "request.unknown_field: \"c\" is no field of this request");
  EXPECT_NE(complaint(R"({"n":-1})", [](FieldReader& in) { in.number("n"); }), "");
  EXPECT_NE(complaint(R"({"t":""})", [](FieldReader& in) { in.text("t", {1, 4}); }), "");
  EXPECT_NE(complaint(R"({"o":""})", [](FieldReader& in) { in.optional_bytes("o", 4); }), "");
}

TEST(Fields, NamesNestedFieldsByPath) {
  EXPECT_EQ(complaint(R"({"rule":{"x":1}})",
                      [](FieldReader& in) {
                        const auto rule = in.required("rule", "an object");
                        in.check(FieldReader(*rule, "rule.").finish());
                      }),
            "request.unknown_field: \"rule.x\" is no field of this request");
  EXPECT_EQ(complaint(R"({"rule":[]})",
                      [](FieldReader& in) {
                        const auto rule = in.required("rule", "an object");
                        in.check(FieldReader(*rule, "rule.").finish());
                      }),
            "request.field: \"rule.\": expected an object");
}

// The same reader, another form of the body.
TEST(Fields, ReadsCbor) {
  wire::CborWriter out;
  out.begin_map().key("b").bytes(Bytes{1, 2, 3}).key("n").value(7).key("l").begin_array();
  out.value("x").null().end_array().key("d").value("{}").end_map();
  const Bytes bytes = out.take();
  const auto body = parse_body(bytes, BodyForm::kCbor);
  ASSERT_TRUE(body);
  FieldReader in(body->root());
  EXPECT_EQ(in.form(), BodyForm::kCbor);
  EXPECT_EQ(in.bytes("b", {3, 3}), (Bytes{1, 2, 3}));
  EXPECT_EQ(in.number("n"), 7u);
  const auto list = in.optional("l");
  ASSERT_TRUE(list && list->is_array() && list->json() == nullptr);
  EXPECT_EQ(list->items()[0].text(), "x");
  EXPECT_EQ(list->items()[1].text(), std::nullopt);
  EXPECT_EQ(in.optional("d")->document(), "{}");
  EXPECT_FALSE(in.has("none"));
  EXPECT_TRUE(in.finish());
  in.bytes("b", {4, 5});
  EXPECT_EQ(in.finish().error().message, "\"b\": expected a byte string of 4 to 5 bytes");
}

TEST(Fields, TheContentTypeSaysTheForm) {
  const auto form = [](std::string_view type) {
    Request request;
    request.headers = {{"content-type", std::string(type)}};
    return body_form(request);
  };
  EXPECT_EQ(form("application/cbor"), BodyForm::kCbor);
  EXPECT_EQ(form("Application/CBOR ; x=1"), BodyForm::kCbor);
  EXPECT_EQ(form("application/json"), BodyForm::kJson);
  EXPECT_EQ(form("application/cbor-seq"), BodyForm::kJson);
  EXPECT_EQ(body_form({}), BodyForm::kJson);
}

TEST(Fields, RefusesBodiesThatAreNoObject) {
  EXPECT_EQ(complaint("[]", [](FieldReader&) {}), "request.field");
  EXPECT_EQ(complaint("{", [](FieldReader&) {}), "json.syntax");
  EXPECT_EQ(complaint(R"({"a":1,"a":2})", [](FieldReader&) {}), "json.duplicate_name");
}

}  // namespace
}  // namespace atoma::http
