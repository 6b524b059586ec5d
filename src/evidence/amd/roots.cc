#include "amd/roots.h"

#include "atoma/base/check.h"
#include "atoma/evidence/amd/issuers.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::amd {
namespace {

struct Pin {
  Product product;
  Authority authority;
  std::string_view sha256;
};

// As https://kdsintf.amd.com/{vcek,vlek}/v1/{Milan,Genoa,Turin}/cert_chain serves them.
constexpr Pin kPins[] = {
    {Product::kMilan, Authority::kArk,
     "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"},
    {Product::kMilan, Authority::kAsk,
     "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b"},
    {Product::kMilan, Authority::kAsvk,
     "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5"},
    {Product::kGenoa, Authority::kArk,
     "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1"},
    {Product::kGenoa, Authority::kAsk,
     "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521"},
    {Product::kGenoa, Authority::kAsvk,
     "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372"},
    {Product::kTurin, Authority::kArk,
     "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a"},
    {Product::kTurin, Authority::kAsk,
     "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185"},
    {Product::kTurin, Authority::kAsvk,
     "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c"},
};

struct Entry {
  PinnedCertificate certificate;
  crypto::Digest256 digest{};
};

std::array<Entry, std::size(kPins)> decode_pins() {
  std::array<Entry, std::size(kPins)> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].certificate = {kPins[i].product, kPins[i].authority};
    ATOMA_CHECK(wire::hex_decode_into(kPins[i].sha256, out[i].digest));
  }
  return out;
}

}  // namespace

std::optional<PinnedCertificate> find_pinned(const crypto::Digest256& digest) {
  static const auto pins = decode_pins();
  for (const auto& pin : pins) {
    if (pin.digest == digest) return pin.certificate;
  }
  return std::nullopt;
}

RootKind root_kind(const pki::Certificate& ark, const TrustAnchors& anchors) {
  const auto digest = crypto::sha256(ark.der());
  const auto pin = find_pinned(digest);
  if (anchors.vendor_roots && pin && pin->authority == Authority::kArk) return RootKind::kVendor;
  return anchors.kind_of(digest, {});
}

}  // namespace atoma::evidence::amd
