// Real quotes and collateral (../shared/vectors): authenticity and TCB status, whatever a policy
// would say. Verdicts under policies are checked by `atoma conformance` on the same cases.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "atoma/evidence/intel/verify.h"
#include "atoma/wire/json.h"

namespace atoma::evidence::intel {
namespace {

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

class IntelVectors : public testing::TestWithParam<const char*> {};

void mutate(const wire::JsonValue* mutations, Bytes& evidence) {
  if (mutations == nullptr) return;
  for (const auto& m : mutations->items()) {
    if (const auto* keep = m.find("truncate")) {
      evidence.resize(*keep->unsigned_integer());
    } else {
      const auto offset = *m.find("offset")->unsigned_integer();
      evidence[offset] =
          static_cast<std::uint8_t>(evidence[offset] ^ *m.find("xor")->unsigned_integer());
    }
  }
}

CollateralFiles load_collateral(const std::string& folder, const wire::JsonValue& inputs) {
  CollateralFiles files;
  const auto* collateral = inputs.find("collateral");
  for (const auto& part : kCollateralParts) {
    const auto* path = collateral == nullptr ? nullptr : collateral->find(part.name);
    if (path != nullptr) files.*part.bytes = read_file(folder + std::string(path->text()));
  }
  if (const auto* chain = inputs.find("pck_chain")) {
    for (const auto& file : chain->items()) {
      append(files.pck_chain, read_file(folder + std::string(file.text())));
    }
  }
  return files;
}

std::string failing(const Findings& findings) {
  std::string out;
  for (const auto& f : findings.items()) {
    if (f.outcome < Outcome::kExcused) out += std::string(f.id) + " (" + f.actual + ") ";
  }
  return out;
}

void expect_case(const std::string& folder, const wire::JsonValue& c, Verifier& verifier) {
  SCOPED_TRACE(std::string(c.find("name")->text()));
  const auto& inputs = *c.find("inputs");
  const auto& expect = *c.find("expect");
  Bytes evidence = read_file(folder + std::string(inputs.find("evidence")->text()));
  mutate(inputs.find("mutate"), evidence);
  const auto quote = parse_quote(evidence);
  if (const auto* parse = expect.find("parse")) {
    EXPECT_EQ(quote.has_value(), parse->text() == "ok") << (quote ? "" : quote.error().to_string());
  }
  if (!quote) return;
  const auto collateral = Collateral::parse(load_collateral(folder, inputs));
  ASSERT_TRUE(collateral) << collateral.error().to_string();
  Findings findings(Detail::kAll);
  const Time at = *parse_time(c.find("at")->text());
  const auto result = verifier.verify(*quote, **collateral, at, findings);
  if (const auto* authentic = expect.find("authentic")) {
    const auto expected = !authentic->boolean()   ? Authenticity::kUnknown
                          : *authentic->boolean() ? Authenticity::kYes
                                                  : Authenticity::kNo;
    EXPECT_EQ(result.authenticity, expected) << failing(findings);
  }
  if (const auto* status = expect.find("tcb_status")) {
    ASSERT_TRUE(result.quote) << failing(findings);
    EXPECT_EQ(tcb_status_name(result.quote->tcb_status()), status->text());
  }
}

TEST_P(IntelVectors, AreAnsweredRight) {
  const char* vectors = std::getenv("ATOMA_VECTORS");
  if (vectors == nullptr) GTEST_SKIP() << "ATOMA_VECTORS is not set: NO REAL QUOTE WAS TRIED";
  const std::string folder = std::string(vectors) + "/" + GetParam() + "/";
  const Bytes text = read_file(folder + "cases.json");
  const auto document = wire::JsonDocument::parse(as_text(text));
  ASSERT_TRUE(document) << document.error().to_string();
  Verifier verifier({});
  const auto& cases = document->root().find("cases")->items();
  EXPECT_GT(cases.size(), 0u);
  for (const auto& c : cases) expect_case(folder, c, verifier);
}

INSTANTIATE_TEST_SUITE_P(Tee, IntelVectors, testing::Values("tdx", "sgx"),
                         [](const auto& value) { return std::string(value.param); });

}  // namespace
}  // namespace atoma::evidence::intel
