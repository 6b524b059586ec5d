// Calls to a running Atoma, for the commands that talk to one.
#pragma once

#include <string>
#include <string_view>

#include "atoma/http/client.h"

namespace atoma::app {

struct RemoteCall {
  http::Method method = http::Method::kGet;
  std::string path;
  std::string json_body;     // empty: none
  std::string bearer_token;  // empty: none
};

// The body of a 2xx answer. A problem+json answer becomes an Error with its reason's text in the
// message and a code of its status. Errors: "remote.refused" (4xx), "remote.failed" (5xx or an
// answer that is none of ours), those of http::Client and parse_url.
Result<Bytes> call_remote(const std::string& server, const RemoteCall& call);

}  // namespace atoma::app
