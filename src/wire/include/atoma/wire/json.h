// Strict JSON (RFC 8259) for signed collateral, policies and requests: UTF-8 only, no duplicate
// names (RFC 7493 §2.3), depth and node count bounded, parsed without recursion. Each value knows
// the exact bytes it came from, because Intel signs those and no re-serialisation (PCS v4).
//
//   ATOMA_TRY(auto document, JsonDocument::parse(text));
//   const JsonValue* info = document.root().find("tcbInfo");
//   info->raw()   // the signed bytes
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/limits.h"
#include "atoma/base/result.h"

namespace atoma::wire {

enum class JsonType : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

class JsonDocument;

class JsonValue {
 public:
  JsonType type() const { return type_; }
  bool is_object() const { return type_ == JsonType::kObject; }
  bool is_array() const { return type_ == JsonType::kArray; }
  bool is_string() const { return type_ == JsonType::kString; }

  // The exact bytes of this value in the parsed text.
  std::string_view raw() const { return raw_; }
  // Null when this is no object or has no such member.
  const JsonValue* find(std::string_view name) const;
  // Members or elements; empty for scalars. A member's name() is its key.
  const std::vector<JsonValue>& items() const { return items_; }
  std::string_view name() const { return name_; }

  // Decoded text of a string; empty otherwise.
  std::string_view text() const { return text_; }
  std::optional<bool> boolean() const;
  // Integers without fraction or exponent that fit.
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> unsigned_integer() const;

 private:
  friend class JsonParser;
  JsonType type_ = JsonType::kNull;
  std::string_view raw_;
  // Decoded; in the document's text, or in its unescaped_ when there were escapes.
  std::string_view name_;
  std::string_view text_;
  std::vector<JsonValue> items_;
};

// Owns the text; values point into it. Move-only, moving keeps the pointers good.
class JsonDocument {
 public:
  // Errors: "json.syntax", "json.utf8", "json.depth", "json.nodes", "json.duplicate_name",
  // each with the byte offset.
  static Result<JsonDocument> parse(std::string_view text,
                                    std::size_t nodes_max = limits::kJsonNodesMax);
  JsonDocument(JsonDocument&&) noexcept = default;
  JsonDocument& operator=(JsonDocument&&) noexcept = default;

  const JsonValue& root() const { return root_; }

 private:
  JsonDocument() = default;
  std::vector<char> text_;
  std::deque<std::string> unescaped_;
  JsonValue root_;
};

}  // namespace atoma::wire
