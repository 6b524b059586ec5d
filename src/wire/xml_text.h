// Characters and names of XML. Private to wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atoma::wire::xml {

inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Names are ASCII here: a letter or underscore, then letters, digits, '.', '-', '_'.
bool is_name_start(char c);
bool is_name_part(char c);

// XML 1.0 §2.2 [2] Char.
bool is_char(std::uint32_t c);
// Strict UTF-8 (no surrogates, shortest form) whose characters are all XML's.
bool is_text(std::string_view utf8);
void append_utf8(std::string& out, std::uint32_t c);

// XML 1.0 §2.11: CR LF and CR become LF.
std::string normalize_line_ends(std::string_view text);

// The character of a reference without '&' and ';': the five entities, or a number. Nothing for any
// other.
std::optional<std::uint32_t> resolve_reference(std::string_view name);

}  // namespace atoma::wire::xml
