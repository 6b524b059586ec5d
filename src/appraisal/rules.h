// How a policy's rules become findings. Private to appraisal.
#pragma once

#include <format>
#include <string>

#include "atoma/appraisal/rule.h"
#include "atoma/evidence/finding.h"
#include "atoma/wire/text.h"

namespace atoma::appraisal {

// `holds` is the strict form of the rule; accept_any excuses a failure and stays visible.
inline bool apply(const Require& rule, bool holds, evidence::Check check, std::string_view expected,
                  std::string_view actual, evidence::Findings& findings) {
  return findings.check_or_excuse(
      check, holds, rule.accept_any,
      [&] {
        return std::string(expected) +
               (rule.accept_any ? " (any: " + rule.accept_any_reason + ")" : "");
      },
      actual);
}

// The reference values of one register.
inline bool apply(const MeasurementRule& rule, ByteView value, evidence::Check check,
                  evidence::Findings& findings) {
  return findings.check(
      check, rule.accepted.admits(value),
      [&] {
        if (rule.accepted.accept_any)
          return rule.name + ": any (" + rule.accepted.accept_any_reason + ")";
        std::string text = rule.name + ": one of";
        for (const auto& v : rule.accepted.values) text += " " + wire::hex_encode(v);
        return rule.accepted.values.empty() ? rule.name + ": nothing is accepted" : text;
      },
      [&] { return rule.name + " = " + wire::hex_encode(value); });
}

inline bool apply_min(const Bound<std::uint64_t>& rule, std::uint64_t value, evidence::Check check,
                      evidence::Findings& findings) {
  return findings.check(
      check, rule.accept_any || value >= rule.value,
      [&] {
        return rule.accept_any ? "any (" + rule.accept_any_reason + ")"
                               : std::format("at least {}", rule.value);
      },
      [&] { return std::to_string(value); });
}

}  // namespace atoma::appraisal
