// Reports of real platforms: every case of the snp set (cases.json there; CASES.md beside it).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

using evidence::Authenticity;
using evidence::Detail;
using evidence::Outcome;
using wire::JsonValue;

std::string vector_folder() {
  const char* const root = std::getenv("ATOMA_VECTORS");
  return std::string(root ? root : "") + "/snp/";
}

std::optional<std::string> read_file(std::string_view name) {
  std::ifstream in(vector_folder() + std::string(name));
  std::stringstream text;
  text << in.rdbuf();
  return in ? std::optional(text.str()) : std::nullopt;
}

// The strict default with what the case admits by name.
Policy policy_for(const JsonValue& allow) {
  Policy policy = Policy::strict("these cases name no reference values");
  const auto why = Require::any("the case allows it");
  for (const auto& item : allow.items()) {
    const auto word = item.text();
    if (word == "snp_v2") policy.snp->report_versions.values.push_back(2);
    if (word == "debug") policy.snp->no_debug = why;
    if (word == "masked_chip_id") policy.snp->chip_id_proven = why;
    if (word == "revocation_unknown") policy.revocation_known = why;
    if (word.starts_with("vmpl:")) {
      policy.snp->vmpl.values.push_back(static_cast<std::uint64_t>(word.back() - '0'));
    }
  }
  return policy;
}

void mutate(const JsonValue* steps, std::string& evidence) {
  if (steps == nullptr) return;
  for (const auto& step : steps->items()) {
    if (const auto* size = step.find("truncate")) {
      evidence.resize(*size->unsigned_integer());
    } else {
      auto& byte = evidence[*step.find("offset")->unsigned_integer()];
      byte = static_cast<char>(byte ^ static_cast<char>(*step.find("xor")->integer()));
    }
  }
}

std::set<std::string> failed_classes(const AttestationResult& result) {
  std::set<std::string> out;
  for (const auto& finding : result.findings().items()) {
    if (finding.outcome == Outcome::kFail) out.emplace(evidence::class_name(finding.check_class));
  }
  return out;
}

void expect(const JsonValue& wanted, const AttestationResult& result) {
  for (const auto& [word, verdict] : {std::pair{"accept", Verdict::kAccepted},
                                      {"refuse", Verdict::kRefused},
                                      {"unappraisable", Verdict::kUnappraisable}}) {
    if (wanted.find("verdict")->text() == word) {
      EXPECT_EQ(result.verdict(), verdict);
    }
  }
  if (const auto* parse = wanted.find("parse")) {
    EXPECT_EQ(result.parsed(), parse->text() == "ok");
  }
  if (const auto* authentic = wanted.find("authentic")) {
    EXPECT_EQ(result.authenticity() == Authenticity::kYes, *authentic->boolean());
  }
  if (const auto* classes = wanted.find("classes")) {
    for (const auto& item : classes->items()) {
      EXPECT_TRUE(failed_classes(result).contains(std::string(item.text()))) << item.text();
    }
  }
  if (const auto* values = wanted.find("measurements")) {
    for (const auto& item : values->items()) {
      const auto found = std::ranges::find(result.measurements(), item.name(), &Measurement::name);
      ASSERT_NE(found, result.measurements().end()) << item.name();
      EXPECT_EQ(wire::hex_encode(found->value), item.text()) << item.name();
    }
  }
}

void run(const JsonValue& c) {
  std::vector<std::string> files;
  for (const auto& name : c.find("inputs")->find("endorsements")->items()) {
    files.push_back(read_file(name.text()).value());
  }
  std::vector<ByteView> views;
  for (const auto& file : files) views.push_back(as_bytes(file));
  const auto endorsements = evidence::amd::Endorsements::parse(views);
  ASSERT_TRUE(endorsements);
  Appraiser appraiser(std::make_shared<const Policy>(policy_for(*c.find("allow"))));
  Request request{.tee = evidence::Tee::kSnp,
                  .endorsements = &*endorsements,
                  .at = *parse_time(c.find("at")->text()),
                  .expected_report_data = std::nullopt};
  const auto* name = c.find("inputs")->find("evidence");
  if (name == nullptr) {
    return expect(*c.find("expect"), appraiser.appraise_endorsements(request, Detail::kAll));
  }
  std::string evidence = read_file(name->text()).value();
  mutate(c.find("inputs")->find("mutate"), evidence);
  request.evidence = as_bytes(evidence);
  // Cold, then warm.
  expect(*c.find("expect"), appraiser.appraise(request, Detail::kAll));
  expect(*c.find("expect"), appraiser.appraise(request, Detail::kAll));
}

TEST(SnpVectors, EveryCase) {
  const auto text = read_file("cases.json");
  if (!text) {
    if (std::getenv("CI")) FAIL() << "no vectors: ATOMA_VECTORS/snp/cases.json";
    std::cerr << "*** SKIPPED, NOT TESTED: ATOMA_VECTORS/snp/cases.json is missing\n";
    GTEST_SKIP() << "ATOMA_VECTORS/snp/cases.json is missing";
  }
  const auto document = wire::JsonDocument::parse(*text);
  ASSERT_TRUE(document);
  const auto& cases = document->root().find("cases")->items();
  EXPECT_GE(cases.size(), 50u);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.find("name")->text());
    run(c);
  }
}

// AMD's ASVK is pinned, but no VCEK may come from it.
TEST(SnpVectors, IntermediateOfTheOtherKind) {
  const auto report = read_file("milan_v2_vcek/report.bin");
  if (!report) GTEST_SKIP() << "ATOMA_VECTORS/snp/milan_v2_vcek/report.bin is missing";
  const auto leaf = *read_file("milan_v2_vcek/ek.der");
  const auto issuers = *read_file("roots/asvk_ark_milan_vlek.pem");
  const ByteView files[] = {as_bytes(leaf), as_bytes(issuers)};
  const auto endorsements = evidence::amd::Endorsements::parse(files);
  Appraiser appraiser(std::make_shared<const Policy>(Policy::strict("a test")));
  const auto result = appraiser.appraise({.evidence = as_bytes(*report),
                                          .endorsements = &*endorsements,
                                          .at = *parse_time("2025-01-01T00:00:00Z"),
                                          .expected_report_data = std::nullopt},
                                         Detail::kFailures);
  std::set<std::string> ids;
  for (const auto& finding : result.findings().items()) ids.emplace(finding.id);
  ids.erase("policy.report_data");
  EXPECT_EQ(ids, (std::set<std::string>{"amd.intermediate", "amd.names", "amd.leaf_signature"}));
}

}  // namespace
}  // namespace atoma::appraisal
