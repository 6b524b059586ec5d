#include "atoma/wire/json.h"

#include <charconv>

#include "run.h"
#include "utf8.h"

namespace atoma::wire {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
// Stands for itself in a string: printable ASCII but the quote and the backslash.
bool is_plain(char c) { return (c >= 0x20) & (c < 0x7F) & (c != '"') & (c != '\\'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

}  // namespace

class JsonParser {
 public:
  JsonParser(std::string_view text, std::size_t nodes_max, std::deque<std::string>& unescaped)
      : text_(text), nodes_max_(nodes_max), unescaped_(unescaped) {}

  Status run(JsonValue& root) {
    ATOMA_TRY_VOID(value(root));
    while (!open_.empty()) ATOMA_TRY_VOID(step());
    skip_space();
    return at_ == text_.size() ? Status() : syntax("nothing more after the value");
  }

 private:
  std::unexpected<Error> syntax(const char* expected) const {
    return malformed("json.syntax",
                     "at byte " + std::to_string(at_) + ": expected " + std::string(expected));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  // One member or element of the innermost open container, or its end.
  Status step() {
    JsonValue& container = *open_.back();
    const bool object = container.is_object();
    const char end = object ? '}' : ']';
    skip_space();
    if (accept(end)) return close(container);
    if (!container.items_.empty()) {
      if (!accept(',')) return syntax(object ? "',' or '}'" : "',' or ']'");
      skip_space();
    }
    if (container.items_.empty()) container.items_.reserve(4);
    JsonValue& item = container.items_.emplace_back();
    if (object) {
      if (peek() != '"') return syntax("a member name");
      ATOMA_TRY_VOID(string(item.name_));
      skip_space();
      if (!accept(':')) return syntax("':'");
    }
    return value(item);
  }

  Status close(JsonValue& container) {
    container.raw_ = text_.substr(start_.back(), at_ - start_.back());
    open_.pop_back();
    start_.pop_back();
    if (!container.is_object()) return {};
    names_.clear();
    for (const auto& item : container.items_) names_.push_back(item.name_);
    std::ranges::sort(names_);
    const auto twice = std::ranges::adjacent_find(names_);
    if (twice == names_.end()) return {};
    return malformed("json.duplicate_name", "the object that ends at byte " + std::to_string(at_) +
                                                " has the member \"" + std::string(*twice) +
                                                "\" twice");
  }

  // Scalars are read whole; containers are opened and filled by step().
  Status value(JsonValue& out) {
    if (++nodes_ > nodes_max_) {
      return malformed("json.nodes", "more than " + std::to_string(nodes_max_) + " values");
    }
    skip_space();
    const std::size_t start = at_;
    switch (peek()) {
      case '{':
        return open(out, JsonType::kObject);
      case '[':
        return open(out, JsonType::kArray);
      case '"':
        out.type_ = JsonType::kString;
        ATOMA_TRY_VOID(string(out.text_));
        break;
      case 't':
        ATOMA_TRY_VOID(word("true", JsonType::kBool, out));
        break;
      case 'f':
        ATOMA_TRY_VOID(word("false", JsonType::kBool, out));
        break;
      case 'n':
        ATOMA_TRY_VOID(word("null", JsonType::kNull, out));
        break;
      default:
        ATOMA_TRY_VOID(number(out));
        break;
    }
    out.raw_ = text_.substr(start, at_ - start);
    return {};
  }

  Status open(JsonValue& out, JsonType type) {
    if (open_.size() == static_cast<std::size_t>(limits::kJsonDepthMax)) {
      return malformed("json.depth", "at byte " + std::to_string(at_) + ": nested deeper than " +
                                         std::to_string(limits::kJsonDepthMax));
    }
    out.type_ = type;
    open_.push_back(&out);
    start_.push_back(at_++);
    return {};
  }

  Status word(std::string_view expected, JsonType type, JsonValue& out) {
    if (text_.substr(at_, expected.size()) != expected) return syntax("a value");
    at_ += expected.size();
    out.type_ = type;
    return {};
  }

  bool digits() {
    const std::size_t start = at_;
    while (is_digit(peek())) ++at_;
    return at_ > start;
  }

  Status number(JsonValue& out) {
    out.type_ = JsonType::kNumber;
    const bool negative = accept('-');
    if (!accept('0') && !digits()) return syntax(negative ? "a digit" : "a value");
    if (is_digit(peek())) return syntax("no digit after a leading zero");
    if (accept('.') && !digits()) return syntax("a digit after '.'");
    if (accept('e') || accept('E')) {
      if (!accept('+')) accept('-');
      if (!digits()) return syntax("a digit in the exponent");
    }
    return {};
  }

  // A view of the text itself, unless there is an escape to decode.
  Status string(std::string_view& out) {
    const std::size_t start = ++at_;
    for (;;) {
      at_ += run_length(text_.substr(at_), is_plain);
      if (at_ == text_.size() || text_[at_] == '"' || text_[at_] == '\\') break;
      ATOMA_TRY_VOID(character());
    }
    if (peek() == '\\') return escaped_string(start, out);
    out = text_.substr(start, at_ - start);
    return accept('"') ? Status() : syntax("the end of a string");
  }

  Status character() {
    const auto c = static_cast<std::uint8_t>(text_[at_]);
    if (c < 0x20) return syntax("no control character in a string");
    const std::size_t length = c < 0x80 ? 1 : utf8_length(text_, at_);
    if (length == 0) {
      return malformed("json.utf8", "at byte " + std::to_string(at_) + ": not UTF-8");
    }
    at_ += length;
    return {};
  }

  Status escaped_string(std::size_t start, std::string_view& out) {
    std::string& decoded = unescaped_.emplace_back(text_.substr(start, at_ - start));
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        ATOMA_TRY_VOID(escape(decoded));
        continue;
      }
      const std::size_t from = at_;
      ATOMA_TRY_VOID(character());
      decoded.append(text_.substr(from, at_ - from));
    }
    out = decoded;
    return accept('"') ? Status() : syntax("the end of a string");
  }

  Status escape(std::string& out) {
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    ++at_;
    const auto simple = at_ < text_.size() ? kFrom.find(peek()) : std::string_view::npos;
    if (simple != std::string_view::npos) {
      ++at_;
      out += kTo[simple];
      return {};
    }
    if (!accept('u')) return syntax("an escape character");
    ATOMA_TRY(std::uint32_t point, hex4());
    if (point >= 0xD800 && point < 0xDC00) {
      if (!accept('\\') || !accept('u')) return syntax("the second half of a surrogate pair");
      ATOMA_TRY(const std::uint32_t low, hex4());
      if (low < 0xDC00 || low > 0xDFFF) return syntax("a low surrogate");
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xDC00 && point <= 0xDFFF) {
      return syntax("no lone low surrogate");
    }
    append_utf8(out, point);
    return {};
  }

  Result<std::uint32_t> hex4() {
    std::uint32_t value = 0;
    const std::string_view text = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 4 || end != text.data() + 4 || error != std::errc()) {
      return syntax("four hexadecimal digits");
    }
    at_ += 4;
    return value;
  }

