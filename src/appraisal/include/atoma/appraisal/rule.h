// The three things a policy may say of a value. There is no "unset": a policy that leaves a field
// out does not parse, so that nothing goes unchecked by accident. Lists and bounds may have
// windows: what is accepted beyond them until a day.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/time.h"

namespace atoma::appraisal {

// Accepted although the rule's strict form is not met, for a stated reason, as long as the time of
// verification is not after `until`. Excused while it lasts; a refusal of its own afterwards.
template <typename T>
struct Window {
  T accepted;
  Time until;
  std::string reason;
};

// One of a list of values, or anything at all for a stated reason.
template <typename T>
struct AnyOf {
  std::vector<T> values;  // empty with accept_any unset: nothing is accepted
  std::string accept_any_reason;
  bool accept_any = false;
  std::vector<Window<std::vector<T>>> windows;

  static AnyOf one_of(std::vector<T> list) { return {std::move(list), "", false, {}}; }
  static AnyOf any(std::string reason) { return {{}, std::move(reason), true, {}}; }
  // By the strict form; windows need a time.
  template <typename U>
  bool admits(const U& value) const {
    if (accept_any) return true;
    for (const auto& candidate : values) {
      if (std::ranges::equal(candidate, value)) return true;
    }
    return false;
  }
};

// A lower or upper bound, or none for a stated reason.
template <typename T>
struct Bound {
  T value{};
  std::string accept_any_reason;
  bool accept_any = false;
  std::vector<Window<T>> windows;  // looser bounds

  static Bound at(T limit) { return {limit, "", false, {}}; }
  static Bound any(std::string reason) { return {T{}, std::move(reason), true, {}}; }
};

// A property that must hold, or may be either way for a stated reason.
struct Require {
  std::string accept_any_reason;
  bool accept_any = false;

  static Require strict() { return {}; }
  static Require any(std::string reason) { return {std::move(reason), true}; }
};

// Reference values of one measured register or digest.
struct MeasurementRule {
  std::string name;  // "mrtd", "measurement", …
  AnyOf<Bytes> accepted;
  // Ids of keys: the value is left to sets that one of them signed (reference_values.h), and
  // `accepted` accepts nothing.
  std::vector<std::string> signed_by = {};
};

}  // namespace atoma::appraisal
