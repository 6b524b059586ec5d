// Each element that parses encodes to the same bytes, and so does what the typed reads give.
#include "atoma/wire/der.h"

#include "atoma/base/limits.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using wire::DerReader;

void check_value(std::uint8_t tag, ByteView raw, ByteView contents) {
  DerReader in(raw);
  Bytes out;
  if (tag == wire::kDerInteger) {
    DerReader small = in;
    const ByteView magnitude = in.integer();
    if (in.finish()) wire::der_append_integer(out, magnitude);
    const std::uint64_t value = small.small_integer();
    Bytes same;
    if (small.finish()) wire::der_append_small_integer(same, value);
    ATOMA_CHECK(!small.ok() || same == out);
  } else if (tag == wire::kDerBitString) {
    const ByteView bits = in.bit_string();
    if (in.finish()) wire::der_append_bit_string(out, bits);
  } else if (tag == wire::kDerUtcTime) {
    const Time time = in.time();
    if (in.finish()) wire::der_append_time(out, time);
  } else if (tag == wire::kDerBoolean) {
    const bool value = in.boolean();
    if (in.finish()) wire::der_append(out, tag, Bytes{value ? std::uint8_t{0xFF} : std::uint8_t{}});
  } else if (tag == wire::kDerOid) {
    static_cast<void>(wire::oid_to_string(contents));
  } else if (tag == wire::kDerGeneralizedTime) {
    static_cast<void>(in.time());
  }
  ATOMA_CHECK(out.empty() || equal(out, raw));
}

void walk(ByteView bytes, int depth) {
  DerReader in(bytes);
  while (!in.at_end()) {
    const std::uint8_t tag = in.peek();
    DerReader same = in;
    const ByteView raw = in.raw();
    const ByteView contents = same.element(tag);
    ATOMA_CHECK(in.ok() == same.ok());
    if (!in.ok()) return;
    Bytes out;
    wire::der_append(out, tag, contents);
    ATOMA_CHECK(equal(out, raw));
    check_value(tag, raw, contents);
    constexpr std::uint8_t kConstructed = 0x20;
    if ((tag & kConstructed) != 0 && depth < limits::kDerDepthMax) walk(contents, depth + 1);
  }
}

}  // namespace

void one_input(ByteView in) { walk(in, 0); }

}  // namespace atoma::fuzz
