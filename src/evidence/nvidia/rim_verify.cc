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
    std::shared_ptr<const Rim> rim;
    RimVerification verification;
  };

  TrustAnchors anchors;
  FactCache<Fact> rims;

  std::shared_ptr<Fact> find(const crypto::Digest256& digest) const {
    return rims.find(fact_hash(digest), [&](const Fact& f) { return f.rim->digest() == digest; });
  }
};

RimVerifier::RimVerifier(TrustAnchors anchors, std::size_t rims_max)
    : impl_(new Impl{.anchors = std::move(anchors), .rims = FactCache<Impl::Fact>(rims_max)}) {}
RimVerifier::RimVerifier(RimVerifier&&) noexcept = default;
RimVerifier::~RimVerifier() = default;

void RimVerifier::forget() { impl_->rims.clear(); }
std::size_t RimVerifier::facts() const { return impl_->rims.size(); }

RimVerification RimVerifier::verify(const Rim& rim) {
  if (const auto known = impl_->find(rim.digest())) return known->verification;
  return judge(rim, impl_->anchors);
}

Result<std::shared_ptr<const Rim>> RimVerifier::rim(ByteView xml) {
  const auto digest = crypto::sha256(xml);
  if (const auto known = impl_->find(digest)) return known->rim;
  ATOMA_TRY(auto parsed, Rim::parse(xml));
  auto shared = std::make_shared<const Rim>(std::move(parsed));
  auto verification = judge(*shared, impl_->anchors);
  if (verification.authentic()) {
    impl_->rims.insert(fact_hash(digest),
                       std::make_shared<Impl::Fact>(shared, std::move(verification)));
  }
  return shared;
}

}  // namespace atoma::evidence::nvidia
