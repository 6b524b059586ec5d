#include "atoma/wire/text.h"

namespace atoma::wire {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Digit values by character; -1 where the alphabet has none.
constexpr std::array<std::int8_t, 256> inverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

std::string encode64(ByteView bytes, std::string_view alphabet, bool pad) {
  std::string out(bytes.size() / 3 * 4, '\0');
  std::size_t whole = 0;
  for (char* to = out.data(); bytes.size() - whole >= 3; whole += 3, to += 4) {
    const std::uint32_t bits =
        std::uint32_t{bytes[whole]} << 16 | std::uint32_t{bytes[whole + 1]} << 8 | bytes[whole + 2];
    for (unsigned j = 0; j < 4; ++j) to[j] = alphabet[bits >> (18 - 6 * j) & 63];
  }
  const ByteView rest = bytes.subspan(whole);
  if (rest.empty()) return out;
  const std::uint32_t bits =
      std::uint32_t{rest[0]} << 16 | (rest.size() > 1 ? std::uint32_t{rest[1]} << 8 : 0u);
  for (unsigned j = 0; j <= rest.size(); ++j) out += alphabet[bits >> (18 - 6 * j) & 63];
  if (pad) out.append(3 - rest.size(), '=');
  return out;
}

// `text` without padding. False on a foreign character, an impossible length or unused bits set.
bool decode64(std::string_view text, const std::array<std::int8_t, 256>& digits, Bytes& out) {
  if (text.size() % 4 == 1) return false;
  out.resize(text.size() / 4 * 3);
  // Whole groups of four characters first; a foreign one has the digit -1.
  for (std::size_t at = 0; text.size() >= 4; at += 3) {
    std::int32_t group = 0;
    std::int32_t foreign = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::int32_t digit = digits[static_cast<std::uint8_t>(text[i])];
      foreign |= digit;
      group = group << 6 | (digit & 63);
    }
    if (foreign < 0) return false;
    out[at] = static_cast<std::uint8_t>(group >> 16);
    out[at + 1] = static_cast<std::uint8_t>(group >> 8);
    out[at + 2] = static_cast<std::uint8_t>(group);
    text.remove_prefix(4);
  }
  std::uint32_t bits = 0;
  int pending = 0;
  for (const char c : text) {
    const int digit = digits[static_cast<std::uint8_t>(c)];
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> pending));
      bits &= (1u << pending) - 1;
    }
  }
  return bits == 0;
}

}  // namespace

std::string hex_encode(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

bool hex_decode_into(std::string_view text, MutableByteView out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

Result<Bytes> hex_decode(std::string_view text) {
  Bytes out(text.size() / 2);
  if (!hex_decode_into(text, out)) {
    return malformed("hex.format", "expected an even number of hexadecimal digits");
  }
  return out;
}

std::string base64_encode(ByteView bytes) { return encode64(bytes, kBase64, true); }

Result<Bytes> base64_decode(std::string_view text) {
  static constexpr auto kDigits = inverse(kBase64);
  std::string_view unpadded = text;
  for (int i = 0; i < 2 && unpadded.ends_with('='); ++i) unpadded.remove_suffix(1);
  Bytes out;
  if (text.size() % 4 != 0 || !decode64(unpadded, kDigits, out) ||
      (unpadded.size() + 3) / 4 * 4 != text.size()) {
    return malformed("base64.format", "expected canonical base64 with padding (RFC 4648 §4)");
  }
  return out;
}

std::string base64url_encode(ByteView bytes) { return encode64(bytes, kBase64Url, false); }

Result<Bytes> base64url_decode(std::string_view text) {
  static constexpr auto kDigits = inverse(kBase64Url);
  Bytes out;
  if (!decode64(text, kDigits, out)) {
    return malformed("base64url.format",
                     "expected canonical base64url without padding (RFC 4648 §5)");
  }
  return out;
}

}  // namespace atoma::wire
