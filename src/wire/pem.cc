#include "atoma/wire/pem.h"

#include "atoma/wire/text.h"

namespace atoma::wire {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

bool is_filler(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; }

std::string_view skip_filler(std::string_view text) {
  while (!text.empty() && is_filler(text.front())) text.remove_prefix(1);
  return text;
}

std::unexpected<Error> bad(const char* what) { return malformed("pem.format", what); }

// The body's base64 without its line ends, line by line. Other white space inside a line is left
// for the decoder to refuse.
std::string join_lines(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  while (!body.empty()) {
    const auto end = std::min(body.find_first_of("\r\n"), body.size());
    out.append(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return out;
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text, std::size_t blocks_max) {
  std::vector<PemBlock> blocks;
  for (text = skip_filler(text); !text.empty(); text = skip_filler(text)) {
    if (blocks.size() == blocks_max) {
      return malformed("pem.too_many", "more than " + std::to_string(blocks_max) + " PEM blocks");
    }
    if (!text.starts_with(kBegin)) return bad("expected -----BEGIN");
    text.remove_prefix(kBegin.size());
    const auto label_end = text.find(kDashes);
    if (label_end == std::string_view::npos) return bad("the BEGIN line does not end");
    const std::string label(text.substr(0, label_end));
    text.remove_prefix(label_end + kDashes.size());
    const std::string end_line = std::string(kEnd) + label + std::string(kDashes);
    const auto body_end = text.find(end_line);
    if (body_end == std::string_view::npos) return bad("no END line with the label of BEGIN");
    auto der = base64_decode(join_lines(text.substr(0, body_end)));
    if (!der) return bad("the body is not canonical base64");
    blocks.push_back({label, std::move(*der)});
    text.remove_prefix(body_end + end_line.size());
  }
  return blocks;
}

bool looks_like_pem(ByteView bytes) { return skip_filler(as_text(bytes)).starts_with(kBegin); }

std::string encode_pem(std::string_view label, ByteView der) {
  std::string out = std::string(kBegin) + std::string(label) + "-----\n";
  const std::string body = base64_encode(der);
  for (std::size_t i = 0; i < body.size(); i += 64) out += body.substr(i, 64) + "\n";
  return out + std::string(kEnd) + std::string(label) + "-----\n";
}

}  // namespace atoma::wire
