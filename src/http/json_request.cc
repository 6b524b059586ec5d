#include "atoma/http/json_request.h"

#include <algorithm>
#include <format>

#include "atoma/wire/text.h"

namespace atoma::http {
namespace {

using wire::JsonValue;

std::string base64_form(SizeRange size) {
  return size.min == size.max
             ? std::format("canonical base64 of {} bytes", size.min)
             : std::format("canonical base64 of {} to {} bytes", size.min, size.max);
}

std::optional<Bytes> decode(const JsonValue& value, SizeRange size) {
  // Longer text can't fit: do not decode it first.
  if (!value.is_string() || value.text().size() > (size.max + 2) / 3 * 4) return std::nullopt;
  auto bytes = wire::base64_decode(value.text());
  if (!bytes || bytes->size() < size.min || bytes->size() > size.max) return std::nullopt;
  return *std::move(bytes);
}

}  // namespace

Result<wire::JsonDocument> parse_body(ByteView body) {
  ATOMA_TRY(auto document, wire::JsonDocument::parse(as_text(body)));
  if (!document.root().is_object()) return malformed("request.field", "the body is no JSON object");
  return document;
}

FieldReader::FieldReader(const JsonValue& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object.is_object()) refuse("", "an object");
}

void FieldReader::refuse(std::string_view name, std::string_view form) {
  if (error_) return;
  error_ = Error{Code::kInvalidArgument, "request.field",
                 std::format("\"{}{}\": expected {}", path_, name, form)};
}

void FieldReader::check(const Status& nested) {
  if (!error_ && !nested) error_ = nested.error();
}

const JsonValue* FieldReader::optional(std::string_view name) {
  known_.push_back(name);
  return object_.find(name);
}

const JsonValue* FieldReader::required(std::string_view name, std::string_view form) {
  const JsonValue* value = optional(name);
  if (value == nullptr && !error_) {
    error_ = Error{Code::kInvalidArgument, "request.missing_field",
                   std::format("\"{}{}\" is missing: expected {}", path_, name, form)};
  }
  return value;
}

std::string_view FieldReader::text(std::string_view name, SizeRange size) {
  const std::string form = std::format("a string of {} to {} bytes", size.min, size.max);
  const JsonValue* value = required(name, form);
  if (value == nullptr) return {};
  const auto text = value->text();
  if (!value->is_string() || text.size() < size.min || text.size() > size.max) {
    refuse(name, form);
    return {};
  }
  return text;
}

Bytes FieldReader::base64(std::string_view name, SizeRange size) {
  const JsonValue* value = optional(name);
  auto bytes = value == nullptr ? std::nullopt : decode(*value, size);
  if (bytes) return *std::move(bytes);
  // The form is put into words only for a complaint.
  if (value != nullptr || required(name, base64_form(size)) != nullptr) {
    refuse(name, base64_form(size));
  }
  return {};
}

SecretBytes FieldReader::secret(std::string_view name, SizeRange size) {
  return SecretBytes(base64(name, size));
}

Bytes FieldReader::optional_base64(std::string_view name, std::size_t size_max) {
  return optional(name) == nullptr ? Bytes() : base64(name, {1, size_max});
}

std::uint64_t FieldReader::number(std::string_view name) {
  const JsonValue* value = required(name, "a whole number");
  if (value == nullptr) return 0;
  const auto number = value->unsigned_integer();
  if (!number) refuse(name, "a whole number");
  return number.value_or(0);
}

Status FieldReader::finish() const {
  if (error_) return std::unexpected(*error_);
  for (const JsonValue& item : object_.items()) {
    if (std::ranges::contains(known_, item.name())) continue;
    return malformed("request.unknown_field",
                     std::format("\"{}{}\" is no field of this request", path_, item.name()));
  }
  return {};
}

}  // namespace atoma::http
