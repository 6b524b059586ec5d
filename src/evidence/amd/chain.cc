#include "amd/chain.h"

#include "amd/roots.h"
#include "atoma/base/check.h"
#include "atoma/pki/public_key.h"
#include "atoma/wire/text.h"

namespace atoma::evidence::amd {
namespace {

using pki::Certificate;
using pki::PublicKey;

constexpr std::string_view kArkPrefix = "ARK-";
constexpr std::string_view kAskPrefix = "SEV-";
constexpr std::string_view kAsvkPrefix = "SEV-VLEK-";
constexpr std::string_view kVcekName = "SEV-VCEK";
constexpr std::string_view kVlekName = "SEV-VLEK";
constexpr std::size_t kRsaModulusSize = 512;

SigningKey kind_of(const Certificate& leaf) {
  if (leaf.subject_cn() == kVcekName) return SigningKey::kVcek;
  return leaf.subject_cn() == kVlekName ? SigningKey::kVlek : SigningKey::kNone;
}

bool rsa_4096(const Certificate& certificate) {
  return certificate.key_algorithm() == pki::KeyAlgorithm::kRsa &&
         certificate.rsa_modulus().size() == kRsaModulusSize &&
         (certificate.rsa_modulus().front() & 0x80) != 0;
}

bool pss(const Certificate& certificate) {
  return certificate.signed_part().algorithm == pki::SignatureAlgorithm::kRsaPssSha384;
}

bool may_sign_certificates(const Certificate& certificate) {
  return certificate.is_ca() && certificate.key_usage() && certificate.key_usage()->key_cert_sign;
}

template <typename T>
bool signed_by(const Certificate& issuer, const T& child) {
  auto key = PublicKey::create(issuer);
  return key && key->verified(child.signed_part());
}

// Checks in the order of the chain, root first; each says what it needs and what it found.
class ChainCheck {
 public:
  ChainCheck(const Endorsements& endorsements, const TrustAnchors& anchors)
      : leaf_(*endorsements.leaf()),
        intermediate_(*endorsements.intermediate()),
        root_(*endorsements.root()),
        crl_(endorsements.crl()),
        anchors_(anchors) {}

  ChainFacts run() {
    facts_.leaf_kind = kind_of(leaf_);
    facts_.certificates =
        leaf_.validity().intersect(intermediate_.validity()).intersect(root_.validity());
    check_root();
    check_names();
    check_algorithms();
    check_constraints();
    check_signatures();
    check_extensions();
    if (crl_ != nullptr) check_crl();
    facts_.findings = findings_.items();
    facts_.good = good_;
    return std::move(facts_);
  }

 private:
  template <typename Expected, typename Actual>
  void check(Check id, bool ok, const Expected& expected, const Actual& actual) {
    good_ &= findings_.check(id, ok, std::string(expected), std::string(actual));
  }

  // The ARK by its bytes. AMD's ASK and ASVK are pinned as well: there are six.
  void check_root() {
    const auto digest = crypto::sha256(root_.der());
    const auto pin = find_pinned(digest);
    if (anchors_.vendor_roots && pin && pin->authority == Authority::kArk) {
      facts_.root = RootKind::kVendor;
      facts_.product = pin->product;
    } else {
      const std::string_view cn = root_.subject_cn();
      if (std::ranges::contains(anchors_.sample_roots, digest)) facts_.root = RootKind::kSample;
      if (cn.starts_with(kArkPrefix)) {
        facts_.product = product_of_name(cn.substr(kArkPrefix.size()));
      }
    }
    check(Check::kAmdRoot, facts_.root != RootKind::kUnknown, "an ARK that is pinned",
          root_.subject_cn() + ", SHA-256 " + wire::hex_encode(digest));
    if (facts_.root == RootKind::kVendor) check_pinned_intermediate();
  }

  void check_pinned_intermediate() {
    const auto digest = crypto::sha256(intermediate_.der());
    const auto pin = find_pinned(digest);
    const auto wanted = facts_.leaf_kind == SigningKey::kVlek ? Authority::kAsvk : Authority::kAsk;
    const bool ok = pin && pin->product == facts_.product && pin->authority == wanted;
    check(Check::kAmdIntermediate, ok,
          std::string(wanted == Authority::kAsk ? "the ASK of " : "the ASVK of ") +
              std::string(product_name(facts_.product)),
          intermediate_.subject_cn() + ", SHA-256 " + wire::hex_encode(digest));
  }

