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

  bool has(std::string_view name) const { return object_.find(name) != nullptr; }
  // True when the field is an object that has `member`: fields with more than one form.
  bool is_object_with(std::string_view name, std::string_view member) const;

  // Records an error about a field of this object.
  void fail(std::string_view name, std::string_view expected);

  // Errors: "policy.missing_field", "policy.unknown_field", "policy.field" (wrong form),
  // "policy.reason" (accept_any without a reason).
  Status finish();

 private:
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

}  // namespace atoma::appraisal
