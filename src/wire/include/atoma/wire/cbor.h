// Deterministic CBOR (RFC 8949 §4.2.1) for tokens and evidence: shortest forms, definite lengths,
// keys sorted and each once, nothing after the one item. Parsed without recursion, depth, items and
// size bounded. Each item knows the exact bytes it came from, because COSE signs those.
//
// Floats, undefined and simple values other than false, true and null are refused: nothing that we
// read has them. Keys of maps are integers or strings.
//
//   ATOMA_TRY(const auto document, CborDocument::parse(bytes));
//   const auto alg = document.root().find(1);
//   if (alg && alg->integer() == -35) …
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/limits.h"
#include "atoma/base/result.h"

namespace atoma::wire {

enum class CborType : std::uint8_t {
  kUnsigned = 0,
  kNegative,
  kBytes,
  kText,
  kArray,
  kMap,
  kTag,
  kBool,
  kNull,
};

// What a reader admits beyond the deterministic encoding, for formats whose writers use it, and how
// much of it. Duplicate keys, leftovers and longer forms of numbers are refused all the same.
struct CborForms {
  bool unsorted_maps = false;
  bool indefinite_root_map = false;  // 0xBF … 0xFF as the outermost item
  std::size_t size_max = limits::kCborSizeMax;
  std::size_t items_max = limits::kCborItemsMax;
};

namespace cbor_detail {
// Items lie in the order of their bytes; an item's children follow it, up to `end`.
struct Node {
  CborType type = CborType::kNull;
  std::uint64_t argument = 0;  // number, count of children, tag, or 0 and 1 of a bool
  ByteView raw;
  ByteView content;  // of strings
  std::size_t end = 0;
};
}  // namespace cbor_detail

// A view of one item: cheap to copy, good while its document lives.
class CborItem {
 public:
  CborType type() const { return node().type; }
  // The exact bytes of this item in the parsed input.
  ByteView raw() const { return node().raw; }
  bool is_map() const { return type() == CborType::kMap; }
  bool is_array() const { return type() == CborType::kArray; }
  bool is_null() const { return type() == CborType::kNull; }

  std::optional<std::uint64_t> unsigned_integer() const;
  std::optional<std::int64_t> integer() const;  // those that fit
  std::optional<ByteView> bytes() const;
  std::optional<std::string_view> text() const;
  std::optional<bool> boolean() const;

  // The item under a tag; nothing when this is no tag or another one.
  std::optional<CborItem> tagged(std::uint64_t tag) const;
  // The value of a map's key; nothing when this is no map or has no such key.
  std::optional<CborItem> find(std::int64_t key) const;
  std::optional<CborItem> find(std::string_view key) const;

  // Elements of an array; keys and values of a map in turn; the one item under a tag.
  std::size_t size() const;
  std::vector<CborItem> items() const;

 private:
  friend class CborDocument;
  CborItem(const std::vector<cbor_detail::Node>& nodes, std::size_t at) : nodes_(&nodes), at_(at) {}
  const cbor_detail::Node& node() const { return (*nodes_)[at_]; }
  // The value of the first key for which `fits` is true.
  template <typename Fits>
  std::optional<CborItem> find_key(Fits fits) const;

  const std::vector<cbor_detail::Node>* nodes_;
  std::size_t at_;
};

// Does not own its input; items point into that. Items point into the document too: it stays where
// it is while they are used.
class CborDocument {
 public:
  // Errors, each with the byte offset: "cbor.too_large", "cbor.truncated", "cbor.leftover",
  // "cbor.canonical" (a longer form, an indefinite length, unsorted keys), "cbor.duplicate_key",
  // "cbor.key" (neither integer nor string), "cbor.depth", "cbor.items", "cbor.utf8",
  // "cbor.unsupported".
  static Result<CborDocument> parse(ByteView input, CborForms forms = {});

  CborItem root() const { return {nodes_, 0}; }

 private:
  CborDocument() = default;
  std::vector<cbor_detail::Node> nodes_;
};

}  // namespace atoma::wire
