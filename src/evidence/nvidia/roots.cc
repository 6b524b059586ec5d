#include "nvidia/roots.h"

#include "atoma/base/check.h"
#include "atoma/evidence/nvidia/chain.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::nvidia {
namespace {

crypto::Digest256 decode(std::string_view hex) {
  crypto::Digest256 out{};
  ATOMA_CHECK(wire::hex_decode_into(hex, out));
  return out;
}

}  // namespace

std::span<const crypto::Digest256> device_roots() {
  static const crypto::Digest256 pins[] = {
      decode("102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48")};
  return pins;
}

std::span<const crypto::Digest256> rim_roots() {
  static const crypto::Digest256 pins[] = {
      decode("12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1")};
  return pins;
}

RootKind device_root_kind(const pki::Certificate& root, const TrustAnchors& anchors) {
  return anchors.kind_of(crypto::sha256(root.der()), device_roots());
}

RootKind rim_root_kind(const pki::Certificate& root, const TrustAnchors& anchors) {
  return anchors.kind_of(crypto::sha256(root.der()), rim_roots());
}

}  // namespace atoma::evidence::nvidia
