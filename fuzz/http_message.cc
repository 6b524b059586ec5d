// How a message is cut into pieces changes nothing, and no head frames its body in two ways.
#include <optional>

#include "fuzz.h"
#include "parser.h"

namespace atoma::fuzz {
namespace {

using http::MessageParser;

constexpr std::size_t kFieldsMax = 64;
constexpr std::size_t kBodyMax = 4096;

struct Outcome {
  bool done = false;
  std::size_t used = 0;
  Bytes body;

  bool operator==(const Outcome&) const = default;
};

// Nothing when the head or the body is refused.
std::optional<Outcome> read(MessageParser::Kind kind, std::string_view head, std::string_view body,
                            std::size_t piece) {
  MessageParser parser(kind, kFieldsMax);
  if (!parser.parse_head(head)) {
    ATOMA_CHECK(!parser.done());
    return std::nullopt;
  }
  ATOMA_CHECK(!(parser.head().chunked && parser.head().content_length));
  ATOMA_CHECK(!parser.head().http_1_0 || !(parser.head().chunked || parser.head().keep_alive));
  ATOMA_CHECK(parser.head().fields.size() <= kFieldsMax);
  parser.set_body_max(kBodyMax);
  Outcome out;
  // Beast wants a chunk's whole header at once, so what it left is offered again with more.
  std::size_t end = 0;
  while (!parser.done() && end < body.size()) {
    end = std::min(end + piece, body.size());
    const auto taken = parser.parse_body(body.substr(out.used, end - out.used));
    if (!taken) return std::nullopt;
    out.used += *taken;
    ATOMA_CHECK(out.used <= end);
  }
  out.done = parser.done();
  out.body = parser.take_body();
  ATOMA_CHECK(out.body.size() <= kBodyMax);
  return out;
}

}  // namespace

void one_input(ByteView in) {
  const std::string_view text = as_text(in);
  const std::size_t blank = text.find("\r\n\r\n");
  const std::size_t head_size = blank == text.npos ? text.size() : blank + 4;
  const std::string_view head = text.substr(0, head_size);
  const std::string_view body = text.substr(head_size);
  const auto kind =
      text.starts_with("HTTP/") ? MessageParser::Kind::kResponse : MessageParser::Kind::kRequest;
  const auto whole = read(kind, head, body, body.size() + 1);
  for (const std::size_t piece : {1uz, 3uz, 16uz}) {
    ATOMA_CHECK(read(kind, head, body, piece) == whole);
  }
}

}  // namespace atoma::fuzz
