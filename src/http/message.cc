#include "atoma/http/message.h"

#include <utility>

#include "atoma/base/check.h"
#include "atoma/wire/json_writer.h"
#include "format.h"

namespace atoma::http {
namespace {

constexpr std::pair<Method, std::string_view> kMethods[] = {
    {Method::kGet, "GET"},         {Method::kHead, "HEAD"},   {Method::kPost, "POST"},
    {Method::kPut, "PUT"},         {Method::kPatch, "PATCH"}, {Method::kDelete, "DELETE"},
    {Method::kOptions, "OPTIONS"},
};

std::optional<std::string_view> find_exact(const std::vector<Field>& fields,
                                           std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view method_name(Method method) {
  for (const auto& [value, name] : kMethods) {
    if (value == method) return name;
  }
  return "";
}

Method method_from(std::string_view name) {
  for (const auto& [value, text] : kMethods) {
    if (text == name) return value;
  }
  return Method::kOther;
}

std::optional<std::string_view> find_field(const std::vector<Field>& fields,
                                           std::string_view name) {
  for (const Field& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string_view media_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return type;
}

std::string_view Request::param(std::string_view name) const {
  const auto value = find_exact(params, name);
  ATOMA_CHECK(value.has_value());
  return *value;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  return find_exact(query, name);
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  return find_field(headers, name);
}

Response json(int status, std::string_view text) {
  return Response{.status = status,
                  .content_type = std::string(kJsonType),
                  .body = to_bytes(text),
                  .headers = {}};
}

Response cbor(int status, Bytes item) {
  return Response{.status = status,
                  .content_type = std::string(kCborType),
                  .body = std::move(item),
                  .headers = {}};
}

Response no_content() {
  return Response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

int status_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnimplemented:
      return 501;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return 500;
  }
  return 500;
}

std::string_view status_phrase(int status) {
  static constexpr std::pair<int, std::string_view> kPhrases[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& [value, phrase] : kPhrases) {
    if (value == status) return phrase;
  }
  return "";
}

Response problem(const Error& error, std::string_view correlation_id) {
  return problem(status_of(error.code), error, correlation_id);
}

Response problem(int status, const Error& error, std::string_view correlation_id) {
  const std::string type =
      error.reason.empty() ? "about:blank" : "urn:atoma:problem:" + std::string(error.reason);
  const std::string_view detail =
      status < 500 ? std::string_view(error.message)
                   : "the server could not answer; its log knows more under the correlation id";
  wire::JsonWriter out;
  out.begin_object()
      .member("type", type)
      .member("title", status_phrase(status))
      .member("status", status)
      .member("detail", detail)
      .member("reason", error.reason)
      .member("code", code_name(error.code))
      .member("correlation_id", correlation_id)
      .end_object();
  return Response{.status = status,
                  .content_type = "application/problem+json",
                  .body = to_bytes(out.str()),
                  .headers = {}};
}

}  // namespace atoma::http
