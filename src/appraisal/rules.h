// How a policy's rules become findings. Private to appraisal.
#pragma once

#include <algorithm>
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

// The window that admits a value for the longest time; null: none does.
template <typename T, typename Admits>
const Window<T>* window_for(const std::vector<Window<T>>& windows, Admits admits) {
  const Window<T>* longest = nullptr;
  for (const auto& window : windows) {
    if (!admits(window.accepted)) continue;
    if (longest == nullptr || longest->until < window.until) longest = &window;
  }
  return longest;
}

template <typename T>
std::string until_text(const Window<T>& window) {
  return "until " + format_time(window.until) + " (" + window.reason + ")";
}

inline void add_expired(const std::string& until, Time at, evidence::Findings& findings) {
  findings.check(evidence::Check::kPolicyToleranceExpired, false, "tolerated " + until,
                 format_time(at));
}

// A rule with windows. `ok`: its strict form holds; else `admits` says of what a window accepts
// whether that would do.
template <typename T, typename Admits, typename Expected, typename Actual>
bool check_with_windows(evidence::Check check, bool ok, const std::vector<Window<T>>& windows,
                        Time at, Admits admits, Expected expected, Actual actual,
                        evidence::Findings& findings) {
  const Window<T>* window = ok ? nullptr : window_for(windows, admits);
  if (window == nullptr) return findings.check(check, ok, expected, actual);
  const bool open = at <= window->until;
  findings.check_or_excuse(
      check, false, open,
      [&] { return expected() + (open ? "; tolerated " + until_text(*window) : ""); }, actual);
  if (!open) add_expired(until_text(*window), at, findings);
  return open;
}

// The reference values of one register.
inline bool apply(const MeasurementRule& rule, ByteView value, Time at, evidence::Check check,
                  evidence::Findings& findings) {
  const bool compared = !rule.accepted.accept_any && !rule.accepted.values.empty();
  if (compared && evidence::check_info(check).check_class == evidence::CheckClass::kMeasurement) {
    findings.compared();
  }
  return check_with_windows(
      check, rule.accepted.admits(value), rule.accepted.windows, at,
      [&](const std::vector<Bytes>& values) {
        return std::ranges::any_of(values, [&](const Bytes& v) { return equal(v, value); });
      },
      [&] {
        if (rule.accepted.accept_any)
          return rule.name + ": any (" + rule.accepted.accept_any_reason + ")";
        std::string text = rule.name + ": one of";
        for (const auto& v : rule.accepted.values) text += " " + wire::hex_encode(v);
        return rule.accepted.values.empty() ? rule.name + ": nothing is accepted" : text;
      },
      [&] { return rule.name + " = " + wire::hex_encode(value); }, findings);
}

inline bool apply_min(const Bound<std::uint64_t>& rule, std::uint64_t value, Time at,
                      evidence::Check check, evidence::Findings& findings) {
  return check_with_windows(
      check, rule.accept_any || value >= rule.value, rule.windows, at,
      [&](std::uint64_t lower) { return value >= lower; },
      [&] {
        return rule.accept_any ? "any (" + rule.accept_any_reason + ")"
                               : std::format("at least {}", rule.value);
      },
      [&] { return std::to_string(value); }, findings);
}

}  // namespace atoma::appraisal
