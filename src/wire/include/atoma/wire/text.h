// Hexadecimal and base64. Decoders accept the canonical form only.
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::wire {

std::string hex_encode(ByteView bytes);  // lower case
// Upper or lower case, even length. Errors: "hex.format".
Result<Bytes> hex_decode(std::string_view text);
// Into a caller's buffer; true when `text` is exactly 2 × out.size() hex digits.
bool hex_decode_into(std::string_view text, MutableByteView out);

// RFC 4648 §4 with padding; unused bits must be zero. Errors: "base64.format".
std::string base64_encode(ByteView bytes);
Result<Bytes> base64_decode(std::string_view text);
// RFC 4648 §5 without padding: JOSE's form. Errors: "base64url.format".
std::string base64url_encode(ByteView bytes);
Result<Bytes> base64url_decode(std::string_view text);

}  // namespace atoma::wire
