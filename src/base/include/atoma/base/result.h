// Result<T>: a value or an Error; nothing in Atoma throws.
//
//   Result<Quote> parse(ByteView in) {
//     ATOMA_TRY(auto header, parse_header(in));
//     return Quote{header};
//   }
//
// An Error's reason is a stable, dotted id ("quote.truncated") which tests, scripts and peers rely
// on; its message is for people and says what, where, expected and found. It never holds a secret.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace atoma {

// The gRPC status codes, in gRPC's numbering. kUnknown stands for "no better code".
enum class Code : std::uint8_t {
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

std::string_view code_name(Code code);

struct [[nodiscard]] Error {
  Code code = Code::kUnknown;
  std::string_view reason;  // stable id; points to a string literal
  std::string message;

  // "reason: message", for logs and terminals.
  std::string to_string() const;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// `reason` must be a literal: the array reference keeps temporaries out.
template <std::size_t N>
std::unexpected<Error> fail(Code code, const char (&reason)[N], std::string message) {
  return std::unexpected(Error{code, std::string_view(reason, N - 1), std::move(message)});
}

// Malformed input: by far the most common error.
template <std::size_t N>
std::unexpected<Error> malformed(const char (&reason)[N], std::string message) {
  return fail(Code::kInvalidArgument, reason, std::move(message));
}

}  // namespace atoma

#define ATOMA_CONCAT_INNER(a, b) a##b
#define ATOMA_CONCAT(a, b) ATOMA_CONCAT_INNER(a, b)

// ATOMA_TRY(auto x, expr); binds the value of `expr`, or returns its Error from this function.
// ATOMA_TRY_VOID(expr); the same for a Status. Both are statements.
#define ATOMA_TRY(declaration, ...)                                                   \
  auto ATOMA_CONCAT(atoma_result_, __LINE__) = (__VA_ARGS__);                         \
  if (!ATOMA_CONCAT(atoma_result_, __LINE__))                                         \
    return std::unexpected(std::move(ATOMA_CONCAT(atoma_result_, __LINE__)).error()); \
  declaration = *std::move(ATOMA_CONCAT(atoma_result_, __LINE__))

#define ATOMA_TRY_VOID(...)                             \
  if (auto atoma_status = (__VA_ARGS__); !atoma_status) \
  return std::unexpected(std::move(atoma_status).error())
