// Messages, routes, targets and the text of heads: what needs no socket.
#include "atoma/http/message.h"

#include <gtest/gtest.h>

#include "atoma/http/router.h"
#include "atoma/wire/json.h"
#include "format.h"
#include "parser.h"
#include "route.h"
#include "target.h"

namespace atoma::http {
namespace {

TEST(Message, ProblemSaysWhatRfc9457AndWeAskFor) {
  const Error error{Code::kPermissionDenied, "broker.refused", "the policy \"p\" says no"};
  const Response response = problem(error, "id-1");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(as_text(response.body),
            R"({"type":"urn:atoma:problem:broker.refused","title":"Forbidden","status":403,)"
            R"("detail":"the policy \"p\" says no","reason":"broker.refused",)"
            R"("code":"PERMISSION_DENIED","correlation_id":"id-1"})");
}

TEST(Message, ProblemKeepsInnerFailuresInside) {
  const Response response = problem({Code::kInternal, "store.io", "/var/lib/secret.db"}, "id");
  EXPECT_EQ(response.status, 500);
  EXPECT_FALSE(as_text(response.body).contains("/var/lib"));
  EXPECT_TRUE(as_text(response.body).contains("store.io"));
}

TEST(Message, ProblemWithoutReasonIsAboutBlank) {
  const Response response = problem(418, {Code::kUnknown, "", ""}, "id");
  EXPECT_TRUE(as_text(response.body).contains(R"("type":"about:blank")"));
}

TEST(Message, EachCodeHasTheStatusThatGoogleRpcDocuments) {
  const std::pair<Code, int> expected[] = {
      {Code::kUnknown, 500},           {Code::kInvalidArgument, 400},
      {Code::kDeadlineExceeded, 504},  {Code::kNotFound, 404},
      {Code::kAlreadyExists, 409},     {Code::kPermissionDenied, 403},
      {Code::kResourceExhausted, 429}, {Code::kFailedPrecondition, 400},
      {Code::kAborted, 409},           {Code::kOutOfRange, 400},
      {Code::kUnimplemented, 501},     {Code::kInternal, 500},
      {Code::kUnavailable, 503},       {Code::kDataLoss, 500},
      {Code::kUnauthenticated, 401}};
  for (const auto& [code, status] : expected) {
    EXPECT_EQ(status_of(code), status) << code_name(code);
    EXPECT_NE(status_phrase(status), "");
  }
}

TEST(Message, FieldsCompareWithoutCaseAndMethodsWithIt) {
  const Request request{.method = Method::kGet, .headers = {{"X-Thing", "a"}, {"x-thing", "b"}}};
  EXPECT_EQ(request.header("x-THING"), "a");
  EXPECT_EQ(request.header("thing"), std::nullopt);
  EXPECT_EQ(method_from("DELETE"), Method::kDelete);
  EXPECT_EQ(method_from("delete"), Method::kOther);
}

TEST(Format, EncodesAHead) {
  const Response response{.status = 200,
                          .content_type = "text/plain",
                          .body = to_bytes("abc"),
                          .headers = {{"Cache-Control", "public, immutable"}}};
  const auto head = encode_head(response, {.close = true, .correlation_id = "id"});
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(*head,
            "HTTP/1.1 200 OK\r\nCache-Control: public, immutable\r\nContent-Type: text/plain\r\n"
            "Content-Length: 3\r\nX-Content-Type-Options: nosniff\r\nX-Correlation-Id: id\r\n"
            "Connection: close\r\n\r\n");
}

TEST(Format, A204HasNoLength) {
  const auto head = encode_head(no_content(), {});
  ASSERT_TRUE(head.has_value());
  EXPECT_FALSE(
      head->contains("Content-"
                     "Length"));
}

TEST(Format, RefusesResponsesThatWouldBreakTheStream) {
  const auto reason = [](const Response& response) -> std::string_view {
    const auto head = encode_head(response, {});
    return head ? "" : head.error().reason;
  };
  const auto with = [](Field field) {
    return Response{.status = 200, .content_type = "", .body = {}, .headers = {std::move(field)}};
  };
  EXPECT_EQ(reason(with({"X", "fine"})), "");
  EXPECT_EQ(reason(with({"X", "a\nb"})), "http.response.invalid");
  EXPECT_EQ(reason(with({"X", std::string("a\0b", 3)})), "http.response.invalid");
  EXPECT_EQ(reason(with({"X Y", "a"})), "http.response.invalid");
  EXPECT_EQ(reason(with({"", "a"})), "http.response.invalid");
  EXPECT_EQ(reason(with({"content-length", "0"})), "http.response.invalid");
  EXPECT_EQ(reason(with({"Transfer-Encoding", "chunked"})), "http.response.invalid");
  EXPECT_EQ(reason(json(299, "{}")), "http.response.invalid");
  EXPECT_EQ(reason(json(100, "{}")), "http.response.invalid");
  EXPECT_EQ(reason(json(204, "{}")), "http.response.invalid");
  Response typed = json(200, "{}");
  typed.content_type = "a\r\nb: c";
  EXPECT_EQ(reason(typed), "http.response.invalid");
}

std::string decode(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) return std::string(target.error().reason);
  std::string out = target->authority + "|" + target->path;
  for (const Field& field : target->query) out += "|" + field.name + "=" + field.value;
  return out;
}

