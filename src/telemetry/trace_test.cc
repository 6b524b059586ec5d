#include "atoma/telemetry/trace.h"

#include <gtest/gtest.h>

#include "atoma/wire/json.h"

namespace atoma::telemetry {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class CountingEntropy final : public Entropy {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

struct TestTracer {
  CountingEntropy entropy;
  UnixNanos now = 1'000;
  std::vector<std::string> lines;
  Tracer tracer{{.now = [this] { return now++; },
                 .write = [this](std::string_view line) { lines.emplace_back(line); },
                 .version = "test"},
                entropy};
};

TEST(Traceparent, ReadsWhatItWrites) {
  const auto parsed = parse_traceparent(kParent);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->sampled);
  EXPECT_EQ(parsed->to_traceparent(), kParent);
  // A later version: what follows the fourth field is not ours.
  EXPECT_TRUE(parse_traceparent("01" + std::string(kParent.substr(2)) + "-more"));
  const auto off = parse_traceparent(std::string(kParent.substr(0, 53)) + "fe");
  ASSERT_TRUE(off);
  EXPECT_FALSE(off->sampled);
}

TEST(Traceparent, WhatIsMalformedCountsAsAbsent) {
  const std::string good(kParent);
  const auto with = [&](std::size_t at, char c) {
    std::string text = good;
    text[at] = c;
    return text;
  };
  std::string no_trace = good, no_span = good;
  no_trace.replace(3, 32, 32, '0');
  no_span.replace(36, 16, 16, '0');
  for (const auto& text :
       {std::string(), good.substr(1), good + "-", good + "0", "ff" + good.substr(2),
        "01" + good.substr(2) + "x", with(2, '_'), with(35, '_'), with(52, '_'), with(0, 'g'),
        with(5, 'A'), with(40, 'x'), with(54, ' '), no_trace, no_span}) {
    EXPECT_FALSE(parse_traceparent(text)) << text;
  }
}

TEST(Trace, WritesTheRequestWithItsSteps) {
  TestTracer test;
  auto trace = test.tracer.begin("POST", "/v1/attest", kParent);
  ASSERT_TRUE(trace);
  {
    const Span span(trace, "verifier.sign");
  }
  EXPECT_TRUE(trace->traceparent().starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
  EXPECT_NE(trace->traceparent(), kParent);
  trace->finish(200);
  trace->finish(500);
  {
    const Span late(trace, "late");
  }
  trace.reset();
  ASSERT_EQ(test.lines.size(), 1u);
  EXPECT_EQ(
      test.lines[0],
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
      R"({"stringValue":"atoma"}},{"key":"service.version","value":{"stringValue":"test"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"atoma"},"spans":[)"
      R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"0001020304050607",)"
      R"("name":"POST /v1/attest","kind":2,"startTimeUnixNano":"1000",)"
      R"("endTimeUnixNano":"1003","parentSpanId":"b7ad6b7169203331","attributes":[)"
      R"({"key":"http.request.method","value":{"stringValue":"POST"}},)"
      R"({"key":"http.route","value":{"stringValue":"/v1/attest"}},)"
      R"({"key":"http.response.status_code","value":{"intValue":"200"}}]},)"
      R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"08090a0b0c0d0e0f",)"
      R"("name":"verifier.sign","kind":1,"startTimeUnixNano":"1001",)"
      R"("endTimeUnixNano":"1002","parentSpanId":"0001020304050607"}]}]}]})");
}

TEST(Trace, FollowsTheCallersWishOnly) {
  TestTracer test;
  EXPECT_FALSE(test.tracer.begin("GET", "/", std::string(kParent.substr(0, 53)) + "00"));
  // Without a caller, or with one that can't be read, a trace begins here.
  for (const auto header :
       {std::optional<std::string_view>(), std::optional<std::string_view>("x")}) {
    const auto trace = test.tracer.begin("GET", "/", header);
    ASSERT_TRUE(trace);
    const auto own = parse_traceparent(trace->traceparent());
    ASSERT_TRUE(own);
    EXPECT_TRUE(own->sampled);
  }
  ASSERT_EQ(test.lines.size(), 2u);
  EXPECT_NE(test.lines[0].find(R"("code":2)"), std::string::npos);  // nobody answered: 500
  EXPECT_EQ(test.lines[0].find("parentSpanId"), std::string::npos);
}

TEST(Trace, KeepsNoMoreSpansThanItsBound) {
  TestTracer test;
  auto trace = test.tracer.begin("POST", "/v1/appraise/batch", std::nullopt);
  for (std::size_t i = 0; i < Trace::kSpansMax + 3; ++i) trace->add("verifier.sign", 1, 2);
  trace->finish(200);
  const auto document = wire::JsonDocument::parse(test.lines.at(0));
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_NE(test.lines[0].find(R"("atoma.spans_dropped","value":{"intValue":"3"})"),
            std::string::npos);
}

}  // namespace
}  // namespace atoma::telemetry