  std::string_view text_;
  std::size_t nodes_max_;
  std::deque<std::string>& unescaped_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  // The containers being filled, outermost first, and where each began. A container's items grow
  // only while it is the innermost one, so these pointers stay good.
  std::vector<JsonValue*> open_;
  std::vector<std::size_t> start_;
  std::vector<std::string_view> names_;  // scratch of close()
};

Result<JsonDocument> JsonDocument::parse(std::string_view text, std::size_t nodes_max) {
  JsonDocument document;
  document.text_.assign(text.begin(), text.end());
  JsonParser parser({document.text_.data(), document.text_.size()}, nodes_max, document.unescaped_);
  ATOMA_TRY_VOID(parser.run(document.root_));
  return document;
}

const JsonValue* JsonValue::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  for (const auto& item : items_) {
    if (item.name_ == name) return &item;
  }
  return nullptr;
}

std::optional<bool> JsonValue::boolean() const {
  if (type_ != JsonType::kBool) return std::nullopt;
  return raw_ == "true";
}

namespace {

template <typename Integer>
std::optional<Integer> to_integer(JsonType type, std::string_view raw) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  const bool whole = type == JsonType::kNumber && error == std::errc() && end == raw.end();
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> JsonValue::integer() const {
  return to_integer<std::int64_t>(type_, raw_);
}

std::optional<std::uint64_t> JsonValue::unsigned_integer() const {
  return to_integer<std::uint64_t>(type_, raw_);
}

}  // namespace atoma::wire
