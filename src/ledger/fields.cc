#include "fields.h"

#include <format>

namespace atoma::ledger {

std::unexpected<Error> FieldValue::wrong(std::string_view expected) const {
  return malformed("rule.body", std::format("{}: expected {}", where_, expected));
}

Result<std::uint64_t> FieldValue::number() const {
  const auto number = item_.unsigned_integer();
  if (!number || *number > merkle::kSizeMax) return wrong("a number from 0 to 2^63 - 1");
  return *number;
}

Result<Time> FieldValue::time() const {
  ATOMA_TRY(const std::uint64_t seconds, number());
  return Time{static_cast<std::int64_t>(seconds)};
}

Result<Duration> FieldValue::duration() const {
  constexpr std::uint64_t kYears10 = 315'360'000;
  const auto seconds = item_.unsigned_integer();
  if (!seconds || *seconds > kYears10) return wrong("seconds, ten years at most");
  return Duration{static_cast<std::int64_t>(*seconds)};
}

Result<bool> FieldValue::boolean() const {
  const auto value = item_.boolean();
  if (!value) return wrong("true or false");
  return *value;
}

Result<std::string> FieldValue::text(std::size_t size_max) const {
  const auto value = item_.text();
  if (!value || value->empty() || value->size() > size_max) {
    return wrong(std::format("a text of 1 to {} bytes", size_max));
  }
  return std::string(*value);
}

Result<Bytes> FieldValue::bytes(std::size_t size_min, std::size_t size_max) const {
  const auto value = item_.bytes();
  if (!value || value->size() < size_min || value->size() > size_max) {
    return wrong(std::format("{} to {} bytes", size_min, size_max));
  }
  return to_bytes(*value);
}

Result<Hash> FieldValue::digest() const {
  Hash out;
  ATOMA_TRY(const Bytes value, bytes(out.size(), out.size()));
  std::ranges::copy(value, out.begin());
  return out;
}

Result<std::vector<FieldValue>> FieldValue::array(std::size_t count_max) const {
  if (!item_.is_array() || item_.size() > count_max) {
    return wrong(std::format("an array of at most {}", count_max));
  }
  std::vector<FieldValue> out;
  for (const auto& item : item_.items()) {
    out.emplace_back(item, std::format("{}[{}]", where_, out.size()));
  }
  return out;
}

Result<Fields> Fields::parse(ByteView map, std::string what) {
  auto document = wire::CborDocument::parse(map);
  if (!document || !document->root().is_map()) {
    return malformed("rule.body", std::format("{}: expected a map", what));
  }
  return Fields(std::make_shared<wire::CborDocument>(*std::move(document)), std::move(what));
}

Result<FieldValue> Fields::need(std::int64_t key) {
  auto value = maybe(key);
  if (!value) return malformed("rule.body", std::format("{}: field {} is missing", what_, key));
  return *std::move(value);
}

std::optional<FieldValue> Fields::maybe(std::int64_t key) {
  const auto item = document_->root().find(key);
  if (!item) return std::nullopt;
  ++seen_;
  return FieldValue(*item, std::format("{}, field {}", what_, key));
}

Status Fields::end() const {
  if (document_->root().size() == 2 * seen_) return {};
  return malformed("rule.body", std::format("{}: there is a field of no meaning", what_));
}

}  // namespace atoma::ledger