TEST(Target, SplitsAndDecodes) {
  EXPECT_EQ(decode("/"), "|/");
  EXPECT_EQ(decode("/a/b%20c"), "|/a/b c");
  EXPECT_EQ(decode("/a/"), "|/a/");
  EXPECT_EQ(decode("/%C3%A4?x=%e2%82%ac"), "|/\xC3\xA4|x=\xE2\x82\xAC");
  EXPECT_EQ(decode("/?a=1+1&b&c="), "|/|a=1+1|b=|c=");
  EXPECT_EQ(decode("/?a=b=c"), "|/|a=b=c");
  EXPECT_EQ(decode("/?a=/?"), "|/|a=/?");
  EXPECT_EQ(decode("http://host:80/a?b=c"), "host:80|/a|b=c");
  EXPECT_EQ(parse_target("/a//b")->segments, (std::vector<std::string>{"a", "", "b"}));
}

TEST(Target, RefusesWhatIsNotCanonical) {
  const std::string_view paths[] = {"",
                                    "*",
                                    "a",
                                    "http:///",
                                    "http://host",
                                    "https://host/",
                                    "host:443",
                                    "/%",
                                    "/%1",
                                    "/%1g",
                                    "/%%41",
                                    "/%+1",
                                    "/%2f",
                                    "/%00",
                                    "/%0a",
                                    "/%7f",
                                    "/.",
                                    "/..",
                                    "/a/../b",
                                    "/%2e%2e/b",
                                    "/a#b",
                                    "/a b",
                                    "/\"",
                                    "/a\\b",
                                    "/{x}",
                                    "/%80",
                                    "/%c0%80",
                                    "/%c1%bf",
                                    "/%e0%9f%bf",
                                    "/%ed%a0%80",
                                    "/%f0%8f%bf%bf",
                                    "/%f4%90%80%80",
                                    "/%f5%80%80%80",
                                    "/%e2%82",
                                    "/%c3"};
  for (const auto path : paths) EXPECT_EQ(decode(path), "http.target.malformed") << path;
  for (const auto query : {"/?", "/?&", "/?a&", "/?=b", "/?a=1&a=2", "/?a&%61", "/?a=%", "/?%zz",
                           "/?a=%0d", "/?a=%ff", "/?a=\"", "/?a=b#c"}) {
    EXPECT_EQ(decode(query), "http.query.malformed") << query;
  }
}

Handler nothing() {
  return [](Request, Respond) {};
}

std::string route_of(const Router& router, Method method, std::string_view path) {
  const auto target = parse_target(path);
  const Router::Match match = router.find(method, target->segments);
  if (match.route == nullptr) return match.allow.empty() ? "none" : "allow " + match.allow;
  std::string out = match.route->options.content_types.front();
  for (const Field& param : match.params) out += " " + param.name + "=" + param.value;
  return out;
}

