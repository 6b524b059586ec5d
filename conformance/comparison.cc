#include "comparison.h"

#include <algorithm>
#include <set>

#include "atoma/wire/text.h"

namespace atoma::conformance {
namespace {

using appraisal::AttestationResult;
using appraisal::Verdict;
using evidence::Authenticity;
using evidence::Outcome;
using wire::JsonValue;

// The words of CASES.md.
std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return "accept";
    case Verdict::kRefused:
      return "refuse";
    case Verdict::kUnappraisable:
      return "unappraisable";
  }
  return "refuse";
}

std::string_view authentic_word(Authenticity authenticity) {
  switch (authenticity) {
    case Authenticity::kYes:
      return "true";
    case Authenticity::kNo:
      return "false";
    case Authenticity::kUnknown:
      return "null";
  }
  return "false";
}

std::set<std::string, std::less<>> failing_classes(const AttestationResult& result) {
  std::set<std::string, std::less<>> out;
  for (const auto& f : result.findings().items()) {
    if (f.outcome == Outcome::kFail || f.outcome == Outcome::kMissing) {
      out.emplace(evidence::class_name(f.check_class));
    }
  }
  return out;
}

std::string joined(const std::set<std::string, std::less<>>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

class Comparison {
 public:
  Comparison(const JsonValue& expect, const AttestationResult& result, CaseReport& report)
      : expect_(expect), result_(result), report_(report) {}

  void run() {
    compare("verdict", verdict_word(result_.verdict()));
    compare("parse", result_.parsed() ? "ok" : "error");
    if (const JsonValue* authentic = expect_.find("authentic")) {
      mismatch_unless(authentic->raw() == authentic_word(result_.authenticity()), "authentic",
                      authentic->raw(), authentic_word(result_.authenticity()));
    }
    compare("tcb_status", result_.tcb_status());
    compare_classes();
    compare_measurements();
    compare_advisories();
    compare_indices();
  }

 private:
  void mismatch_unless(bool equal, std::string_view what, std::string_view expected,
                       std::string_view actual) {
    if (equal) return;
    report_.mismatches.push_back(std::string(what) + ": expected " + std::string(expected) +
                                 ", found " + std::string(actual));
  }

  void compare(std::string_view name, std::string_view actual) {
    const JsonValue* expected = expect_.find(name);
    if (expected != nullptr) {
      mismatch_unless(expected->text() == actual, name, expected->text(), actual);
    }
  }

  void compare_classes() {
    const JsonValue* classes = expect_.find("classes");
    if (classes == nullptr) return;
    const auto failing = failing_classes(result_);
    for (const auto& c : classes->items()) {
      mismatch_unless(failing.contains(c.text()), "classes", c.text(), joined(failing));
    }
  }

  void compare_measurements() {
    const JsonValue* measurements = expect_.find("measurements");
    if (measurements == nullptr) return;
    for (const auto& expected : measurements->items()) {
      const auto found =
          std::ranges::find(result_.measurements(), expected.name(), &appraisal::Measurement::name);
      const std::string actual = found == result_.measurements().end()
                                     ? std::string("nothing")
                                     : wire::hex_encode(found->value);
      mismatch_unless(actual == expected.text(), expected.name(), expected.text(), actual);
    }
  }

  void compare_advisories() {
    const JsonValue* advisories = expect_.find("advisories");
    if (advisories == nullptr) return;
    std::set<std::string, std::less<>> expected, actual;
    for (const auto& a : advisories->items()) expected.emplace(a.text());
    for (const auto a : result_.advisories()) actual.emplace(a);
    mismatch_unless(expected == actual, "advisories", joined(expected), joined(actual));
  }

  // Of all devices together.
  void compare_indices() {
    const JsonValue* indices = expect_.find("mismatched_indices");
    if (indices == nullptr) return;
    std::set<std::string, std::less<>> expected, actual;
    for (const auto& i : indices->items()) expected.emplace(i.raw());
    for (const auto& device : result_.devices()) {
      for (const std::size_t i : device.mismatched_indices) actual.insert(std::to_string(i));
    }
    mismatch_unless(expected == actual, "mismatched_indices", joined(expected), joined(actual));
  }

  const JsonValue& expect_;
  const AttestationResult& result_;
  CaseReport& report_;
};

std::string summary(const AttestationResult& result) {
  std::string out(verdict_word(result.verdict()));
  if (!result.tcb_status().empty()) out += ", " + std::string(result.tcb_status());
  const std::string classes = joined(failing_classes(result));
  return classes.empty() ? out : out + " (" + classes + ")";
}

std::string expectation(const JsonValue& expect) {
  std::string out;
  if (const JsonValue* verdict = expect.find("verdict")) out = verdict->text();
  if (const JsonValue* status = expect.find("tcb_status")) {
    out += ", " + std::string(status->text());
  }
  return out;
}

}  // namespace

void compare(const JsonValue& expect, const AttestationResult& result, CaseReport& report) {
  report.expected = expectation(expect);
  report.actual = summary(result);
  Comparison(expect, result, report).run();
}

}  // namespace atoma::conformance
