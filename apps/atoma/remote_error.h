// An Error that may come from a server's refusal, and then keeps what the server said of it.
#pragma once

#include <string>
#include <utility>

#include "atoma/base/result.h"

namespace atoma::app {

struct RemoteError : Error {
  RemoteError() = default;
  RemoteError(Error error) : Error(std::move(error)) {}  // so that ATOMA_TRY carries both

  int status = 0;           // of the HTTP answer; 0 when there was none
  std::string peer_reason;  // the problem's "reason"; empty when the answer is no problem of ours
  std::string detail;       // the problem's "detail"
};

template <typename T>
using RemoteResult = std::expected<T, RemoteError>;

}  // namespace atoma::app
