#include "atoma/wire/json_writer.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "run.h"
#include "utf8.h"

namespace atoma::wire {

namespace {

bool is_plain(char c) {
  return (static_cast<signed char>(c) >= 0x20) & (c != '"') & (c != '\\') & (c != 0x7F);
}

// UTF-8 beyond ASCII stands for itself, a byte that begins none becomes U+FFFD: whoever chose the
// text, the JSON parses. Returns how much of `text` that was.
std::size_t append_beyond_ascii(std::string& out, std::string_view text) {
  const std::size_t length = utf8_length(text, 0);
  out += length == 0 ? "\uFFFD" : text.substr(0, length);
  return std::max<std::size_t>(length, 1);
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += std::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

// What needs no escape is copied in one piece: results have kilobytes of it.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = run_length(text, is_plain);
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    text.remove_prefix(plain);
    if (static_cast<unsigned char>(text.front()) >= 0x80) {
      text.remove_prefix(append_beyond_ascii(out, text));
    } else {
      append_escaped(out, text.front());
      text.remove_prefix(1);
    }
  }
  out += '"';
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

void JsonWriter::newline() {
  if (style_ == Style::kCompact) return;
  out_ += '\n';
  out_.append(static_cast<std::size_t>(2 * depth_), ' ');
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!first_) out_ += ',';
  if (depth_ > 0) newline();
  first_ = false;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  ++depth_;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  ++depth_;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  --depth_;
  if (!first_) newline();
  out_ += '}';
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  --depth_;
  if (!first_) newline();
  out_ += ']';
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_ += style_ == Style::kCompact ? ":" : ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_quoted(out_, text);
  return *this;
}
JsonWriter& JsonWriter::value(bool b) { return raw(b ? "true" : "false"); }
JsonWriter& JsonWriter::value(std::int64_t n) { return raw(std::to_string(n)); }
JsonWriter& JsonWriter::value(std::uint64_t n) { return raw(std::to_string(n)); }
JsonWriter& JsonWriter::null() { return raw("null"); }
JsonWriter& JsonWriter::value(double n) {
  return std::isfinite(n) ? raw(std::format("{}", n)) : null();
}

}  // namespace atoma::wire
