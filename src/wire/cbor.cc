#include "atoma/wire/cbor.h"

#include <limits>

#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"
#include "utf8.h"

namespace atoma::wire {
namespace {

using cbor_detail::Node;

// RFC 8949 §3: the initial byte's low five bits.
constexpr std::uint8_t kDirectMax = 23;
constexpr std::uint8_t kOneByte = 24;
constexpr std::uint8_t kEightBytes = 27;
constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xFF;
// §3.3, simple values.
constexpr std::uint64_t kFalse = 20;
constexpr std::uint64_t kTrue = 21;
constexpr std::uint64_t kNull = 22;

enum Major : std::uint8_t {
  kMajorUnsigned,
  kMajorNegative,
  kMajorBytes,
  kMajorText,
  kMajorArray,
  kMajorMap,
  kMajorTag,
  kMajorOther,
};

struct Head {
  Major major = kMajorOther;
  std::uint64_t argument = 0;
  bool indefinite = false;
};

// A container that is being filled.
struct Open {
  std::size_t node;
  std::size_t start;
  std::uint64_t left;  // children to come; any number where `indefinite`
  bool indefinite = false;
};

bool is_key(CborType type) { return type <= CborType::kText; }

bool less(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

class CborParser {
 public:
  CborParser(ByteView input, CborForms forms, std::vector<Node>& nodes)
      : input_(input), in_(input), forms_(forms), nodes_(nodes) {}

  Status run() {
    ATOMA_TRY_VOID(item());
    while (!open_.empty()) ATOMA_TRY_VOID(step());
    if (in_.remaining() == 0) return {};
    return malformed("cbor.leftover", at() + std::to_string(in_.remaining()) + " more bytes");
  }

 private:
  std::string at() const { return "at byte " + std::to_string(in_.position()) + ": "; }
  std::unexpected<Error> truncated() const {
    return malformed("cbor.truncated", at() + "the input ends inside an item");
  }
  std::unexpected<Error> longer_form(const char* what) const {
    return malformed("cbor.canonical", at() + what);
  }

  // One child of the innermost container, or its end.
  Status step() {
    Open& container = open_.back();
    const bool ended = container.indefinite ? at_break() : container.left == 0;
    if (ended) return close();
    if (!container.indefinite) --container.left;
    return item();
  }

  bool at_break() const { return in_.remaining() > 0 && input_[in_.position()] == kBreak; }

  Status close() {
    const Open done = open_.back();
    open_.pop_back();
    if (done.indefinite) in_.u8();
    Node& node = nodes_[done.node];
    node.raw = input_.subspan(done.start, in_.position() - done.start);
    node.end = nodes_.size();
    return node.type == CborType::kMap ? check_keys(done) : Status();
  }

  Status check_keys(const Open& map) {
    keys_.clear();
    std::size_t count = 0;
    for (std::size_t i = map.node + 1; i < nodes_.size(); i = nodes_[i].end, ++count) {
      if (count % 2 != 0) continue;
      if (!is_key(nodes_[i].type)) {
        return malformed("cbor.key", at() + "a key that is no integer and no string");
      }
      keys_.push_back(nodes_[i].raw);
    }
    if (count % 2 != 0) return truncated();  // a break after a key
    nodes_[map.node].argument = keys_.size();
    const bool sorted = std::ranges::is_sorted(keys_, less);
    if (!sorted && !forms_.unsorted_maps) return longer_form("a map with unsorted keys");
    // Numbers and lengths are in their shortest form, so that equal keys are equal bytes.
    if (!sorted) std::ranges::sort(keys_, less);
    const auto same = [](ByteView a, ByteView b) { return equal(a, b); };
    if (std::ranges::adjacent_find(keys_, same) == keys_.end()) return {};
    return malformed("cbor.duplicate_key", at() + "a map has a key twice");
  }

  Status item() {
    if (nodes_.size() == forms_.items_max) {
      return malformed("cbor.items",
                       at() + "more than " + std::to_string(forms_.items_max) + " items");
    }
    const std::size_t start = in_.position();
    ATOMA_TRY(const Head head, read_head());
    Node& node = nodes_.emplace_back();
    node.argument = head.argument;
    if (head.major >= kMajorArray && head.major <= kMajorTag) return open(node, head, start);
    ATOMA_TRY_VOID(scalar(node, head));
    node.raw = input_.subspan(start, in_.position() - start);
    node.end = nodes_.size();
    return {};
  }

  Result<Head> read_head() {
    const std::uint8_t initial = in_.u8();
    if (!in_.ok()) return truncated();
    const auto major = static_cast<Major>(initial >> 5);
    const std::uint8_t low = initial & 0x1F;
    if (low <= kDirectMax) return Head{major, low};
    if (low == kIndefinite) return indefinite(major);
    if (low > kEightBytes) {
      return malformed("cbor.unsupported", at() + "a reserved form (RFC 8949 §3)");
    }
    if (major == kMajorOther) {
      return malformed("cbor.unsupported", at() + "a float or a simple value of two bytes");
    }
    const std::size_t size = std::size_t{1} << (low - kOneByte);
    const std::uint64_t argument = load_be(in_.take(size));
    if (!in_.ok()) return truncated();
    const bool shortest = size == 1 ? argument > kDirectMax : argument >> (4 * size) != 0;
    if (!shortest) return longer_form("a number that has a shorter form");
    return Head{major, argument};
  }

  Result<Head> indefinite(Major major) const {
    const bool root = nodes_.empty();
    if (major == kMajorMap && root && forms_.indefinite_root_map) return Head{major, 0, true};
    if (major == kMajorOther)
      return malformed("cbor.unsupported", at() + "a break without a start");
    return longer_form("an indefinite length");
  }

  Status open(Node& node, const Head& head, std::size_t start) {
    constexpr CborType kTypes[] = {CborType::kArray, CborType::kMap, CborType::kTag};
    node.type = kTypes[head.major - kMajorArray];
    if (open_.size() == limits::kCborDepthMax) {
      return malformed("cbor.depth",
                       at() + "nested deeper than " + std::to_string(limits::kCborDepthMax));
    }
    // Every child takes a byte at least.
    const std::uint64_t count = head.major == kMajorTag ? 1 : head.argument;
    if (count > in_.remaining()) return truncated();
    open_.push_back({.node = nodes_.size() - 1,
                     .start = start,
                     .left = head.major == kMajorMap ? 2 * count : count,
                     .indefinite = head.indefinite});
    return {};
  }

  Status scalar(Node& node, const Head& head) {
    switch (head.major) {
      case kMajorUnsigned:
        node.type = CborType::kUnsigned;
        return {};
      case kMajorNegative:
        node.type = CborType::kNegative;
        return {};
      case kMajorBytes:
      case kMajorText:
        return string(node, head);
      default:
        break;
    }
    if (head.argument < kFalse || head.argument > kNull) {
      return malformed("cbor.unsupported", at() + "undefined, or an unassigned simple value");
    }
    node.type = head.argument == kNull ? CborType::kNull : CborType::kBool;
    node.argument = head.argument == kTrue ? 1 : 0;
    return {};
  }

  Status string(Node& node, const Head& head) {
    node.type = head.major == kMajorBytes ? CborType::kBytes : CborType::kText;
    if (head.argument > in_.remaining()) return truncated();
    node.content = in_.take(static_cast<std::size_t>(head.argument));
    if (node.type == CborType::kBytes || is_utf8(as_text(node.content))) return {};
    return malformed("cbor.utf8", at() + "a text that is not UTF-8");
  }

  ByteView input_;
  Reader in_;
  CborForms forms_;
  std::vector<Node>& nodes_;
  std::vector<Open> open_;
  std::vector<ByteView> keys_;  // scratch of check_keys()
};

}  // namespace

Result<CborDocument> CborDocument::parse(ByteView input, CborForms forms) {
  if (input.size() > forms.size_max) {
    return malformed("cbor.too_large", std::to_string(input.size()) + " bytes; at most " +
                                           std::to_string(forms.size_max) + " are read");
  }
  CborDocument document;
  ATOMA_TRY_VOID(CborParser(input, forms, document.nodes_).run());
  return document;
}

std::optional<std::uint64_t> CborItem::unsigned_integer() const {
  return type() == CborType::kUnsigned ? std::optional(node().argument) : std::nullopt;
}

std::optional<std::int64_t> CborItem::integer() const {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (type() > CborType::kNegative || node().argument > kMax) return std::nullopt;
  const auto value = static_cast<std::int64_t>(node().argument);
  return type() == CborType::kUnsigned ? value : -1 - value;
}

std::optional<ByteView> CborItem::bytes() const {
  return type() == CborType::kBytes ? std::optional(node().content) : std::nullopt;
}

std::optional<std::string_view> CborItem::text() const {
  if (type() != CborType::kText) return std::nullopt;
  return as_text(node().content);
}

std::optional<bool> CborItem::boolean() const {
  return type() == CborType::kBool ? std::optional(node().argument == 1) : std::nullopt;
}

std::optional<CborItem> CborItem::tagged(std::uint64_t tag) const {
  if (type() != CborType::kTag || node().argument != tag) return std::nullopt;
  return CborItem(*nodes_, at_ + 1);
}

template <typename Fits>
std::optional<CborItem> CborItem::find_key(Fits fits) const {
  if (!is_map()) return std::nullopt;
  for (std::size_t key = at_ + 1; key < node().end;) {
    const CborItem value(*nodes_, (*nodes_)[key].end);
    if (fits(CborItem(*nodes_, key))) return value;
    key = value.node().end;
  }
  return std::nullopt;
}

std::optional<CborItem> CborItem::find(std::int64_t key) const {
  return find_key([&](const CborItem& item) { return item.integer() == key; });
}

std::optional<CborItem> CborItem::find(std::string_view key) const {
  return find_key([&](const CborItem& item) { return item.text() == key; });
}

std::size_t CborItem::size() const { return items().size(); }

std::vector<CborItem> CborItem::items() const {
  std::vector<CborItem> out;
  if (type() < CborType::kArray || type() > CborType::kTag) return out;
  for (std::size_t i = at_ + 1; i < node().end; i = (*nodes_)[i].end) {
    out.push_back(CborItem(*nodes_, i));
  }
  return out;
}

}  // namespace atoma::wire
