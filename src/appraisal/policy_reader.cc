#include "policy_reader.h"

#include <charconv>
#include <format>

#include "atoma/wire/text.h"

namespace atoma::appraisal {
namespace {

using wire::JsonValue;

constexpr std::string_view kAnyForm = "{accept_any: \"reason\"}";
// Lists in policies are written by people.
constexpr std::size_t kValuesMax = 1024;

std::optional<std::uint64_t> parse_mask(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::uint64_t mask = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mask, 16);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(mask) : std::nullopt;
}

}  // namespace

PolicyReader::PolicyReader(const JsonValue& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object.is_object()) {
    set_error({Code::kInvalidArgument, "policy.field", path_ + ": expected an object"});
  }
}

void PolicyReader::set_error(Error error) {
  if (!error_) error_ = std::move(error);
}

void PolicyReader::fail(std::string_view name, std::string_view expected) {
  set_error({Code::kInvalidArgument, "policy.field",
             std::format("{}.{}: expected {}", path_, name, expected)});
}

const JsonValue* PolicyReader::take(std::string_view name, std::string_view expected) {
  known_.emplace(name);
  const JsonValue* value = object_.find(name);
  if (value == nullptr) {
    set_error({Code::kInvalidArgument, "policy.missing_field",
               std::format("{}.{} is not there; write {} or {}", path_, name, expected, kAnyForm)});
  }
  return value;
}

bool PolicyReader::accept_any(const JsonValue& value, std::string_view name, std::string& reason) {
  const JsonValue* given = value.is_object() ? value.find("accept_any") : nullptr;
  if (given == nullptr) return false;
  if (!given->is_string() || given->text().empty() || value.items().size() != 1) {
    set_error({Code::kInvalidArgument, "policy.reason",
               std::format("{}.{}: accept_any needs a reason in words", path_, name)});
  }
  reason = given->text();
  return true;
}

Require PolicyReader::require(std::string_view name, std::string_view word) {
  const JsonValue* value = take(name, word);
  Require out;
  if (value == nullptr) return out;
  out.accept_any = accept_any(*value, name, out.accept_any_reason);
  if (!out.accept_any && value->text() != word) fail(name, std::format("{} or {}", word, kAnyForm));
  return out;
}

template <typename T, typename Parse>
Bound<T> PolicyReader::bound(std::string_view name, std::string_view what, std::string_view form,
                             Parse parse) {
  const JsonValue* value = take(name, what);
  Bound<T> out;
  if (value == nullptr) return out;
  out.accept_any = accept_any(*value, name, out.accept_any_reason);
  if (out.accept_any) return out;
  const std::optional<T> parsed = parse(*value);
  if (!parsed) fail(name, std::format("{} or {}", form, kAnyForm));
  out.value = parsed.value_or(T{});
  return out;
}

template <typename T, typename Parse>
AnyOf<T> PolicyReader::any_of(std::string_view name, std::string_view form, Parse parse) {
  const JsonValue* value = take(name, form);
  AnyOf<T> out;
  if (value == nullptr) return out;
  out.accept_any = accept_any(*value, name, out.accept_any_reason);
  if (out.accept_any) return out;
  bool good = value->is_array() && value->items().size() <= kValuesMax;
  for (const auto& item : value->items()) {
    std::optional<T> parsed = parse(item);
    good &= parsed.has_value();
    out.values.push_back(std::move(parsed).value_or(T{}));
  }
  if (!good) fail(name, std::format("{} or {}", form, kAnyForm));
  return out;
}

Bound<std::uint64_t> PolicyReader::bound_u64(std::string_view name) {
  return bound<std::uint64_t>(name, "a number", "a number",
                              [](const JsonValue& v) { return v.unsigned_integer(); });
}

Bound<Time> PolicyReader::bound_time(std::string_view name) {
  return bound<Time>(name, "a UTC time", "a time like 2026-11-22T09:00:00Z",
                     [](const JsonValue& v) {
                       const auto time = parse_time(v.text());
                       return time ? std::optional(*time) : std::nullopt;
                     });
}

Bound<std::uint64_t> PolicyReader::bound_mask(std::string_view name) {
  return bound<std::uint64_t>(name, "a mask in hexadecimal", "a mask like \"0x602e7\"",
                              [](const JsonValue& v) { return parse_mask(v.text()); });
}

