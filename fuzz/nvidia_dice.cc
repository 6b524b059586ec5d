// A DICE extension that parses has an FWID of SHA-384 inside the bytes given, in either form.
#include "atoma/evidence/nvidia/dice.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

pki::Certificate leaf_with(const char* oid, ByteView value) {
  static const auto key = fixed_key(crypto::Curve::kP384, 0x34);
  pki::CertificateTemplate leaf;
  leaf.subject_cn = leaf.issuer_cn = "GH100 A01 GSP FMC LF";
  leaf.extra.push_back({oid, false, to_bytes(value)});
  auto parsed = pki::Certificate::parse(pki::issue_certificate(leaf, pki::Signer(key)));
  ATOMA_CHECK(parsed.has_value());
  return *std::move(parsed);
}

}  // namespace

void one_input(ByteView in) {
  if (in.size() > 4096) return;
  for (const char* oid : {"2.23.133.5.4.1", "2.23.133.5.4.1.1"}) {
    const auto leaf = leaf_with(oid, in);
    const auto dice = evidence::nvidia::parse_dice_extension(leaf);
    ATOMA_CHECK(!dice || (dice->fwid.size() == 48 && in.size() > 48));
    ATOMA_CHECK(!dice || std::ranges::search(in, dice->fwid).size() == 48);
  }
}

}  // namespace atoma::fuzz
