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

// The two characters of each 12 bits.
using PairTable = std::array<std::array<char, 2>, 4096>;
constexpr PairTable pairs_of(std::string_view alphabet) {
  PairTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = {alphabet[i >> 6], alphabet[i & 63]};
  return table;
}

std::string encode64(ByteView bytes, const PairTable& pairs, bool pad) {
  std::string out(bytes.size() / 3 * 4, '\0');
  std::size_t whole = 0;
  for (char* to = out.data(); bytes.size() - whole >= 3; whole += 3, to += 4) {
    const std::uint32_t bits =
        std::uint32_t{bytes[whole]} << 16 | std::uint32_t{bytes[whole + 1]} << 8 | bytes[whole + 2];
    std::ranges::copy(pairs[bits >> 12], to);
    std::ranges::copy(pairs[bits & 4095], to + 2);
  }
  const ByteView rest = bytes.subspan(whole);
  if (rest.empty()) return out;
  const std::uint32_t bits =
      std::uint32_t{rest[0]} << 16 | (rest.size() > 1 ? std::uint32_t{rest[1]} << 8 : 0u);
  out.append(pairs[bits >> 12].data(), 2);
  if (rest.size() == 2) out += pairs[bits & 4095][0];
  if (pad) out.append(3 - rest.size(), '=');
  return out;
}

// What a character adds to its group of four, by its place there; kForeign where the alphabet has
// none.
constexpr std::uint32_t kForeign = 1u << 31;
using DigitTables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr DigitTables digits_of(std::string_view alphabet) {
  DigitTables tables{};
  for (std::size_t place = 0; place < 4; ++place) {
    tables[place].fill(kForeign);
    for (std::uint32_t i = 0; i < alphabet.size(); ++i) {
      tables[place][static_cast<std::uint8_t>(alphabet[i])] = i << (18 - 6 * place);
    }
  }
  return tables;
}

std::uint32_t group_of(std::string_view text, const DigitTables& digits) {
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    group |= digits[i][static_cast<std::uint8_t>(text[i])];
  }
  return group;
}

// `text` without padding. False on a foreign character, an impossible length or unused bits set.
bool decode64(std::string_view text, const DigitTables& digits, Bytes& out) {
  if (text.size() % 4 == 1) return false;
  out.resize(text.size() * 3 / 4);
  std::uint8_t* to = out.data();
  std::uint32_t seen = 0;
  for (; text.size() >= 4; text.remove_prefix(4), to += 3) {
    const std::uint32_t group = group_of(text.substr(0, 4), digits);
    seen |= group;
    to[0] = static_cast<std::uint8_t>(group >> 16);
    to[1] = static_cast<std::uint8_t>(group >> 8);
    to[2] = static_cast<std::uint8_t>(group);
  }
  const std::uint32_t rest = group_of(text, digits);
  for (unsigned shift = 16; to < out.data() + out.size(); shift -= 8) {
    *to++ = static_cast<std::uint8_t>(rest >> shift);
  }
  const std::uint32_t unused = text.size() == 2 ? 0xFFFF : text.size() == 3 ? 0xFF : 0;
  return ((seen | rest) & kForeign) == 0 && (rest & unused) == 0;
}

}  // namespace

std::string hex_encode(ByteView bytes) {
  std::string out(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kHex[bytes[i] >> 4];
    out[2 * i + 1] = kHex[bytes[i] & 15];
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

std::string base64_encode(ByteView bytes) {
  static constexpr auto kPairs = pairs_of(kBase64);
  return encode64(bytes, kPairs, true);
}

Result<Bytes> base64_decode(std::string_view text) {
  static constexpr auto kDigits = digits_of(kBase64);
  std::string_view unpadded = text;
  for (int i = 0; i < 2 && unpadded.ends_with('='); ++i) unpadded.remove_suffix(1);
  Bytes out;
  if (text.size() % 4 != 0 || !decode64(unpadded, kDigits, out) ||
      (unpadded.size() + 3) / 4 * 4 != text.size()) {
    return malformed("base64.format", "expected canonical base64 with padding (RFC 4648 §4)");
  }
  return out;
}

std::string base64url_encode(ByteView bytes) {
  static constexpr auto kPairs = pairs_of(kBase64Url);
  return encode64(bytes, kPairs, false);
}

Result<Bytes> base64url_decode(std::string_view text) {
  static constexpr auto kDigits = digits_of(kBase64Url);
  Bytes out;
  if (!decode64(text, kDigits, out)) {
    return malformed("base64url.format",
                     "expected canonical base64url without padding (RFC 4648 §5)");
  }
  return out;
}

}  // namespace atoma::wire
