#include "atoma/evidence/intel/pck.h"

#include "atoma/wire/der.h"
#include "atoma/wire/reader.h"

namespace atoma::evidence::intel {
namespace {

using wire::DerReader;

// 1.2.840.113741.1.13.1, below which everything lives.
constexpr ByteArray<9> kArc{0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01};

// The arcs after kArc, one byte each; empty when `oid` lies elsewhere.
ByteView below_arc(ByteView oid) {
  const bool inside = oid.size() > kArc.size() && equal(oid.first(kArc.size()), kArc);
  return inside ? oid.subspan(kArc.size()) : ByteView{};
}

template <std::size_t N>
bool octets(DerReader& in, ByteArray<N>& out) {
  const ByteView value = in.element(wire::kDerOctetString);
  if (value.size() != N) return false;
  std::ranges::copy(value, out.begin());
  return true;
}

struct PckExtensionParser {
  PckInfo info = {};
  std::uint32_t seen = 0;      // bit n: part .n
  std::uint32_t seen_tcb = 0;  // bit n: part .2.n

  bool run(ByteView extension) {
    DerReader in(extension);
    DerReader parts = in.enter(wire::kDerSequence);
    while (parts.ok() && !parts.at_end()) {
      DerReader part = parts.enter(wire::kDerSequence);
      const ByteView arcs = below_arc(part.element(wire::kDerOid));
      if (arcs.size() != 1 || arcs[0] > 7 || !first_time(seen, arcs[0])) return false;
      if (!read_part(arcs[0], part) || !part.finish()) return false;
    }
    constexpr std::uint32_t kRequired = 0b111110;  // .1 to .5
    return parts.finish() && in.finish() && (seen & kRequired) == kRequired;
  }

  static bool first_time(std::uint32_t& seen_parts, std::uint8_t part) {
    const bool first = (seen_parts >> part & 1) == 0;
    seen_parts |= 1u << part;
    return first;
  }

  bool read_part(std::uint8_t part, DerReader& in) {
    switch (part) {
      case 1:
        return octets(in, info.ppid);
      case 2:
        return read_tcb(in);
      case 3:
        return octets(in, info.pce_id);
      case 4:
        return octets(in, info.fmspc);
      case 5:
        return read_sgx_type(in);
      case 6:
        return in.element(wire::kDerOctetString).size() == 16;  // platform instance id
      case 7:
        return read_configuration(in);
      default:
        return false;
    }
  }

  bool read_tcb(DerReader& in) {
    DerReader parts = in.enter(wire::kDerSequence);
    while (parts.ok() && !parts.at_end()) {
      DerReader part = parts.enter(wire::kDerSequence);
      const ByteView arcs = below_arc(part.element(wire::kDerOid));
      const bool named = arcs.size() == 2 && arcs[0] == 2 && arcs[1] >= 1 && arcs[1] <= 18;
      if (!named || !first_time(seen_tcb, arcs[1])) return false;
      if (!read_tcb_part(arcs[1], part) || !part.finish()) return false;
    }
    constexpr std::uint32_t kAll = 0x7FFFE;  // .2.1 to .2.18
    return parts.finish() && seen_tcb == kAll;
  }

  bool read_tcb_part(std::uint8_t part, DerReader& in) {
    if (part == 18) return octets(in, info.cpu_svn);
    const std::uint64_t svn = in.small_integer();
    if (part == 17) {
      info.pce_svn = static_cast<std::uint16_t>(svn);
      return svn <= 0xFFFF;
    }
    info.tcb_components[part - 1u] = static_cast<std::uint8_t>(svn);
    return svn <= 0xFF;
  }

  bool read_sgx_type(DerReader& in) {
    const ByteView value = in.element(wire::kDerEnumerated);
    if (value.size() != 1 || value[0] > 2) return false;
    info.sgx_type = value[0];
    return true;
  }

  bool read_configuration(DerReader& in) {
    std::uint32_t seen_flags = 0;
    DerReader parts = in.enter(wire::kDerSequence);
    while (parts.ok() && !parts.at_end()) {
      DerReader part = parts.enter(wire::kDerSequence);
      const ByteView arcs = below_arc(part.element(wire::kDerOid));
      const bool named = arcs.size() == 2 && arcs[0] == 7 && arcs[1] >= 1 && arcs[1] <= 3;
      if (!named || !first_time(seen_flags, arcs[1])) return false;
      const bool flag = part.boolean();
      if (!part.finish()) return false;
      (arcs[1] == 1   ? info.dynamic_platform
       : arcs[1] == 2 ? info.cached_keys
                      : info.smt_enabled) = flag;
    }
    return parts.finish();
  }
};

}  // namespace

Result<PckInfo> parse_pck_info(const pki::Certificate& leaf) {
  const auto extension = leaf.extension(kArc);
  PckExtensionParser parser;
  if (!extension || !parser.run(*extension)) {
    return malformed("pck.extension",
                     "the SGX extension 1.2.840.113741.1.13.1 is absent or malformed");
  }
  return parser.info;
}

}  // namespace atoma::evidence::intel
