// DER (X.690) reading: definite minimal lengths only, one-byte tags, bounded depth because every
// nesting is a new reader made by hand. Sticky failure, as in wire::Reader.
//
//   DerReader in(bytes);
//   DerReader seq = in.enter(kDerSequence);
//   const ByteView serial = seq.integer();
//   if (!seq.finish() || !in.finish()) return malformed(…);
#pragma once

#include <string>
#include <string_view>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"

namespace atoma::wire {

enum DerTag : std::uint8_t {
  kDerBoolean = 0x01,
  kDerInteger = 0x02,
  kDerBitString = 0x03,
  kDerOctetString = 0x04,
  kDerNull = 0x05,
  kDerOid = 0x06,
  kDerEnumerated = 0x0A,
  kDerUtf8String = 0x0C,
  kDerPrintableString = 0x13,
  kDerIa5String = 0x16,
  kDerUtcTime = 0x17,
  kDerGeneralizedTime = 0x18,
  kDerSequence = 0x30,
  kDerSet = 0x31,
};
constexpr std::uint8_t der_context(std::uint8_t n) { return static_cast<std::uint8_t>(0xA0 | n); }
constexpr std::uint8_t der_context_primitive(std::uint8_t n) {
  return static_cast<std::uint8_t>(0x80 | n);
}

class DerReader {
 public:
  explicit DerReader(ByteView input) : rest_(input) {}

  // The tag of the next element; 0 at the end or after a failure.
  std::uint8_t peek() const;
  // Contents of the next element, which must have `tag`.
  ByteView element(std::uint8_t tag);
  // The next element with its header, whatever its tag (for raw names and signed ranges).
  ByteView raw();
  // The next element with its header, which must have `tag`.
  ByteView raw(std::uint8_t tag);
  DerReader enter(std::uint8_t tag) { return DerReader(element(tag), ok_); }

  bool boolean();
  // Contents of a minimal two's complement INTEGER that is not negative, without a leading zero
  // octet; zero is one 0x00 byte.
  ByteView integer();
  // A non-negative INTEGER of at most 63 bits.
  std::uint64_t small_integer();
  // Contents of a BIT STRING without unused bits.
  ByteView bit_string();
  // UTCTime (RFC 5280 §4.1.2.5.1: YYMMDDHHMMSSZ) or GeneralizedTime (YYYYMMDDHHMMSSZ).
  Time time();

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  bool finish() const { return ok_ && rest_.empty(); }

 private:
  DerReader(ByteView input, bool ok) : rest_(input), ok_(ok) {}
  void fail();

  ByteView rest_;
  bool ok_ = true;
};

// Writing, for the software roots of the sample TEE: each call appends one element to `out`.
void der_append(Bytes& out, std::uint8_t tag, ByteView contents);
void der_append_integer(Bytes& out, ByteView magnitude_be);
void der_append_small_integer(Bytes& out, std::uint64_t value);
void der_append_bit_string(Bytes& out, ByteView contents);
void der_append_time(Bytes& out, Time t);  // UTCTime to 2049, then GeneralizedTime
// Contents of an OBJECT IDENTIFIER from "1.2.840.10045.4.3.2".
Bytes der_oid(std::string_view dotted);
// "1.2.840…" from the contents; "" when malformed. For messages.
std::string oid_to_string(ByteView contents);

}  // namespace atoma::wire
