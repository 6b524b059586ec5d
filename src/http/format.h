// The text of HTTP/1.1 messages: what a head may contain, and how an answer is written. Pure.
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/result.h"
#include "atoma/http/message.h"

namespace atoma::http {

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// token of RFC 9110 §5.6.2: method and field names.
bool is_token(std::string_view text);
// Printable ASCII, spaces and tabs: what we send and accept in a field's value.
bool is_field_value(std::string_view text);

// A complete head with its empty line: CRLF ends lines and occurs nowhere else, no line folding,
// no controls, printable ASCII only. Stricter than RFC 9112 §2.2 asks, so that no other reader of
// the same bytes can see other lines. Errors: "http.head.malformed".
Status check_head(std::string_view head);

struct AnswerFraming {
  bool close = false;      // Connection: close
  bool omit_body = false;  // the answer to HEAD
  std::string_view correlation_id;
};

// Status line and headers. Errors: "http.response.invalid" for a status we do not send, or a field
// that would change the message's framing or break its lines.
Result<std::string> encode_head(const Response& response, const AnswerFraming& framing);

// 204 and 304 never carry one (RFC 9110 §6.4.1).
bool status_has_body(int status);

}  // namespace atoma::http
