#include "reference_match.h"

#include "atoma/base/check.h"
#include "rules.h"

namespace atoma::appraisal {
namespace {

using evidence::Check;
using evidence::Findings;
using evidence::Tee;

struct Registers {
  Tee tee;
  std::span<const MeasurementRule> rules;
  std::span<const ByteView> values;

  // Empty when there is no such register.
  ByteView value(std::string_view name) const {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].name == name) return values[i];
    }
    return {};
  }

  bool trusts(const std::string& kid) const {
    return std::ranges::all_of(rules, [&](const MeasurementRule& rule) {
      return rule.signed_by.empty() || std::ranges::contains(rule.signed_by, kid);
    });
  }

  // All that is left to signed sets.
  std::string asked() const {
    std::string out;
    for (const auto& rule : rules) {
      if (!rule.signed_by.empty()) out += (out.empty() ? "" : " ") + rule.name;
    }
    return out;
  }

  // Why the row is not met; empty when it is.
  std::string difference(const ReferenceRow& row) const {
    if (row.tee != tee) return "another TEE";
    for (const auto& rule : rules) {
      const auto is_it = [&](const auto& entry) { return entry.first == rule.name; };
      if (!rule.signed_by.empty() && std::ranges::none_of(row.values, is_it)) {
        return rule.name + " is not in it";
      }
    }
    std::string out;
    for (const auto& [name, reference] : row.values) {
      if (!equal(value(name), reference)) out += (out.empty() ? "" : ", ") + name;
    }
    return out.empty() ? out : out + " differ";
  }
};

struct Match {
  const ReferenceSet* set = nullptr;
  const ReferenceSet* lapsed = nullptr;  // would do, at another time
  std::string label;
  std::string closest = "no row for this TEE";
};

void match_set(const Registers& registers, const ReferenceSet& set, Time at, Match& out) {
  for (const auto& row : set.values().rows) {
    const std::string difference = registers.difference(row);
    if (!difference.empty()) {
      if (row.tee == registers.tee) out.closest = row.label + ": " + difference;
      continue;
    }
    if (!set.values().window.contains(at)) {
      out.lapsed = &set;
    } else if (out.set == nullptr) {
      out.set = &set;
      out.label = set.values().name + ": " + row.label;
    }
  }
}

void check_sets(const Registers& registers, Time at, References& references, Findings& findings) {
  Match match;
  std::size_t trusted = 0;
  for (const auto& set : references.sets) {
    if (!registers.trusts(set.kid())) continue;
    ++trusted;
    match_set(registers, set, at, match);
  }
  const std::string expected = "a row of a set signed by a key of the policy: " + registers.asked();
  if (trusted == 0) return findings.missing(Check::kPolicyReferenceValues, expected);
  references.used = match.set;
  findings.check(Check::kPolicyReferenceValues, match.set != nullptr, expected,
                 [&] { return match.set != nullptr ? match.label : match.closest; });
  if (match.set != nullptr || match.lapsed == nullptr) return;
  const auto& window = match.lapsed->values().window;
  findings.check(Check::kReferenceValidity, false,
                 match.lapsed->values().name + " counts from " + format_time(window.not_before) +
                     " to " + format_time(window.not_after),
                 format_time(at));
}

}  // namespace

void apply_measurements(Tee tee, std::span<const MeasurementRule> rules,
                        std::span<const ByteView> values, Time at, References& references,
                        Findings& findings) {
  ATOMA_CHECK(rules.size() == values.size());
  bool by_sets = false;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    by_sets |= !rules[i].signed_by.empty();
    if (!rules[i].signed_by.empty()) continue;
    apply(rules[i], values[i], at, Check::kPolicyMeasurement, findings);
  }
  if (by_sets) check_sets({tee, rules, values}, at, references, findings);
}

}  // namespace atoma::appraisal