TEST(Router, PrefersLiteralsWhateverTheOrder) {
  Router router;
  router.add(Method::kGet, "/{rest...}", nothing(), {.content_types = {"rest"}});
  router.add(Method::kGet, "/a/{x}", nothing(), {.content_types = {"ax"}});
  router.add(Method::kGet, "/a/b", nothing(), {.content_types = {"ab"}});
  router.add(Method::kPut, "/a/{y}", nothing(), {.content_types = {"put"}});
  router.add(Method::kGet, "/{x}/b/{y}", nothing(), {.content_types = {"xby"}});
  router.add(Method::kGet, "/", nothing(), {.content_types = {"root"}});
  EXPECT_EQ(route_of(router, Method::kGet, "/"), "root");
  EXPECT_EQ(route_of(router, Method::kGet, "/a/b"), "ab");
  EXPECT_EQ(route_of(router, Method::kHead, "/a/b"), "ab");
  EXPECT_EQ(route_of(router, Method::kPut, "/a/b"), "put y=b");
  EXPECT_EQ(route_of(router, Method::kGet, "/a/c"), "ax x=c");
  EXPECT_EQ(route_of(router, Method::kGet, "/a/b/c"), "xby x=a y=c");
  EXPECT_EQ(route_of(router, Method::kGet, "/a/c/d"), "rest rest=a/c/d");
  EXPECT_EQ(route_of(router, Method::kPost, "/a/c"), "allow GET, HEAD, PUT");
  EXPECT_EQ(route_of(router, Method::kPost, "/"), "allow GET, HEAD");
}

TEST(Router, ParamsAreNeverEmpty) {
  Router router;
  router.add(Method::kGet, "/a/{x}", nothing());
  router.add(Method::kGet, "/t/{rest...}", nothing());
  for (const auto* path : {"/a", "/a/", "/a/b/", "/t", "/t/", "/t/a//b", "/t/a/", "//a"}) {
    EXPECT_EQ(route_of(router, Method::kGet, path), "none") << path;
  }
}

TEST(RouterDeathTest, RefusesOurMistakes) {
  Router router;
  router.add(Method::kGet, "/a/{x}", nothing());
  EXPECT_DEATH(router.add(Method::kGet, "/a/{y}", nothing()), "r->method == method");
  EXPECT_DEATH(router.add(Method::kGet, "a", nothing()), "starts_with");
  EXPECT_DEATH(router.add(Method::kGet, "/{}", nothing()), "text.empty");
  EXPECT_DEATH(router.add(Method::kGet, "/{a", nothing()), "ends_with");
  EXPECT_DEATH(router.add(Method::kGet, "/a{b}", nothing()), "contains");
  EXPECT_DEATH(router.add(Method::kGet, "/{a...}/b", nothing()), "kRest");
  EXPECT_DEATH(router.add(Method::kHead, "/h", nothing()), "kHead");
  EXPECT_DEATH(router.add(Method::kGet, "/n", Handler()), "handler");
  const Request request;
  EXPECT_DEATH(static_cast<void>(request.param("x")), "has_value");
}

// However the bytes are cut, the parser sees the same body and the same end.
TEST(Parser, BodyInPiecesOfEverySize) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "5\r\nhello\r\n1;a=\"b\"\r\n \r\n5\r\nworld\r\n000\r\nT: x\r\n\r\n";
  const std::string next = "GET";
  for (std::size_t step = 1; step <= body.size() + next.size(); ++step) {
    MessageParser parser(MessageParser::Kind::kRequest, 8);
    ASSERT_TRUE(parser.parse_head(head).has_value());
    parser.set_body_max(11);
    std::string input;
    std::string rest = body + next;
    while (!parser.done()) {
      ASSERT_FALSE(rest.empty());
      input += rest.substr(0, step);
      rest.erase(0, step);
      const auto used = parser.parse_body(input);
      ASSERT_TRUE(used.has_value()) << used.error().to_string();
      input.erase(0, *used);
    }
    EXPECT_EQ(as_text(parser.take_body()), "hello world");
    EXPECT_EQ(parser.head().fields.size(), 2);  // the trailer is no header
    EXPECT_EQ(input + rest, next);
  }
}

// Small chunks with many trailers must not be read for ever.
TEST(Parser, TrailersAreBounded) {
  MessageParser parser(MessageParser::Kind::kRequest, 8);
  ASSERT_TRUE(
      parser.parse_head("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").has_value());
  std::string trailers = "0\r\n";
  while (trailers.size() <= kHeadAndTrailersMax)
    trailers += "T: " + std::string(1000, 'x') + "\r\n";
  const auto used = parser.parse_body(trailers);
  ASSERT_FALSE(used.has_value());
  EXPECT_EQ(used.error().reason, "http.body.malformed");
}

}  // namespace
}  // namespace atoma::http
