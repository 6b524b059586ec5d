#include "format.h"

#include <algorithm>
#include <format>

namespace atoma::http {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_alnum(char c) {
  const char l = lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9');
}

bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

// These are the server's own: a second one would change where the message ends.
bool frames_message(std::string_view name) {
  static constexpr std::string_view kOwn[] = {"Connection",        "Content-Length", "Content-Type",
                                              "Transfer-Encoding", "Trailer",        "Upgrade",
                                              "X-Correlation-Id"};
  return std::ranges::any_of(kOwn, [&](auto own) { return equal_ignoring_case(own, name); });
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || kMarks.contains(c); });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_visible(c) || c == ' ' || c == '\t'; });
}

Status check_head(std::string_view head) {
  std::size_t line_start = 0;
  while (line_start < head.size()) {
    const std::size_t end = head.find('\r', line_start);
    if (end == std::string_view::npos || end + 1 >= head.size() || head[end + 1] != '\n') {
      return malformed("http.head.malformed",
                       std::format("line at byte {} does not end in CRLF", line_start));
    }
    const std::string_view line = head.substr(line_start, end - line_start);
    if (!is_field_value(line)) {
      return malformed("http.head.malformed",
                       std::format("line at byte {} has a control or non-ASCII byte", line_start));
    }
    if (line.starts_with(' ') || line.starts_with('\t')) {
      return malformed("http.head.malformed",
                       std::format("line at byte {} starts with white space", line_start));
    }
    line_start = end + 2;
  }
  return {};
}

bool status_has_body(int status) { return status != 204 && status != 304; }

Result<std::string> encode_head(const Response& response, const AnswerFraming& framing) {
  if (response.status < 200 || status_phrase(response.status).empty()) {
    return fail(Code::kInternal, "http.response.invalid",
                std::format("status {}", response.status));
  }
  std::string out =
      std::format("HTTP/1.1 {} {}\r\n", response.status, status_phrase(response.status));
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  for (const Field& field : response.headers) {
    if (!is_token(field.name) || !is_field_value(field.value) || frames_message(field.name)) {
      return fail(Code::kInternal, "http.response.invalid", "header field " + field.name);
    }
    add(field.name, field.value);
  }
  if (!is_field_value(response.content_type)) {
    return fail(Code::kInternal, "http.response.invalid", "content type");
  }
  if (status_has_body(response.status)) {
    if (!response.content_type.empty()) add("Content-Type", response.content_type);
    add("Content-Length", std::to_string(response.body.size()));
  } else if (!response.body.empty()) {
    return fail(Code::kInternal, "http.response.invalid",
                std::format("status {} with a body", response.status));
  }
  if (!find_field(response.headers, "Cache-Control")) add("Cache-Control", "no-store");
  if (!find_field(response.headers, "X-Content-Type-Options")) {
    add("X-Content-Type-Options", "nosniff");
  }
  add("X-Correlation-Id", framing.correlation_id);
  if (framing.close) add("Connection", "close");
  out += "\r\n";
  return out;
}

}  // namespace atoma::http
