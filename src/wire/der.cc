#include "atoma/wire/der.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"

namespace atoma::wire {
namespace {

struct Header {
  std::size_t header_size = 0;
  std::size_t content_size = 0;
};

// X.690 §8.1.3 and §10.1: definite, minimal lengths of at most 4 octets.
bool read_header(ByteView in, Header& out) {
  if (in.size() < 2 || (in[0] & 0x1F) == 0x1F) return false;
  const std::uint8_t first = in[1];
  if (first < 0x80) {
    out = {2, first};
  } else {
    const std::size_t octets = first & 0x7Fu;
    if (octets == 0 || octets > 4 || in.size() < 2 + octets) return false;
    const std::size_t length = load_be(in.subspan(2, octets));
    const bool minimal = length >= 0x80 && in[2] != 0;
    if (!minimal) return false;
    out = {2 + octets, length};
  }
  return out.content_size <= in.size() - out.header_size;
}

int two_digits(ByteView text, std::size_t at) {
  const int tens = text[at] - '0';
  const int ones = text[at + 1] - '0';
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

}  // namespace

void DerReader::fail() {
  ok_ = false;
  rest_ = {};
}

std::uint8_t DerReader::peek() const { return rest_.empty() ? std::uint8_t{0} : rest_[0]; }

ByteView DerReader::element(std::uint8_t tag) {
  Header header;
  if (!ok_ || peek() != tag || !read_header(rest_, header)) {
    fail();
    return {};
  }
  const ByteView contents = rest_.subspan(header.header_size, header.content_size);
  rest_ = rest_.subspan(header.header_size + header.content_size);
  return contents;
}

ByteView DerReader::raw() {
  Header header;
  if (!ok_ || !read_header(rest_, header)) {
    fail();
    return {};
  }
  const ByteView whole = rest_.first(header.header_size + header.content_size);
  rest_ = rest_.subspan(whole.size());
  return whole;
}

ByteView DerReader::raw(std::uint8_t tag) {
  if (peek() != tag) fail();
  return raw();
}

bool DerReader::boolean() {
  const ByteView value = element(kDerBoolean);
  // DER knows only 0x00 and 0xFF (X.690 §11.1).
  if (value.size() != 1 || (value[0] != 0 && value[0] != 0xFF)) fail();
  return ok_ && value[0] == 0xFF;
}

ByteView DerReader::integer() {
  ByteView value = element(kDerInteger);
  if (value.empty() || (value[0] & 0x80) != 0) {
    fail();
    return {};
  }
  if (value.size() > 1 && value[0] == 0) {
    if ((value[1] & 0x80) == 0) {
      fail();
      return {};
    }
    value = value.subspan(1);
  }
  return value;
}

std::uint64_t DerReader::small_integer() {
  const ByteView value = integer();
  if (value.size() > 8 || (value.size() == 8 && (value[0] & 0x80) != 0)) {
    fail();
    return 0;
  }
  return load_be(value);
}

ByteView DerReader::bit_string() {
  const ByteView value = element(kDerBitString);
  if (value.empty() || value[0] != 0) {
    fail();
    return {};
  }
  return value.subspan(1);
}

Time DerReader::time() {
  const std::uint8_t tag = peek();
  const ByteView text = element(tag == kDerGeneralizedTime ? kDerGeneralizedTime : kDerUtcTime);
  const std::size_t year_size = tag == kDerGeneralizedTime ? 4 : 2;
  if (text.size() != year_size + 11 || text.back() != 'Z') {
    fail();
    return {};
  }
  const int low = two_digits(text, year_size - 2);
  const int high = year_size == 4 ? two_digits(text, 0) : (low < 50 ? 20 : 19);
  const auto part = [&](std::size_t i) { return two_digits(text, year_size + 2 * i); };
  const int year = low < 0 || high < 0 ? -1 : high * 100 + low;
  const auto time = time_from_utc(year, part(0), part(1), part(2), part(3), part(4));
  if (!time) {
    fail();
    return {};
  }
  return *time;
}

void der_append(Bytes& out, std::uint8_t tag, ByteView contents) {
  out.push_back(tag);
  if (contents.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(contents.size()));
  } else {
    const std::size_t octets = contents.size() > 0xFFFF ? 3 : contents.size() > 0xFF ? 2 : 1;
    out.push_back(static_cast<std::uint8_t>(0x80 | octets));
    append_be(out, contents.size(), octets);
  }
  append(out, contents);
}

void der_append_integer(Bytes& out, ByteView magnitude_be) {
  while (magnitude_be.size() > 1 && magnitude_be[0] == 0) magnitude_be = magnitude_be.subspan(1);
  Bytes contents;
  if (magnitude_be.empty() || (magnitude_be[0] & 0x80) != 0) contents.push_back(0);
  append(contents, magnitude_be);
  der_append(out, kDerInteger, contents);
}

void der_append_small_integer(Bytes& out, std::uint64_t value) {
  Bytes magnitude;
  append_be(magnitude, value, 8);
  der_append_integer(out, magnitude);
}

void der_append_bit_string(Bytes& out, ByteView contents) {
  Bytes padded{0};
  append(padded, contents);
  der_append(out, kDerBitString, padded);
}

void der_append_time(Bytes& out, Time t) {
  std::string digits;
  for (const char c : format_time(t)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  const bool utc = digits >= "1950" && digits < "2050";
  digits = (utc ? digits.substr(2) : digits) + "Z";
  der_append(out, utc ? kDerUtcTime : kDerGeneralizedTime, as_bytes(digits));
}

Bytes der_oid(std::string_view dotted) {
  std::vector<std::uint64_t> arcs(1);
  for (const char c : dotted) {
    if (c == '.') {
      arcs.push_back(0);
    } else {
      arcs.back() = arcs.back() * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }
  ATOMA_CHECK(arcs.size() >= 2);
  arcs[1] += arcs[0] * 40;
  Bytes out;
  for (std::size_t i = 1; i < arcs.size(); ++i) {
    Bytes groups;
    std::uint64_t arc = arcs[i];
    do {
      groups.push_back(static_cast<std::uint8_t>((arc & 0x7F) | (groups.empty() ? 0 : 0x80)));
      arc >>= 7;
    } while (arc != 0);
    out.insert(out.end(), groups.rbegin(), groups.rend());
  }
  return out;
}

std::string oid_to_string(ByteView contents) {
  if (contents.empty() || (contents.back() & 0x80) != 0 || contents.size() > 64) return "";
  std::string out;
  std::uint64_t arc = 0;
  for (const std::uint8_t byte : contents) {
    arc = arc << 7 | (byte & 0x7F);
    if ((byte & 0x80) != 0) continue;
    if (out.empty()) {
      const std::uint64_t root = std::min<std::uint64_t>(arc / 40, 2);
      out = std::format("{}.{}", root, arc - root * 40);
    } else {
      out += std::format(".{}", arc);
    }
    arc = 0;
  }
  return out;
}

}  // namespace atoma::wire
