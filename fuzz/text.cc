// Hexadecimal, base64 and times have one form: what decodes encodes to the same text.
#include "atoma/wire/text.h"

#include <cctype>

#include "atoma/base/time.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const std::string_view text = as_text(in);
  if (const auto bytes = wire::base64_decode(text)) {
    ATOMA_CHECK(wire::base64_encode(*bytes) == text);
  }
  if (const auto bytes = wire::base64url_decode(text)) {
    ATOMA_CHECK(wire::base64url_encode(*bytes) == text);
  }
  if (const auto bytes = wire::hex_decode(text)) {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    ATOMA_CHECK(wire::hex_encode(*bytes) == lower);
    Bytes same(bytes->size());
    ATOMA_CHECK(wire::hex_decode_into(text, same) && same == *bytes);
  }
  if (const auto time = parse_time(text)) ATOMA_CHECK(format_time(*time) == text);
  // Whatever the bytes are, they survive each encoding.
  ATOMA_CHECK(wire::base64_decode(wire::base64_encode(in)) == to_bytes(in));
  ATOMA_CHECK(wire::base64url_decode(wire::base64url_encode(in)) == to_bytes(in));
  ATOMA_CHECK(wire::hex_decode(wire::hex_encode(in)) == to_bytes(in));
}

}  // namespace atoma::fuzz
