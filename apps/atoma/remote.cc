#include "remote.h"

#include "atoma/wire/json.h"

namespace atoma::app {
namespace {

constexpr std::chrono::seconds kDeadline{60};

// "reason: detail" of a problem, or the status alone.
std::string problem_text(const http::ClientResponse& answer) {
  const auto document = wire::JsonDocument::parse(as_text(answer.body));
  const auto* reason = document ? document->root().find("reason") : nullptr;
  const auto* detail = document ? document->root().find("detail") : nullptr;
  if (reason == nullptr || detail == nullptr) {
    return "status " + std::to_string(answer.status) + " without an explanation";
  }
  return std::string(reason->text()) + ": " + std::string(detail->text());
}

}  // namespace

Result<Bytes> call_remote(const std::string& server, const RemoteCall& call) {
  std::string base = server;
  while (base.ends_with('/')) base.pop_back();
  ATOMA_TRY(const auto url, http::parse_url(base + call.path));
  std::vector<http::Field> headers;
  if (!call.json_body.empty()) headers.push_back({"Content-Type", "application/json"});
  if (!call.bearer_token.empty()) {
    headers.push_back({"Authorization", "Bearer " + call.bearer_token});
  }
  ATOMA_TRY(auto answer,
            http::Client().request(url, call.method, headers, as_bytes(call.json_body), kDeadline));
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  if (answer.status >= 400 && answer.status < 500) {
    return fail(Code::kPermissionDenied, "remote.refused", problem_text(answer));
  }
  return fail(Code::kUnavailable, "remote.failed", problem_text(answer));
}

}  // namespace atoma::app
