#include "target.h"

#include <algorithm>
#include <format>
#include <optional>

#include "atoma/wire/text.h"

namespace atoma::http {
namespace {

// RFC 3986 §3.3 pchar without "%"; `also` adds what the query allows.
bool is_pchar(char c, std::string_view also) {
  static constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.contains(c) || also.contains(c);
}

bool is_utf8(ByteView text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::uint8_t lead = text[i++];
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < static_cast<std::size_t>(more))
      return false;
    // RFC 3629 §4: overlong forms, surrogates and values above 10FFFF fail at the second byte.
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[i] < low || text[i] > high) return false;
    for (int k = 1; k < more; ++k) {
      if ((text[i + static_cast<std::size_t>(k)] & 0xC0) != 0x80) return false;
    }
    i += static_cast<std::size_t>(more);
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, std::string_view also) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_pchar(text[i], also)) return std::nullopt;
      out.push_back(text[i]);
      continue;
    }
    ByteArray<1> byte{};
    if (!wire::hex_decode_into(text.substr(i + 1, 2), byte)) return std::nullopt;
    if (byte[0] < 0x20 || byte[0] == 0x7F) return std::nullopt;
    out.push_back(static_cast<char>(byte[0]));
    i += 2;
  }
  if (!is_utf8(as_bytes(out))) return std::nullopt;
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Status parse_path(std::string_view raw, Target& target) {
  for (const std::string_view part : split(raw.substr(1), '/')) {
    auto segment = percent_decode(part, "");
    // A decoded slash would mean another path to whoever decodes first and splits later.
    if (!segment || segment->contains('/') || *segment == "." || *segment == "..") {
      return malformed("http.target.malformed",
                       std::format("path segment {}", target.segments.size() + 1));
    }
    target.path.append("/").append(*segment);
    target.segments.push_back(*std::move(segment));
  }
  return {};
}

Status parse_query(std::string_view raw, Target& target) {
  for (const std::string_view part : split(raw, '&')) {
    const std::size_t equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals), "/?");
    const std::string_view rest =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    auto value = percent_decode(rest, "/?");
    const auto same = [&name](const Field& field) { return field.name == *name; };
    if (!name || !value || name->empty() || std::ranges::any_of(target.query, same)) {
      return malformed("http.query.malformed",
                       std::format("query parameter {}", target.query.size() + 1));
    }
    target.query.push_back({*std::move(name), *std::move(value)});
  }
  return {};
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  Target target;
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) {  // absolute-form, RFC 9112 §3.2.2
    text.remove_prefix(kScheme.size());
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    target.authority = text.substr(0, end);
    text.remove_prefix(end);
    if (target.authority.empty()) return malformed("http.target.malformed", "no authority");
  }
  if (!text.starts_with('/')) {
    return malformed("http.target.malformed", "the target is no absolute path");
  }
  const std::size_t question = text.find('?');
  ATOMA_TRY_VOID(parse_path(text.substr(0, question), target));
  if (question != std::string_view::npos) {
    ATOMA_TRY_VOID(parse_query(text.substr(question + 1), target));
  }
  return target;
}

}  // namespace atoma::http
