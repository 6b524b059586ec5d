#include "nitro/chain.h"

#include "atoma/base/check.h"
#include "atoma/pki/public_key.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::nitro {
namespace {

using pki::Certificate;

// https://aws-nitro-enclaves.amazonaws.com/AWS_NitroEnclaves_Root-G1.zip, SHA-256 of the DER.
constexpr std::string_view kRootG1 =
    "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";

std::span<const crypto::Digest256> pinned_roots() {
  static const auto kPins = [] {
    std::array<crypto::Digest256, 1> out{};
    ATOMA_CHECK(wire::hex_decode_into(kRootG1, out[0]));
    return out;
  }();
  return kPins;
}

Result<std::vector<Certificate>> parse_chain(const DocumentFields& document) {
  std::vector<Certificate> chain;
  for (const ByteView der : document.cabundle) {
    ATOMA_TRY(auto certificate, Certificate::parse(der));
    chain.push_back(std::move(certificate));
  }
  ATOMA_TRY(auto leaf, Certificate::parse(document.certificate));
  chain.push_back(std::move(leaf));
  return chain;
}

bool p384(const Certificate& certificate) {
  return certificate.key_algorithm() == pki::KeyAlgorithm::kEcP384 &&
         certificate.signed_part().algorithm == pki::SignatureAlgorithm::kEcdsaSha384;
}

// `below`: authorities between this one and the leaf (RFC 5280 §4.2.1.9).
bool may_sign(const Certificate& certificate, std::size_t below) {
  return certificate.is_ca() && certificate.path_length().value_or(below) >= below &&
         certificate.key_usage() && certificate.key_usage()->key_cert_sign;
}

bool may_attest(const Certificate& certificate) {
  return certificate.has_basic_constraints() && !certificate.is_ca() && certificate.key_usage() &&
         certificate.key_usage()->digital_signature;
}

bool signed_by(const Certificate& issuer, const Certificate& child) {
  auto key = pki::PublicKey::create(issuer);
  return key && key->verified(child);
}

// Root first, leaf last.
class ChainCheck {
 public:
  ChainCheck(std::vector<Certificate> chain, const TrustAnchors& anchors, Findings& findings)
      : chain_(std::move(chain)), anchors_(anchors), findings_(findings) {}

  bool run(ChainFacts& out) {
    out.valid = kAlways;
    for (const auto& certificate : chain_) out.valid = out.valid.intersect(certificate.validity());
    bool good = check_root(out);
    good &= check_names();
    good &= check_algorithms(out);
    good &= check_constraints();
    return check_signatures() && good;
  }

 private:
  const Certificate& leaf() const { return chain_.back(); }

  bool check_root(ChainFacts& out) {
    const auto digest = crypto::sha256(chain_.front().der());
    out.root = anchors_.kind_of(digest, pinned_roots());
    return findings_.check(Check::kNitroRoot, out.root != RootKind::kUnknown,
                           "a root that is pinned, first in the bundle",
                           chain_.front().subject_cn() + ", SHA-256 " + wire::hex_encode(digest));
  }

  bool check_names() {
    bool linked = equal(chain_.front().issuer(), chain_.front().subject());
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      linked &= equal(chain_[i].issuer(), chain_[i - 1].subject());
    }
    return findings_.check(Check::kNitroNames, linked,
                           "root first, each issued by the one before it, the leaf by the last",
                           leaf().subject_cn() + ", issued by " + leaf().issuer_cn());
  }

  bool check_algorithms(ChainFacts& out) {
    const bool good = std::ranges::all_of(chain_, p384);
    if (good) {
      auto key = crypto::EcPublicKey::create(crypto::Curve::kP384, leaf().ec_point());
      if (key) out.key = std::move(*key);
    }
    return findings_.check(Check::kNitroAlgorithms, good && out.key.has_value(),
                           "P-384 keys and ecdsa-with-SHA384",
                           good ? "those" : "another algorithm");
  }

  bool check_constraints() {
    bool good = may_attest(leaf());
    const std::size_t authorities = chain_.size() - 1;
    for (std::size_t i = 0; i < authorities; ++i) {
      good &= may_sign(chain_[i], authorities - 1 - i);
    }
    const bool known = std::ranges::none_of(chain_, &Certificate::has_unknown_critical);
    good = findings_.check(Check::kNitroConstraints, good,
                           "authorities within their path lengths, and a leaf that may sign",
                           good ? "those" : "other basic constraints or key usage");
    return findings_.check(Check::kNitroCritical, known, "no unknown critical extension",
                           known ? "none" : "an unknown critical extension") &&
           good;
  }

  bool check_signatures() {
    bool good = true;
    for (std::size_t i = 1; i < chain_.size(); ++i) good &= signed_by(chain_[i - 1], chain_[i]);
    return findings_.check(Check::kNitroChainSignature, good, "each signed by the one before it",
                           good ? "signed" : "not by this key");
  }

  std::vector<Certificate> chain_;
  const TrustAnchors& anchors_;
  Findings& findings_;
};

}  // namespace

Bytes chain_bytes(const DocumentFields& document) {
  Bytes out;
  const auto add = [&](ByteView der) {
    wire::append_be(out, der.size(), 4);
    append(out, der);
  };
  for (const ByteView der : document.cabundle) add(der);
  add(document.certificate);
  return out;
}

ChainFacts establish_chain(const DocumentFields& document, const TrustAnchors& anchors) {
  ChainFacts facts;
  facts.bytes = chain_bytes(document);
  Findings findings(Detail::kAll);
  auto chain = parse_chain(document);
  const bool parsed = findings.check(Check::kNitroChain, chain.has_value(), "X.509 certificates",
                                     chain ? "those" : chain.error().to_string());
  facts.good = parsed && ChainCheck(std::move(*chain), anchors, findings).run(facts);
  facts.findings = findings.items();
  return facts;
}

}  // namespace atoma::evidence::nitro
