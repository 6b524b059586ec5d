// The request target (RFC 9112 §3.2): split, decoded, checked. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/http/message.h"

namespace atoma::http {

struct Target {
  std::string authority;              // of an absolute-form target; else empty
  std::string path;                   // decoded
  std::vector<std::string> segments;  // decoded parts between slashes; "/" is one empty part
  std::vector<Field> query;           // decoded; "+" stays "+"
};

// Refuses: targets that do not start with "/" or "http://", characters that RFC 3986 does not
// allow, "%" without two hex digits, decoded controls, slashes or bytes that are no UTF-8, the
// segments "." and "..", a query parameter without name or given twice.
// Errors: "http.target.malformed", "http.query.malformed".
Result<Target> parse_target(std::string_view text);

}  // namespace atoma::http
