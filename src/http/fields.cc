#include "atoma/http/fields.h"

#include <algorithm>
#include <format>

#include "atoma/wire/text.h"
#include "format.h"

namespace atoma::http {
namespace {

using wire::CborItem;
using wire::JsonValue;

// Nothing above what a route takes reaches this; a member takes a few items.
constexpr wire::CborForms kForms{
    .unsorted_maps = true, .size_max = limits::kCborBodyMax, .items_max = limits::kJsonNodesMax};

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

std::optional<Bytes> decode(const JsonValue& value, SizeRange size) {
  // Longer text can't fit: do not decode it first.
  if (!value.is_string() || value.text().size() > (size.max + 2) / 3 * 4) return std::nullopt;
  auto bytes = wire::base64_decode(value.text());
  if (!bytes || bytes->size() < size.min || bytes->size() > size.max) return std::nullopt;
  return *std::move(bytes);
}

std::optional<Bytes> decode(const CborItem& item, SizeRange size) {
  const auto bytes = item.bytes();
  if (!bytes || bytes->size() < size.min || bytes->size() > size.max) return std::nullopt;
  return to_bytes(*bytes);
}

}  // namespace

BodyForm body_form(const Request& request) {
  const auto type = media_type(request.header("Content-Type").value_or(""));
  return equal_ignoring_case(type, kCborType) ? BodyForm::kCbor : BodyForm::kJson;
}

bool Value::is_object() const {
  return std::visit(Overloaded{[](const JsonValue* json) { return json->is_object(); },
                               [](const CborItem& item) { return item.is_map(); }},
                    value_);
}

bool Value::is_array() const {
  return std::visit(Overloaded{[](const JsonValue* json) { return json->is_array(); },
                               [](const CborItem& item) { return item.is_array(); }},
                    value_);
}

std::optional<std::string_view> Value::text() const {
  const JsonValue* value = json();
  if (value == nullptr) return std::get<CborItem>(value_).text();
  return value->is_string() ? std::optional(value->text()) : std::nullopt;
}

std::optional<std::uint64_t> Value::number() const {
  return std::visit(Overloaded{[](const JsonValue* json) { return json->unsigned_integer(); },
                               [](const CborItem& item) { return item.unsigned_integer(); }},
                    value_);
}

std::optional<Bytes> Value::bytes(SizeRange size) const {
  return std::visit(Overloaded{[size](const JsonValue* json) { return decode(*json, size); },
                               [size](const CborItem& item) { return decode(item, size); }},
                    value_);
}

std::optional<std::string_view> Value::document() const {
  const JsonValue* value = json();
  if (value == nullptr) return std::get<CborItem>(value_).text();
  return value->is_object() ? std::optional(value->raw()) : std::nullopt;
}

std::optional<Value> Value::find(std::string_view name) const {
  if (const JsonValue* object = json()) {
    const JsonValue* found = object->find(name);
    return found == nullptr ? std::nullopt : std::optional<Value>(*found);
  }
  const auto found = std::get<CborItem>(value_).find(name);
  return found ? std::optional<Value>(Value(*found)) : std::nullopt;
}

std::vector<Value> Value::items() const {
  std::vector<Value> out;
  if (!is_array()) return out;
  if (const JsonValue* list = json()) {
    out.assign(list->items().begin(), list->items().end());
  } else {
    for (const CborItem& item : std::get<CborItem>(value_).items()) out.emplace_back(item);
  }
  return out;
}

std::vector<std::optional<std::string_view>> Value::names() const {
  std::vector<std::optional<std::string_view>> out;
  if (!is_object()) return out;
  if (const JsonValue* object = json()) {
    for (const JsonValue& member : object->items()) out.emplace_back(member.name());
    return out;
  }
  // Keys and values in turn.
  const auto items = std::get<CborItem>(value_).items();
  for (std::size_t i = 0; i < items.size(); i += 2) out.push_back(items[i].text());
  return out;
}

const JsonValue* Value::json() const {
  const auto* value = std::get_if<const JsonValue*>(&value_);
  return value == nullptr ? nullptr : *value;
}

Value Body::root() const {
  return std::visit(
      Overloaded{[](const wire::JsonDocument& document) { return Value(document.root()); },
                 [](const wire::CborDocument& document) { return Value(document.root()); }},
      document_);
}

Result<Body> parse_body(ByteView body, BodyForm form) {
  if (form == BodyForm::kJson) {
    ATOMA_TRY(auto document, wire::JsonDocument::parse(as_text(body)));
    if (document.root().is_object()) return Body(std::move(document));
    return malformed("request.field", "the body is no JSON object");
  }
  ATOMA_TRY(auto document, wire::CborDocument::parse(body, kForms));
  if (document.root().is_map()) return Body(std::move(document));
  return malformed("request.field", "the body is no CBOR map");
}

FieldReader::FieldReader(Value object, std::string path) : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) refuse("", "an object");
}

void FieldReader::refuse(std::string_view name, std::string_view form) {
  if (error_) return;
  error_ = Error{Code::kInvalidArgument, "request.field",
                 std::format("\"{}{}\": expected {}", path_, name, form)};
}

void FieldReader::check(const Status& nested) {
  if (!error_ && !nested) error_ = nested.error();
}

std::optional<Value> FieldReader::optional(std::string_view name) {
  known_.push_back(name);
  return object_.find(name);
}

std::optional<Value> FieldReader::required(std::string_view name, std::string_view form) {
  auto value = optional(name);
  if (!value && !error_) {
    error_ = Error{Code::kInvalidArgument, "request.missing_field",
                   std::format("\"{}{}\" is missing: expected {}", path_, name, form)};
  }
  return value;
}

std::string_view FieldReader::text(std::string_view name, SizeRange size) {
  const std::string form = std::format("a string of {} to {} bytes", size.min, size.max);
  const auto value = required(name, form);
  if (!value) return {};
  const auto text = value->text();
  if (text && text->size() >= size.min && text->size() <= size.max) return *text;
  refuse(name, form);
  return {};
}

std::string FieldReader::bytes_form(SizeRange size) const {
  const auto count =
      size.min == size.max ? std::to_string(size.min) : std::format("{} to {}", size.min, size.max);
  const auto* what = object_.is_cbor() ? "a byte string of" : "canonical base64 of";
  return std::format("{} {} bytes", what, count);
}

Bytes FieldReader::bytes(std::string_view name, SizeRange size) {
  const auto value = optional(name);
  auto bytes = value ? value->bytes(size) : std::nullopt;
  if (bytes) return *std::move(bytes);
  // The form is put into words only for a complaint.
  if (value || required(name, bytes_form(size))) refuse(name, bytes_form(size));
  return {};
}

SecretBytes FieldReader::secret(std::string_view name, SizeRange size) {
  return SecretBytes(bytes(name, size));
}

Bytes FieldReader::optional_bytes(std::string_view name, std::size_t size_max) {
  return has(name) ? bytes(name, {1, size_max}) : Bytes();
}

std::uint64_t FieldReader::number(std::string_view name) {
  const auto value = required(name, "a whole number");
  if (!value) return 0;
  const auto number = value->number();
  if (!number) refuse(name, "a whole number");
  return number.value_or(0);
}

Status FieldReader::finish() const {
  if (error_) return std::unexpected(*error_);
  for (const auto& name : object_.names()) {
    if (name && std::ranges::contains(known_, *name)) continue;
    return malformed("request.unknown_field", std::format("\"{}{}\" is no field of this request",
                                                          path_, name.value_or("(no text)")));
  }
  return {};
}

}  // namespace atoma::http
