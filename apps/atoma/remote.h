// Calls to a running Atoma, for the commands that talk to one.
#pragma once

#include <string>
#include <string_view>

#include "atoma/http/client.h"
#include "remote_error.h"

namespace atoma::app {

struct RemoteCall {
  http::Method method = http::Method::kGet;
  std::string path;
  std::string json_body;     // empty: none
  std::string bearer_token;  // empty: none
};

// The body of a 2xx answer. Of a problem+json answer the error keeps status, reason and detail.
// Errors: "remote.refused" (4xx), "remote.failed" (5xx or an answer that is none of ours), those of
// http::Client and parse_url.
RemoteResult<Bytes> call_remote(const std::string& server, const RemoteCall& call);

}  // namespace atoma::app
