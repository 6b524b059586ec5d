#include "atoma/evidence/nvidia/chain.h"

#include <algorithm>
#include <span>

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"
#include "nvidia/chain_facts.h"
#include "nvidia/path.h"
#include "nvidia/roots.h"

namespace atoma::evidence::nvidia {
namespace {

using pki::Certificate;

constexpr std::size_t kChainLength = 5;
constexpr std::size_t kDevicePlace = 1;  // the chip's own certificate

struct LeafName {
  Architecture architecture = Architecture::kUnknown;
  std::string chip;
};

// "GH100 A01 GSP FMC LF", "GB100 A01 GSP FMC LF", "LS_10 A01 FSP FMC LF": chip, revision, which
// processor runs the first mutable code.
LeafName read_leaf_name(std::string_view cn) {
  const std::string_view chip = cn.substr(0, std::min(cn.find(' '), cn.size()));
  const bool gpu = cn.ends_with(" GSP FMC LF");
  if (gpu && chip.starts_with("GH")) return {Architecture::kHopper, std::string(chip)};
  if (gpu && chip.starts_with("GB")) return {Architecture::kBlackwell, std::string(chip)};
  if (chip == "LS_10" && cn.ends_with(" FSP FMC LF")) return {Architecture::kLs10, "LS10"};
  return {};
}

class ChainCheck {
 public:
  ChainCheck(const DeviceChain& chain, const TrustAnchors& anchors)
      : chain_(chain.certificates()), anchors_(anchors) {}

  ChainFacts run() {
    facts_.certificates = kAlways;
    for (const auto& c : chain_) facts_.certificates = facts_.certificates.intersect(c.validity());
    check(Check::kNvidiaChainLength, chain_.size() == kChainLength, "five certificates",
          std::to_string(chain_.size()));
    check_root();
    check_names();
    check_constraints();
    check_algorithms();
    check_signatures();
    if (chain_.size() > kDevicePlace) check_extension();
    facts_.device = std::make_shared<const DeviceIdentity>(std::move(device_));
    facts_.findings = findings_.items();
    facts_.good = good_;
    return std::move(facts_);
  }

 private:
  template <typename Expected, typename Actual>
  void check(Check id, bool ok, const Expected& expected, const Actual& actual) {
    good_ &= findings_.check(id, ok, std::string(expected), std::string(actual));
  }

  // The last certificate by its bytes.
  void check_root() {
    const auto digest = crypto::sha256(chain_.back().der());
    facts_.root = anchors_.kind_of(digest, device_roots());
    check(Check::kNvidiaRoot, facts_.root != RootKind::kUnknown,
          "NVIDIA Device Identity CA, as it is pinned",
          chain_.back().subject_cn() + ", SHA-256 " + wire::hex_encode(digest));
  }

  void check_names() {
    auto name = read_leaf_name(chain_.front().subject_cn());
    bool linked = true;
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      linked &= equal(chain_[i].issuer(), chain_[std::min(i + 1, chain_.size() - 1)].subject());
    }
    check(Check::kNvidiaNames, linked && name.architecture != Architecture::kUnknown,
          "a GSP FMC of Hopper or Blackwell or an FSP FMC of LS_10, each issued by the next",
          chain_.front().subject_cn() + (linked ? "" : ", not issued by the next"));
    device_.architecture = name.architecture;
    device_.chip = std::move(name.chip);
  }

  void check_constraints() {
    bool good = signs(chain_.front());
    bool known = !chain_.front().has_unknown_critical();
    for (std::size_t i = 1; i < chain_.size(); ++i) {
      good &= is_authority(chain_[i]) && path_fits(chain_[i], i);
      known &= !chain_[i].has_unknown_critical();
    }
    check(Check::kNvidiaConstraints, good,
          "authorities that may sign certificates, and a key that signs and may not",
          "other basic constraints or key usage");
    check(Check::kNvidiaCritical, known, "no unknown critical extension",
          "an unknown critical extension");
  }

  void check_algorithms() {
    check(Check::kNvidiaAlgorithms, std::ranges::all_of(chain_, is_p384),
          "P-384 keys and ecdsa-with-SHA384", "another algorithm");
    if (chain_.front().key_algorithm() != pki::KeyAlgorithm::kEcP384) return;
    auto key = crypto::EcPublicKey::create(crypto::Curve::kP384, chain_.front().ec_point());
    if (key) facts_.key = std::move(*key);
  }

  void check_signatures() {
    bool good = true;
    for (std::size_t i = 0; i + 1 < chain_.size(); ++i) good &= signed_by(chain_[i + 1], chain_[i]);
    check(Check::kNvidiaChainSignatures, good, "each certificate signed by the next",
          "one is not by the next's key");
  }

  void check_extension() {
    const Certificate& device = chain_[kDevicePlace];
    device_.serial = to_bytes(device.serial());
    device_.point = to_bytes(device.ec_point());
    const auto dice = parse_dice_extension(chain_.front());
    check(Check::kNvidiaDice, dice.has_value(), "CompositeDeviceID or DiceTcbInfo with an FWID",
          dice ? "FWID " + wire::hex_encode(dice->fwid) : dice.error().message);
    if (!dice) return;
    device_.fwid = to_bytes(dice->fwid);
    device_.flags = dice->flags;
    if (dice->device_point.empty()) return;
    check(Check::kNvidiaDeviceKey, equal(dice->device_point, device.ec_point()),
          "the key of the device's own certificate", wire::hex_encode(dice->device_point));
  }

  const std::vector<Certificate>& chain_;
  const TrustAnchors& anchors_;
  Findings findings_{Detail::kAll};
  bool good_ = true;
  DeviceIdentity device_;
  ChainFacts facts_;
};

}  // namespace

crypto::Digest256 digest_of(const std::vector<Certificate>& certificates) {
  Bytes all;
  for (const auto& c : certificates) {
    wire::append_be(all, c.der().size(), 8);
    append(all, c.der());
  }
  return crypto::sha256(all);
}

Result<DeviceChain> DeviceChain::parse(ByteView pem) {
  DeviceChain out;
  ATOMA_TRY(out.certificates_, pki::parse_certificates(pem));
  ATOMA_CHECK(!out.certificates_.empty());
  out.digest_ = digest_of(out.certificates_);
  return out;
}

ChainFacts establish_chain(const DeviceChain& chain, const TrustAnchors& anchors) {
  ChainFacts facts = ChainCheck(chain, anchors).run();
  facts.digest = chain.digest();
  return facts;
}

}  // namespace atoma::evidence::nvidia
