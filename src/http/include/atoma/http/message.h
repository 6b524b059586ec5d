// Requests and responses as services see them: plain values, no sockets.
//
//   respond(http::json(200, body));
//   respond(http::problem(error, request.correlation_id));
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::http {

// kOther is any method that this list does not name; no route can have it.
enum class Method : std::uint8_t { kOther, kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

std::string_view method_name(Method method);
Method method_from(std::string_view name);  // names are case-sensitive (RFC 9110 §9.1)

struct Field {
  std::string name;
  std::string value;
};

// Names compare without case. Nothing when absent; the first when repeated (fields that decide
// framing, identity or access are refused when repeated, see README).
std::optional<std::string_view> find_field(const std::vector<Field>& fields, std::string_view name);

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kCborType = "application/cbor";

// A Content-Type without its parameters.
std::string_view media_type(std::string_view content_type);

// One request, checked against its route: percent-decoded UTF-8, no unknown query parameter, the
// route's content type, a body within the route's bound.
struct Request {
  Method method = Method::kOther;  // kGet for HEAD: the server drops the body itself
  std::string path;                // decoded
  std::vector<Field> params;       // from {name} in the pattern
  std::vector<Field> query;        // each name at most once
  std::vector<Field> headers;
  Bytes body;
  std::string correlation_id;  // names this request in answers and logs; grants nothing

  // A parameter of the route's own pattern; asking for another one is our mistake.
  std::string_view param(std::string_view name) const;
  std::optional<std::string_view> query_value(std::string_view name) const;
  std::optional<std::string_view> header(std::string_view name) const;
};

// The server adds Content-Length, Connection, X-Correlation-Id, X-Content-Type-Options and, unless
// set here, Cache-Control: no-store. A field with CR, LF or other controls becomes a 500.
struct Response {
  int status = 200;
  std::string content_type;  // empty: no body
  Bytes body;
  std::vector<Field> headers;
};

Response json(int status, std::string_view text);
Response cbor(int status, Bytes item);
// 204
Response no_content();

// The HTTP status that google.rpc.Code documents for a gRPC code.
int status_of(Code code);
// "Not Found"; empty for a status we never send.
std::string_view status_phrase(int status);

// RFC 9457 application/problem+json with type, title, status, detail, reason, code and
// correlation_id. Above 499 the detail stays coarse: what broke inside is not the peer's business.
Response problem(const Error& error, std::string_view correlation_id);
Response problem(int status, const Error& error, std::string_view correlation_id);

}  // namespace atoma::http
