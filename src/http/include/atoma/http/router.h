// Which handler answers which method and path. Filled before the server starts, then constant.
//
//   http::Router router;
//   router.add(http::Method::kPut, "/v1/secrets/{name}", put_secret,
//              {.content_types = {"application/json"}, .body_max = 4096});
//   router.add(http::Method::kGet, "/tile/{path...}", get_tile);
//
// A pattern's segments are literals, {name} for one non-empty segment, or at the end {name...} for
// all that is left. Literals win over parameters. GET routes answer HEAD.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/limits.h"
#include "atoma/http/message.h"

namespace atoma::http {

// Answers one request: callable once, from any thread, also after the handler has returned.
// A second call stops the process; destroying it uncalled answers 500 "http.no_answer".
using Respond = std::move_only_function<void(Response)>;

// Runs where its route says, on the pool several calls at once: hence const. It must return in
// bounded time, because Server::stop() joins the pool.
using Handler = std::move_only_function<void(Request, Respond) const>;

inline constexpr std::string_view kAnyContentType = "*/*";

// On the loop all connections wait meanwhile: for handlers that only hand something on, for which
// waking another thread would cost more than they do.
enum class Runs : std::uint8_t { kOnPool, kOnLoop };

struct RouteOptions {
  // The media types that a body may have, without parameters. Empty: the route takes no body.
  std::vector<std::string> content_types;
  std::size_t body_max = limits::kRequestBodyMax;
  // Names of the query parameters that the route knows; others are refused.
  std::vector<std::string> query;
  Runs runs = Runs::kOnPool;
};

struct Route;

class Router {
 public:
  Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  // A malformed pattern or a route that is already there is our mistake and stops the process.
  Router& add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});

  struct Match {
    const Route* route = nullptr;  // null: no such method, or no such path when allow is empty
    std::vector<Field> params;
    std::string allow;  // methods of the path, "GET, HEAD, PUT"
  };
  // `segments` are the decoded parts of the path between slashes.
  Match find(Method method, const std::vector<std::string>& segments) const;
  // "GET /v1/secrets/{name}" for each route: to compare with what is documented.
  std::vector<std::string> list() const;

 private:
  std::vector<std::unique_ptr<Route>> routes_;  // the most specific first
};

}  // namespace atoma::http
