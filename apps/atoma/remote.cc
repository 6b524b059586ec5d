#include "remote.h"

#include "atoma/wire/json.h"

namespace atoma::app {
namespace {

constexpr std::chrono::seconds kDeadline{60};

RemoteError refusal(const http::ClientResponse& answer) {
  const bool refused = answer.status >= 400 && answer.status < 500;
  RemoteError out = refused ? Error{Code::kPermissionDenied, "remote.refused", ""}
                            : Error{Code::kUnavailable, "remote.failed", ""};
  out.status = answer.status;
  out.message = "status " + std::to_string(answer.status) + " without an explanation";
  const auto document = wire::JsonDocument::parse(as_text(answer.body));
  const auto* reason = document ? document->root().find("reason") : nullptr;
  const auto* detail = document ? document->root().find("detail") : nullptr;
  if (reason == nullptr || detail == nullptr) return out;
  out.peer_reason = reason->text();
  out.detail = detail->text();
  out.message = out.peer_reason + ": " + out.detail;
  return out;
}

}  // namespace

RemoteResult<Bytes> call_remote(const std::string& server, const RemoteCall& call) {
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
  return std::unexpected(refusal(answer));
}

}  // namespace atoma::app
