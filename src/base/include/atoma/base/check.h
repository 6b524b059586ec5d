// ATOMA_CHECK stops the process on our own mistakes. Never for input: input gets an Error.
#pragma once

namespace atoma {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace atoma

#define ATOMA_CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::atoma::check_failed(#expression, __FILE__, __LINE__))