AnyOf<std::uint64_t> PolicyReader::any_of_u64(std::string_view name) {
  return any_of<std::uint64_t>(name, "a list of numbers",
                               [](const JsonValue& v) { return v.unsigned_integer(); });
}

AnyOf<std::string> PolicyReader::any_of_text(std::string_view name) {
  return any_of<std::string>(name, "a list of words", [](const JsonValue& v) {
    return v.is_string() ? std::optional(std::string(v.text())) : std::nullopt;
  });
}

AnyOf<Bytes> PolicyReader::any_of_bytes(std::string_view name, std::size_t size) {
  const std::string form = std::format("a list of hexadecimal values of {} bytes", size);
  return any_of<Bytes>(name, form, [size](const JsonValue& v) {
    Bytes bytes(size);
    const bool good = v.is_string() && wire::hex_decode_into(v.text(), bytes);
    return good ? std::optional(std::move(bytes)) : std::nullopt;
  });
}

AnyOf<Bytes> PolicyReader::windowed_bytes(std::string_view name, std::size_t size) {
  return windowed_by<AnyOf<Bytes>>(name, [size](PolicyReader& in, std::string_view field) {
    return in.any_of_bytes(field, size);
  });
}

MeasurementRule PolicyReader::measurement(std::string_view name, std::size_t size) {
  MeasurementRule out{.name = std::string(name), .accepted = {}};
  if (!is_object_with(name, "signed_by")) {
    out.accepted = windowed_bytes(name, size);
    return out;
  }
  object(name, [&](PolicyReader& in) {
    auto signers = in.any_of_text("signed_by");
    if (signers.accept_any || signers.values.empty()) in.fail("signed_by", "a list of key ids");
    out.signed_by = std::move(signers.values);
  });
  return out;
}

Bound<std::uint64_t> PolicyReader::windowed_u64(std::string_view name) {
  return windowed_by<Bound<std::uint64_t>>(
      name, [](PolicyReader& in, std::string_view field) { return in.bound_u64(field); });
}

std::string PolicyReader::text(std::string_view name) {
  const JsonValue* value = take(name, "a word");
  if (value == nullptr) return "";
  if (!value->is_string() || value->text().empty()) fail(name, "a word");
  return std::string(value->text());
}

Bytes PolicyReader::bytes(std::string_view name) {
  const JsonValue* value = take(name, "hexadecimal");
  if (value == nullptr) return {};
  auto bytes = wire::hex_decode(value->text());
  if (!value->is_string() || !bytes) fail(name, "hexadecimal");
  return bytes ? std::move(*bytes) : Bytes();
}

Require PolicyReader::objects(std::string_view name,
                              const std::function<void(PolicyReader&)>& read) {
  const JsonValue* value = take(name, "a list");
  Require out;
  if (value == nullptr) return out;
  out.accept_any = accept_any(*value, name, out.accept_any_reason);
  if (out.accept_any) return out;
  const auto& items = value->items();
  if (!value->is_array() || items.empty() || items.size() > kValuesMax) {
    fail(name, std::format("a list or {}", kAnyForm));
    return out;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    PolicyReader nested(items[i], std::format("{}.{}.{}", path_, name, i));
    if (items[i].is_object()) read(nested);
    if (auto status = nested.finish(); !status) set_error(std::move(status).error());
  }
  return out;
}

void PolicyReader::object(std::string_view name, const std::function<void(PolicyReader&)>& read) {
  const JsonValue* value = take(name, "an object");
  if (value == nullptr) return;
  PolicyReader nested(*value, path_ + "." + std::string(name));
  read(nested);
  if (auto status = nested.finish(); !status) set_error(std::move(status).error());
}

void PolicyReader::optional_object(std::string_view name,
                                   const std::function<void(PolicyReader&)>& read) {
  known_.emplace(name);
  if (object_.find(name) != nullptr) object(name, read);
}

bool PolicyReader::is_object_with(std::string_view name, std::string_view member) const {
  const JsonValue* value = object_.find(name);
  return value != nullptr && value->find(member) != nullptr;
}

Status PolicyReader::finish() {
  if (error_) return std::unexpected(*error_);
  for (const auto& item : object_.items()) {
    if (known_.contains(item.name())) continue;
    return malformed("policy.unknown_field",
                     std::format("{}.{} is no field of a policy", path_, item.name()));
  }
  return {};
}

}  // namespace atoma::appraisal
