// Bearer tokens (RFC 6750): who presents one is who was given it.
#pragma once

#include "atoma/http/message.h"

namespace atoma::http {

// Whether the request presents this token, which has at least one byte.
bool presents(const Request& request, ByteView token);
// 401 "auth.token"; `which` says what token is needed.
Response unauthorized(std::string_view which, std::string_view correlation_id);

}  // namespace atoma::http
