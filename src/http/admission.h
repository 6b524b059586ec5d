// Judges a request by its head alone, before any byte of the body is read. Pure.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "atoma/http/message.h"
#include "atoma/http/router.h"
#include "atoma/http/server.h"
#include "parser.h"

namespace atoma::http {

// Becomes a problem+json answer.
struct Refusal {
  int status = 400;
  Error error;
  std::vector<Field> headers;
};

struct Admission {
  const Route* route = nullptr;
  Request request;  // all but body and correlation id
  bool expects_continue = false;
};

// Refuses, in this order: 400 "http.header.duplicate"; 400 "http.host.malformed";
// 421 "http.host.not_allowed"; 400 "http.target.malformed", "http.query.malformed";
// 404 "http.not_found"; 405 "http.method_not_allowed"; 400 "http.query.unexpected";
// 417 "http.expect"; 415 "http.content_encoding", "http.content_type";
// 400 "http.body.unexpected"; 413 "http.body.too_large".
std::expected<Admission, Refusal> admit(const Head& head, const Router& router,
                                        const ServerOptions& options);

}  // namespace atoma::http
