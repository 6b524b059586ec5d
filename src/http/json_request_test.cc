#include "atoma/http/json_request.h"

#include <gtest/gtest.h>

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

TEST(JsonRequest, ReadsWhatIsThere) {
  EXPECT_EQ(complaint(R"({"b":"AQID","t":"x","n":7,"s":"AA=="})",
                      [](FieldReader& in) {
                        EXPECT_EQ(in.base64("b", {3, 3}), (Bytes{1, 2, 3}));
                        EXPECT_EQ(in.text("t", {1, 4}), "x");
                        EXPECT_EQ(in.number("n"), 7u);
                        EXPECT_EQ(in.secret("s", {1, 4}).size(), 1u);
                        EXPECT_EQ(in.optional_base64("none", 4), Bytes());
                      }),
            "");
}

TEST(JsonRequest, ComplainsOnceAndNamesTheField) {
  const auto bytes = [](FieldReader& in) { in.base64("b", {3, 3}); };
  EXPECT_EQ(complaint("{}", bytes),
            "request.missing_field: \"b\" is missing: expected canonical base64 of 3 bytes");
  for (const auto* body : {R"({"b":7})", R"({"b":"AQI="})", R"({"b":"AQIDBA=="})", R"({"b":"AQI"})",
                           R"({"b":"-_-_"})", R"({"b":null})"}) {
    EXPECT_EQ(complaint(body, bytes), "request.field: \"b\": expected canonical base64 of 3 bytes")
        << body;
  }
  // One byte, but with bits that must be zero.
  EXPECT_NE(complaint(R"({"b":"AB=="})", [](FieldReader& in) { in.base64("b", {1, 1}); }), "");
  EXPECT_EQ(complaint(R"({"b":"AQID","c":1})", bytes),
            "request.unknown_field: \"c\" is no field of this request");
  EXPECT_NE(complaint(R"({"n":-1})", [](FieldReader& in) { in.number("n"); }), "");
  EXPECT_NE(complaint(R"({"t":""})", [](FieldReader& in) { in.text("t", {1, 4}); }), "");
  EXPECT_NE(complaint(R"({"o":""})", [](FieldReader& in) { in.optional_base64("o", 4); }), "");
}

TEST(JsonRequest, NamesNestedFieldsByPath) {
  EXPECT_EQ(complaint(R"({"rule":{"x":1}})",
                      [](FieldReader& in) {
                        const auto* rule = in.required("rule", "an object");
                        in.check(FieldReader(*rule, "rule.").finish());
                      }),
            "request.unknown_field: \"rule.x\" is no field of this request");
  EXPECT_EQ(complaint(R"({"rule":[]})",
                      [](FieldReader& in) {
                        const auto* rule = in.required("rule", "an object");
                        in.check(FieldReader(*rule, "rule.").finish());
                      }),
            "request.field: \"rule.\": expected an object");
}

TEST(JsonRequest, RefusesBodiesThatAreNoObject) {
  EXPECT_EQ(complaint("[]", [](FieldReader&) {}), "request.field");
  EXPECT_EQ(complaint("{", [](FieldReader&) {}), "json.syntax");
  EXPECT_EQ(complaint(R"({"a":1,"a":2})", [](FieldReader&) {}), "json.duplicate_name");
}

}  // namespace
}  // namespace atoma::http
