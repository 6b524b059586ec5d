// One HTTP/1.1 message, fed in pieces; the door to Beast's parser. Pure.
//
//   MessageParser parser(MessageParser::Kind::kRequest, fields_max);
//   ATOMA_TRY_VOID(parser.parse_head(head));        // complete, with its empty line
//   parser.set_body_max(4096);
//   while (!parser.done()) { …read more into input…; ATOMA_TRY(auto n, parser.parse_body(input)); }
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/http/message.h"

namespace atoma::http {

struct Head {
  std::string method;  // of a request
  std::string target;
  int status = 0;  // of a response
  bool http_1_0 = false;
  std::vector<Field> fields;
  bool keep_alive = false;  // never with HTTP/1.0
  bool chunked = false;
  std::optional<std::uint64_t> content_length;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

// Room for any head that an option may allow; what it leaves is there for trailers.
inline constexpr std::uint32_t kHeadAndTrailersMax = 64 * 1024;

class MessageParser {
 public:
  enum class Kind : std::uint8_t {
    kRequest,
    kResponse,
    kResponseWithoutBody,  // the answer to HEAD
  };
  MessageParser(Kind kind, std::size_t fields_max);
  ~MessageParser();

  // Errors: "http.head.malformed", "http.head.too_large" (too many fields), "http.framing" (length
  // or transfer encoding bad, doubtful, or both), "http.transfer_encoding" (another than chunked).
  Status parse_head(std::string_view head);
  const Head& head() const;

  void set_body_max(std::size_t size);
  // Takes what it can from `input` and says how much; not done() then means: more input needed.
  // Errors: "http.body.too_large" (as soon as a chunk's size says so), "http.body.malformed".
  Result<std::size_t> parse_body(std::string_view input);
  // The peer closed: completes a response whose body ends there. Errors: "http.body.malformed".
  Status finish_at_eof();
  bool done() const;
  Bytes take_body();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::http
