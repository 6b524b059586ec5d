#include "atoma/evidence/nvidia/dice.h"

#include "atoma/wire/der.h"

namespace atoma::evidence::nvidia {
namespace {

using wire::DerReader;

// 2.23.133.5.4.1 and 2.23.133.5.4.1.1
constexpr ByteArray<6> kCompositeDeviceId{0x67, 0x81, 0x05, 0x05, 0x04, 0x01};
constexpr ByteArray<7> kTcbInfo{0x67, 0x81, 0x05, 0x05, 0x04, 0x01, 0x01};
constexpr ByteArray<9> kSha384{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02};
constexpr std::size_t kDigestSize = 48;
constexpr std::size_t kPointSize = 96;
constexpr std::uint8_t kFieldFwids = 6, kFieldFlags = 7, kFieldsMax = 10;

std::unexpected<Error> bad(const char* what) { return malformed("dice.extension", what); }

// FWID ::= SEQUENCE { hashAlg OBJECT IDENTIFIER, digest OCTET STRING }
bool read_fwid(DerReader& in, ByteView& digest) {
  DerReader fwid = in.enter(wire::kDerSequence);
  const bool sha384 = equal(fwid.element(wire::kDerOid), kSha384);
  digest = fwid.element(wire::kDerOctetString);
  return sha384 && fwid.finish() && digest.size() == kDigestSize;
}

// SubjectPublicKeyInfo of a P-384 key.
bool read_device_key(DerReader& in, ByteView& point) {
  DerReader info = in.enter(wire::kDerSequence);
  DerReader algorithm = info.enter(wire::kDerSequence);
  const bool ec = equal(algorithm.element(wire::kDerOid), pki::oid::kEcPublicKey);
  const bool p384 = equal(algorithm.element(wire::kDerOid), pki::oid::kP384);
  const ByteView bits = info.bit_string();
  if (!ec || !p384 || !algorithm.finish() || !info.finish()) return false;
  if (bits.size() != kPointSize + 1 || bits[0] != 0x04) return false;
  point = bits.subspan(1);
  return true;
}

// CompositeDeviceID ::= SEQUENCE { version INTEGER, deviceID SubjectPublicKeyInfo, fwid FWID }
Result<DiceExtension> read_composite(ByteView value) {
  DerReader in(value);
  DerReader id = in.enter(wire::kDerSequence);
  DiceExtension out;
  if (id.small_integer() != 1) return bad("a version of CompositeDeviceID that is not 1");
  if (!read_device_key(id, out.device_point)) return bad("the device's key is not of P-384");
  if (!read_fwid(id, out.fwid)) return bad("the FWID is not a SHA-384 digest");
  if (!id.finish() || !in.finish()) return bad("not a CompositeDeviceID");
  return out;
}

// OperationalFlags ::= BIT STRING; bit 0 is the first octet's highest.
bool read_flags(ByteView bits, OperationalFlags& out) {
  if (bits.size() < 2 || bits.size() > 5 || bits[0] > 7) return false;
  out = {.not_secure = (bits[1] & 0x40) != 0,
         .recovery = (bits[1] & 0x20) != 0,
         .debug = (bits[1] & 0x10) != 0};
  return true;
}

// DiceTcbInfo ::= SEQUENCE { [0] vendor … [6] fwids … [7] flags … [10] }, all optional, in order.
Result<DiceExtension> read_tcb_info(ByteView value) {
  DerReader in(value);
  DerReader info = in.enter(wire::kDerSequence);
  DiceExtension out;
  int last = -1;
  while (info.ok() && !info.at_end()) {
    const std::uint8_t tag = info.peek();
    const int field = tag & 0x1F;
    if (field <= last || field > kFieldsMax) return bad("fields of DiceTcbInfo out of order");
    last = field;
    if (tag == wire::der_context(kFieldFwids)) {
      DerReader fwids = info.enter(tag);
      ByteView more;
      bool good = read_fwid(fwids, out.fwid);
      while (good && !fwids.at_end()) good = read_fwid(fwids, more);
      if (!good || !fwids.finish()) return bad("an FWID is not a SHA-384 digest");
    } else if (tag == wire::der_context_primitive(kFieldFlags)) {
      if (!read_flags(info.element(tag), out.flags.emplace())) return bad("flags");
    } else {
      info.raw();
    }
  }
  if (!info.finish() || !in.finish()) return bad("not a DiceTcbInfo");
  return out.fwid.empty() ? Result<DiceExtension>(bad("no FWID in DiceTcbInfo")) : out;
}

}  // namespace

Result<DiceExtension> parse_dice_extension(const pki::Certificate& leaf) {
  const auto composite = leaf.extension(kCompositeDeviceId);
  const auto tcb_info = leaf.extension(kTcbInfo);
  if (composite && tcb_info) return bad("both CompositeDeviceID and DiceTcbInfo");
  if (composite) return read_composite(*composite);
  if (tcb_info) return read_tcb_info(*tcb_info);
  return malformed("dice.missing", "neither 2.23.133.5.4.1 nor 2.23.133.5.4.1.1");
}

}  // namespace atoma::evidence::nvidia
