#include "atoma/evidence/nitro/verify.h"

#include "fact_cache.h"
#include "nitro/chain.h"

namespace atoma::evidence::nitro {
namespace {

std::string window_text(ValidityWindow window) {
  return format_time(window.not_before) + " to " + format_time(window.not_after);
}

std::string freshness_text(const Freshness& freshness, Time at) {
  std::string out = "within ";
  out += freshness.age_max ? std::to_string(freshness.age_max->s) + " s before" : "any time before";
  out += freshness.ahead_max ? " and " + std::to_string(freshness.ahead_max->s) + " s after "
                             : " or after ";
  return out + format_time(at);
}

bool is_fresh(Time timestamp, const Freshness& freshness, Time at) {
  const bool old = freshness.age_max && at - timestamp > *freshness.age_max;
  const bool ahead = freshness.ahead_max && timestamp - at > *freshness.ahead_max;
  return !old && !ahead;
}

}  // namespace

struct Verifier::Impl {
  TrustAnchors anchors;
  FactCache<ChainFacts> chains;

  std::shared_ptr<ChainFacts> chain_of(const DocumentFields& document) {
    const Bytes bytes = chain_bytes(document);
    const std::uint64_t hash = fact_hash(bytes);
    auto known = chains.find(hash, [&](const ChainFacts& chain) { return chain.bytes == bytes; });
    if (known) return known;
    auto chain = std::make_shared<ChainFacts>(establish_chain(document, anchors));
    if (chain->good) chains.insert(hash, chain);
    return chain;
  }
};

Verifier::Verifier(TrustAnchors anchors, std::size_t chains_max)
    : impl_(new Impl{.anchors = std::move(anchors), .chains = FactCache<ChainFacts>(chains_max)}) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

void Verifier::forget() { impl_->chains.clear(); }

std::size_t Verifier::facts() const { return impl_->chains.size(); }

NitroVerification Verifier::verify(const NitroDocument& document, Freshness freshness, Time at,
                                   Findings& findings) {
  const auto chain = impl_->chain_of(document.fields());
  findings.add_cached(chain->findings);
  NitroVerification out;
  out.root = chain->root;
  out.valid = chain->valid;
  const Time timestamp = document->timestamp;
  bool good = chain->good;
  good &= findings.check(
      Check::kNitroValidity, chain->valid.contains(timestamp),
      [&] { return window_text(chain->valid); },
      [&] { return "the document's time, " + format_time(timestamp); });
  good &= findings.check(
      Check::kNitroTimestamp, is_fresh(timestamp, freshness, at),
      [&] { return freshness_text(freshness, at); }, [&] { return format_time(timestamp); });
  const auto& message = document->message;
  const bool valid =
      chain->key && chain->key->verify(cose::sign1_signed_bytes(message), message.signature);
  good &= findings.check(Check::kNitroSignature, valid, "a signature by the leaf's key",
                         "not by this key");
  if (!good) return out;
  out.authenticity = Authenticity::kYes;
  out.document = AuthenticDocument(document, chain->root);
  return out;
}

}  // namespace atoma::evidence::nitro
