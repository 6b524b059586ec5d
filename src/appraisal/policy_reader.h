// Reads policy objects field by field. Every field must be there; an unknown one is refused; the
// way to check nothing is to write {accept_any: "reason"}. Errors are remembered: the first one
// comes out of finish(), with the path of the field and what may stand there.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "atoma/appraisal/rule.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/wire/json.h"

namespace atoma::appraisal {

class PolicyReader {
 public:
  // `path` names the object in errors: "accept.tdx".
  PolicyReader(const wire::JsonValue& object, std::string path);

  // `word` is what the strict form says: "require" or "forbid".
  Require require(std::string_view name, std::string_view word);
  Bound<std::uint64_t> bound_u64(std::string_view name);
  Bound<Time> bound_time(std::string_view name);
  // A mask of 64 bits in hexadecimal text.
  Bound<std::uint64_t> bound_mask(std::string_view name);
  AnyOf<std::uint64_t> any_of_u64(std::string_view name);
  AnyOf<std::string> any_of_text(std::string_view name);
  // Hexadecimal values of exactly `size` bytes.
  AnyOf<Bytes> any_of_bytes(std::string_view name, std::size_t size);
  std::string text(std::string_view name);
  // Hexadecimal of any length.
  Bytes bytes(std::string_view name);
  // A list of objects, each read with `read`; or {accept_any: "reason"}.
  Require objects(std::string_view name, const std::function<void(PolicyReader&)>& read);
  // A nested object; reads it with `read` when it is there. A required one that is absent fails.
  void object(std::string_view name, const std::function<void(PolicyReader&)>& read);
  void optional_object(std::string_view name, const std::function<void(PolicyReader&)>& read);

  // A rule as `read` reads it from a field; or {strict: rule, tolerate: [{accept, until, reason}]},
  // where `accept` is a rule of the same form. Neither rule may be accept_any.
  template <typename Rule>
  Rule windowed(std::string_view name, Rule (*read)(PolicyReader& in, std::string_view name));
  // Values of a register of so many bytes; or {signed_by: [key ids]}.
  MeasurementRule measurement(std::string_view name, std::size_t size);
  AnyOf<Bytes> windowed_bytes(std::string_view name, std::size_t size);
  Bound<std::uint64_t> windowed_u64(std::string_view name);

  bool has(std::string_view name) const { return object_.find(name) != nullptr; }
  // True when the field is an object that has `member`: fields with more than one form.
  bool is_object_with(std::string_view name, std::string_view member) const;

  // Records an error about a field of this object.
  void fail(std::string_view name, std::string_view expected);

  // Errors: "policy.missing_field", "policy.unknown_field", "policy.field" (wrong form),
  // "policy.reason" (accept_any without a reason).
  Status finish();

 private:
  template <typename Rule, typename Read>
  Rule windowed_by(std::string_view name, Read read);
  const wire::JsonValue* take(std::string_view name, std::string_view expected);
  // True when the field is {accept_any: "reason"}; `reason` is set.
  bool accept_any(const wire::JsonValue& value, std::string_view name, std::string& reason);
  void set_error(Error error);
  // `parse` makes an optional T of a value; `what` and `form` are for messages.
  template <typename T, typename Parse>
  Bound<T> bound(std::string_view name, std::string_view what, std::string_view form, Parse parse);
  template <typename T, typename Parse>
  AnyOf<T> any_of(std::string_view name, std::string_view form, Parse parse);

  const wire::JsonValue& object_;
  std::string path_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> error_;
};

// False when the rule is no window: accept_any, or a list of nothing.
template <typename T>
bool add_window(AnyOf<T>& to, AnyOf<T> rule, Time until, std::string reason) {
  const bool good = !rule.accept_any && !rule.values.empty();
  to.windows.push_back({std::move(rule.values), until, std::move(reason)});
  return good;
}
template <typename T>
bool add_window(Bound<T>& to, Bound<T> rule, Time until, std::string reason) {
  to.windows.push_back({std::move(rule.value), until, std::move(reason)});
  return !rule.accept_any;
}

template <typename Rule, typename Read>
Rule PolicyReader::windowed_by(std::string_view name, Read read) {
  if (!is_object_with(name, "strict")) return read(*this, name);
  Rule out;
  object(name, [&](PolicyReader& in) {
    out = read(in, "strict");
    if (in.is_object_with("strict", "accept_any")) in.fail("strict", "what is always accepted");
    const auto none = in.objects("tolerate", [&](PolicyReader& window) {
      Rule rule = read(window, "accept");
      const auto until = window.bound_time("until");
      if (until.accept_any) window.fail("until", "a UTC time");
      if (!add_window(out, std::move(rule), until.value, window.text("reason"))) {
        window.fail("accept", "values or a bound beyond the strict form");
      }
    });
    if (none.accept_any) in.fail("tolerate", "a list");
  });
  return out;
}

template <typename Rule>
Rule PolicyReader::windowed(std::string_view name,
                            Rule (*read)(PolicyReader& in, std::string_view name)) {
  return windowed_by<Rule>(name, read);
}

}  // namespace atoma::appraisal
