#include "atoma/appraisal/composite_file.h"

#include <gtest/gtest.h>

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

std::string file() {
  return R"({"atoma_composite": 1, "cpu": {"tee": "snp", "evidence": "AQID"},
    "gpus": [{"report": "BAU=", "cert_chain": "PEM1"}, {"report": "Bg==", "cert_chain": "PEM2"}],
    "key": "BwgJ"})";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string_view reason(const std::string& text) {
  const auto parsed = parse_composite_file(text);
  return parsed ? "parsed" : parsed.error().reason;
}

TEST(CompositeFile, ReadsEveryMember) {
  EXPECT_TRUE(looks_like_composite(file()));
  EXPECT_FALSE(looks_like_composite("{\"quote\": 1}"));
  const auto parsed = parse_composite_file(file());
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->tee, evidence::Tee::kSnp);
  EXPECT_EQ(parsed->evidence, (Bytes{1, 2, 3}));
  ASSERT_EQ(parsed->gpus.size(), 2u);
  EXPECT_EQ(parsed->gpus[1].report, Bytes{6});
  EXPECT_EQ(as_text(parsed->gpus[0].cert_chain), "PEM1");
  EXPECT_EQ(parsed->key, (Bytes{7, 8, 9}));
  EXPECT_EQ(reason(replaced(file(), "BwgJ", "")), "parsed") << "whether a key must be is policy";
}

TEST(CompositeFile, RefusesEachWithItsReason) {
  EXPECT_EQ(reason(replaced(file(), "composite\": 1", "composite\": 2")), "composite.version");
  EXPECT_EQ(reason(std::string(kCompositeFileMax + 1, ' ')), "composite.too_large");
  EXPECT_EQ(reason("{"), "json.syntax");
  const std::string large = wire::base64_encode(Bytes(kCompositeKeyMax + 1));
  const std::string evidence = wire::base64_encode(Bytes(limits::kEvidenceMax + 1));
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"snp\"", "\"nvidia\""},
                                 {"\"snp\"", "7"},
                                 {"AQID", "A*ID"},
                                 {"AQID", evidence},
                                 {"\"key\"", "\"kay\""},
                                 {"\"BwgJ\"", "\"BwgJ\", \"more\": 1"},
                                 {"\"BwgJ\"", "7"},
                                 {"BwgJ", large},
                                 {"\"PEM1\"", "\"\""},
                                 {"\"PEM1\"", "\"x\", \"nonce\": \"\""},
                                 {"\"report\": \"BAU=\", ", ""},
                                 {"\"cpu\": {", "\"cpu\": {\"x\": 1, "}}) {
    EXPECT_EQ(reason(replaced(file(), from, to)), "composite.format") << from << " -> " << to;
  }
  std::string many;
  for (std::size_t i = 0; i <= kCompositeGpusMax; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"report": "AA==", "cert_chain": "x"})";
  }
  const std::string head = R"({"atoma_composite": 1, "cpu": {"tee": "tdx", "evidence": ""},)";
  EXPECT_EQ(reason(head + "\"gpus\": [" + many + "], \"key\": \"\"}"), "composite.format");
  EXPECT_EQ(reason(head + "\"gpus\": [], \"key\": \"\"}"), "composite.format");
  EXPECT_EQ(
      reason(head + "\"gpus\": [{\"report\": \"AA==\", \"cert_chain\": \"x\"}], \"key\": \"\"}"),
      "parsed");
}

TEST(CompositeFile, TruncationIsRefused) {
  const std::string text = file();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(reason(text.substr(0, size)), "parsed") << size;
  }
}

}  // namespace
}  // namespace atoma::appraisal
