#include "atoma/evidence/nvidia/rim_verify.h"

#include <algorithm>

#include "atoma/pki/public_key.h"
#include "atoma/wire/text.h"
#include "fact_cache.h"
#include "nvidia/path.h"
#include "nvidia/roots.h"

namespace atoma::evidence::nvidia {
namespace {

using pki::Certificate;

// What is wrong with the certificates of KeyInfo, signer first; "" for nothing.
std::string chain_fault(const std::vector<Certificate>& chain) {
  if (!signs(chain.front())) return "the signer is an authority, or may not sign";
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Certificate& issuer = chain[std::min(i + 1, chain.size() - 1)];
    const std::string& name = chain[i].subject_cn();
    if (!is_p384(chain[i])) return name + ": not P-384 with SHA-384";
    if (chain[i].has_unknown_critical()) return name + ": an unknown critical extension";
    if (!equal(chain[i].issuer(), issuer.subject())) return name + ": not issued by the next";
    if (i > 0 && (!is_authority(chain[i]) || !path_fits(chain[i], i))) {
      return name + ": may not sign certificates here";
    }
    if (&issuer != &chain[i] && !signed_by(issuer, chain[i])) {
      return name + ": its signature is not by the next's key";
    }
  }
  return "";
}

std::string signature_fault(const Rim& rim) {
  if (!rim.digest_matches()) return "the document's digest is not the one signed";
  auto key = pki::PublicKey::create(rim.certificates().front());
  return key && key->verified(rim.signed_part()) ? "" : "the signature is not by the signer's key";
}

RimVerification judge(const Rim& rim, const TrustAnchors& anchors) {
  const auto& chain = rim.certificates();
  const auto root = crypto::sha256(chain.back().der());
  RimVerification out{.root = anchors.kind_of(root, rim_roots()),
                      .signature_fault = signature_fault(rim),
                      .chain_fault = chain_fault(chain),
                      .window = kAlways};
  for (const auto& c : chain) out.window = out.window.intersect(c.validity());
  if (out.chain_fault.empty() && out.root == RootKind::kUnknown) {
    out.chain_fault = "the root is not pinned: " + chain.back().subject_cn() + ", SHA-256 " +
                      wire::hex_encode(root);
  }
  return out;
}

}  // namespace

struct RimVerifier::Impl {
  struct Fact {
    Bytes file;
    std::shared_ptr<const JudgedRim> judged;
  };

  TrustAnchors anchors;
  FactCache<Fact> rims;
};

RimVerifier::RimVerifier(TrustAnchors anchors, std::size_t rims_max)
    : impl_(new Impl{.anchors = std::move(anchors), .rims = FactCache<Impl::Fact>(rims_max)}) {}
RimVerifier::RimVerifier(RimVerifier&&) noexcept = default;
RimVerifier::~RimVerifier() = default;

void RimVerifier::forget() { impl_->rims.clear(); }
std::size_t RimVerifier::facts() const { return impl_->rims.size(); }

RimVerification RimVerifier::verify(const Rim& rim) const { return judge(rim, impl_->anchors); }

// Found by the bytes themselves: a digest of 20 KB would cost more than a signature in a batch.
Result<std::shared_ptr<const JudgedRim>> RimVerifier::rim(ByteView xml) {
  const auto hash = fact_hash(xml);
  const auto known =
      impl_->rims.find(hash, [&](const Impl::Fact& f) { return equal(f.file, xml); });
  if (known) return known->judged;
  ATOMA_TRY(auto rim, Rim::parse(xml));
  auto verification = judge(rim, impl_->anchors);
  const bool authentic = verification.authentic();
  auto judged = std::make_shared<const JudgedRim>(std::move(rim), std::move(verification));
  if (authentic) impl_->rims.insert(hash, std::make_shared<Impl::Fact>(to_bytes(xml), judged));
  return judged;
}

}  // namespace atoma::evidence::nvidia