  void check_names() {
    const std::string line(product_name(facts_.product));
    const bool vlek = facts_.leaf_kind == SigningKey::kVlek;
    const std::string intermediate = std::string(vlek ? kAsvkPrefix : kAskPrefix) + line;
    const std::string root = std::string(kArkPrefix) + line;
    const bool ok = facts_.leaf_kind != SigningKey::kNone &&
                    intermediate_.subject_cn() == intermediate && root_.subject_cn() == root &&
                    equal(leaf_.issuer(), intermediate_.subject()) &&
                    equal(intermediate_.issuer(), root_.subject());
    check(Check::kAmdNames, ok,
          "SEV-VCEK or SEV-VLEK, issued by " + intermediate + ", issued by " + root,
          leaf_.subject_cn() + ", issued by " + leaf_.issuer_cn() + "; " +
              intermediate_.subject_cn() + ", issued by " + intermediate_.issuer_cn());
  }

  void check_algorithms() {
    const bool p384 = leaf_.key_algorithm() == pki::KeyAlgorithm::kEcP384;
    check(Check::kAmdAlgorithms,
          p384 && rsa_4096(intermediate_) && rsa_4096(root_) && pss(leaf_) && pss(intermediate_),
          "a P-384 key certified by RSA-4096 keys with RSA-PSS SHA-384", "another algorithm");
    if (!p384) return;
    auto key = crypto::EcPublicKey::create(crypto::Curve::kP384, leaf_.ec_point());
    if (key) facts_.key = std::move(*key);
  }

  void check_constraints() {
    check(Check::kAmdConstraints,
          may_sign_certificates(root_) && may_sign_certificates(intermediate_) && !leaf_.is_ca(),
          "authorities that may sign certificates, and a key that may not",
          "other basic constraints or key usage");
    check(Check::kAmdCritical,
          !root_.has_unknown_critical() && !intermediate_.has_unknown_critical() &&
              !leaf_.has_unknown_critical(),
          "no unknown critical extension", "an unknown critical extension");
  }

  void check_signatures() {
    check(Check::kAmdIntermediateSignature, signed_by(root_, intermediate_),
          "a signature by the ARK", "not by this key");
    check(Check::kAmdLeafSignature, signed_by(intermediate_, leaf_),
          "a signature by the ASK or ASVK", "not by this key");
  }

  void check_extensions() {
    auto extensions = parse_key_extensions(leaf_, facts_.leaf_kind);
    check(Check::kAmdExtensions, extensions.has_value(), "the extensions of 57230, each once",
          extensions ? "all of them" : extensions.error().message);
    if (!extensions) return;
    check(Check::kAmdProduct,
          facts_.product != Product::kUnknown && extensions->product == facts_.product,
          "a key for the root's product, " + std::string(product_name(facts_.product)),
          extensions->product_text);
    facts_.key_extensions = std::make_shared<const KeyExtensions>(std::move(*extensions));
  }

  void check_crl() {
    const bool good_before = std::exchange(good_, true);
    const bool may_sign = root_.key_usage() && root_.key_usage()->crl_sign;
    check(Check::kAmdCrlIssuer, may_sign && equal(crl_->issuer(), root_.subject()),
          "a list by " + root_.subject_cn(), "a list by somebody else");
    check(Check::kAmdCrlSignature, signed_by(root_, *crl_), "a signature by the ARK",
          "not by this key");
    facts_.revocation_checked = good_;
    check(Check::kAmdIntermediateRevoked,
          !crl_->revokes(intermediate_.serial()) && !crl_->revokes(root_.serial()),
          "neither the issuer nor the root on the list",
          "serial " + wire::hex_encode(intermediate_.serial()) + ", list of " +
              std::to_string(crl_->entries()));
    facts_.crl = crl_->validity();
    good_ &= good_before;
  }

  const Certificate& leaf_;
  const Certificate& intermediate_;
  const Certificate& root_;
  const pki::Crl* crl_;
  const TrustAnchors& anchors_;
  Findings findings_{Detail::kAll};
  bool good_ = true;
  ChainFacts facts_;
};

}  // namespace

ChainFacts establish_chain(const Endorsements& endorsements, const TrustAnchors& anchors) {
  ATOMA_CHECK(endorsements.complete());
  ChainFacts facts = ChainCheck(endorsements, anchors).run();
  facts.digest = endorsements.digest();
  return facts;
}

}  // namespace atoma::evidence::amd
