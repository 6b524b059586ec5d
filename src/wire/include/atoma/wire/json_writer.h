// Writes compact or indented JSON. Member order is the order of the calls. Bytes of a text that are
// not UTF-8 become U+FFFD.
//
//   JsonWriter out;
//   out.begin_object().member("verdict", "accepted").member("checks", 42).end_object();
//   out.str()
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/bytes.h"

namespace atoma::wire {

class JsonWriter {
 public:
  enum class Style : std::uint8_t { kCompact, kIndented };
  explicit JsonWriter(Style style = Style::kCompact) : style_(style) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool b);
  JsonWriter& value(std::int64_t n);
  JsonWriter& value(std::uint64_t n);
  JsonWriter& value(int n) { return value(std::int64_t{n}); }
  JsonWriter& value(double n);  // shortest form that reads back the same; NaN becomes null
  JsonWriter& null();
  // Text that already is JSON.
  JsonWriter& raw(std::string_view json);
  template <typename T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void separate();
  void newline();

  Style style_;
  std::string out_;
  int depth_ = 0;
  bool first_ = true;
  bool after_key_ = false;
};

// The JSON string literal of `text`, quotes included.
std::string json_quote(std::string_view text);

}  // namespace atoma::wire
