#include "atoma/http/bearer.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/base/secret.h"

namespace atoma::http {
namespace {

constexpr std::string_view kBearer = "Bearer ";

}  // namespace

bool presents(const Request& request, ByteView token) {
  ATOMA_CHECK(!token.empty());
  const auto header = request.header("Authorization");
  return header && header->starts_with(kBearer) &&
         ct_equal(as_bytes(header->substr(kBearer.size())), token);
}

Response unauthorized(std::string_view which, std::string_view correlation_id) {
  auto response = problem(Error{Code::kUnauthenticated, "auth.token",
                                std::format("needs \"Authorization: Bearer <{} token>\"", which)},
                          correlation_id);
  response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

}  // namespace atoma::http
