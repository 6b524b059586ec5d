#include "atoma/evidence/amd/verify.h"

#include "amd/chain.h"
#include "atoma/wire/text.h"
#include "fact_cache.h"

namespace atoma::evidence::amd {
namespace {

constexpr std::size_t kCoordinate = 48;

std::string window_text(ValidityWindow window) {
  return format_time(window.not_before) + " to " + format_time(window.not_after);
}

SnpVerification missing(Findings& findings) {
  findings.missing(Check::kAmdEndorsementPresent, "VCEK and ASK, or VLEK and ASVK, and the ARK");
  SnpVerification out;
  out.authenticity = Authenticity::kUnknown;
  return out;
}

// Repeats what the chain's bytes decided, and compares the clock.
SnpVerification judge_chain(const ChainFacts& chain, Time at, Findings& findings) {
  findings.add_cached(chain.findings);
  SnpVerification out;
  bool good = chain.good;
  good &= findings.check(
      Check::kAmdValidity, chain.certificates.contains(at),
      [&] { return window_text(chain.certificates); }, [&] { return format_time(at); });
  out.valid = chain.certificates;
  if (chain.crl) {
    const bool current = findings.check(
        Check::kAmdCrlValidity, chain.crl->contains(at), [&] { return window_text(*chain.crl); },
        [&] { return format_time(at); });
    out.revocation_known = chain.revocation_checked && current;
    out.valid = out.valid.intersect(*chain.crl);
    good &= current;
  }
  out.authenticity = good ? Authenticity::kYes : Authenticity::kNo;
  out.root = chain.root;
  out.product = chain.product;
  out.certified_key = chain.leaf_kind;
  out.key = chain.key_extensions;
  return out;
}

// The checks of one report under one chain. Each returns whether it passed.
struct ReportCheck {
  const ReportFields& report;
  ChainFacts& chain;
  Findings& findings;

  bool run(SnpVerification& out) const {
    bool good = product();
    good &= signing_key();
    good &= tcb_reserved();
    good &= tcb_binding();
    good &= chip_id(out.chip_id_proven);
    good &= signature();
    return good;
  }

  // CPUID is there since version 3; an unknown one is refused, as the TCB layout would be a guess.
  bool product() const {
    if (!report.has_cpuid()) return true;
    const Product product = product_of_cpuid(report.cpuid.family, report.cpuid.model);
    return findings.check(
        Check::kAmdProduct, product != Product::kUnknown && product == chain.product,
        [&] { return "CPUID of " + std::string(product_name(chain.product)); },
        [&] {
          const ByteArray<2> cpuid{report.cpuid.family, report.cpuid.model};
          return std::string(product_name(product)) + ", family and model " +
                 wire::hex_encode(cpuid);
        });
  }

  // MASK_CHIP_KEY says that the firmware did not sign at all (56860). A certificate of neither kind
  // failed by its name already.
  bool signing_key() const {
    if (chain.leaf_kind == SigningKey::kNone) return false;
    return findings.check(
        Check::kAmdSigningKey, report.signing_key == chain.leaf_kind && !report.mask_chip_key,
        [&] { return std::string(signing_key_name(chain.leaf_kind)) + ", as the certificate is"; },
        [&] {
          return std::string(signing_key_name(report.signing_key)) +
                 (report.mask_chip_key ? ", masked" : "");
        });
  }

  bool tcb_reserved() const {
    bool zero = true;
    for (const auto& tcb :
         {report.current_tcb, report.reported_tcb, report.committed_tcb, report.launch_tcb}) {
      zero &= tcb_reserved_zero(tcb, chain.product);
    }
    return findings.check(Check::kAmdTcbReserved, zero, "zero where the layout reserves bytes",
                          [&] { return "a reserved byte of a TCB_VERSION is set"; });
  }

  // The key is derived from REPORTED_TCB; CURRENT_TCB may be newer.
  bool tcb_binding() const {
    if (!chain.key_extensions) return false;
    return findings.check(
        Check::kAmdTcbBinding, report.reported_tcb == chain.key_extensions->tcb,
        [&] { return decode_tcb(chain.key_extensions->tcb, chain.product).to_string(); },
        [&] { return decode_tcb(report.reported_tcb, chain.product).to_string(); });
  }

  // Sets `proven`. A VLEK names no chip, and a platform may mask its id: for the policy.
  bool chip_id(bool& proven) const {
    if (!chain.key_extensions) return false;
    if (chain.leaf_kind != SigningKey::kVcek || all_zero(report.chip_id)) return true;
    const ByteView hw_id = chain.key_extensions->hw_id;
    proven = equal(report.chip_id.first(hw_id.size()), hw_id) &&
             all_zero(report.chip_id.subspan(hw_id.size()));
    return findings.check(
        Check::kAmdChipIdBinding, proven, [&] { return "hwID " + wire::hex_encode(hw_id); },
        [&] { return "CHIP_ID " + wire::hex_encode(report.chip_id); });
  }

  bool signature() const {
    ByteArray<2 * kCoordinate> raw{};
    std::ranges::reverse_copy(report.signature_r, raw.begin());
    std::ranges::reverse_copy(report.signature_s, raw.begin() + kCoordinate);
    const bool valid =
        chain.key && chain.key->verify(report.raw.first(kReportSignedSize), raw, findings.later());
    return findings.check(Check::kAmdReportSignature, valid,
                          "a signature by the key in the certificate", "not by this key");
  }
};

}  // namespace

struct Verifier::Impl {
  struct ParsedFiles {
    crypto::Digest256 digest;
    std::shared_ptr<const Endorsements> endorsements;
  };

  TrustAnchors anchors;
  FactCache<ChainFacts> chains;
  FactCache<ParsedFiles> parsed;

  // Endorsements must be complete.
  std::shared_ptr<ChainFacts> chain_of(const Endorsements& endorsements) {
    const auto& digest = endorsements.digest();
    auto known = chains.find(fact_hash(digest),
                             [&](const ChainFacts& chain) { return chain.digest == digest; });
    if (known) return known;
    auto chain = std::make_shared<ChainFacts>(establish_chain(endorsements, anchors));
    if (chain->good) chains.insert(fact_hash(digest), chain);
    return chain;
  }
};

Verifier::Verifier(TrustAnchors anchors, std::size_t chains_max)
    : impl_(new Impl{.anchors = std::move(anchors),
                     .chains = FactCache<ChainFacts>(chains_max),
                     .parsed = FactCache<Impl::ParsedFiles>(chains_max)}) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

void Verifier::forget() {
  impl_->chains.clear();
  impl_->parsed.clear();
}

std::size_t Verifier::facts() const { return impl_->chains.size() + impl_->parsed.size(); }

SnpVerification Verifier::verify_endorsements_only(const Endorsements& endorsements, Time at,
                                                   Findings& findings) {
  if (!endorsements.complete()) return missing(findings);
  return judge_chain(*impl_->chain_of(endorsements), at, findings);
}

SnpVerification Verifier::verify(const SnpReport& report, const Endorsements& endorsements, Time at,
                                 Findings& findings) {
  if (!endorsements.complete()) return missing(findings);
  const auto chain = impl_->chain_of(endorsements);
  SnpVerification out = judge_chain(*chain, at, findings);
  const bool chain_good = out.authenticity == Authenticity::kYes;
  const bool report_good = ReportCheck{report.fields(), *chain, findings}.run(out);
  if (!chain_good || !report_good) {
    out.authenticity = Authenticity::kNo;
    out.chip_id_proven = false;
    return out;
  }
  AuthenticReport authentic(report);
  authentic.product_ = out.product;
  authentic.root_ = out.root;
  authentic.key_ = out.key;
  authentic.chip_id_proven_ = out.chip_id_proven;
  authentic.revocation_known_ = out.revocation_known;
  out.report = std::move(authentic);
  return out;
}

Result<std::shared_ptr<const Endorsements>> Verifier::endorsements(
    std::span<const ByteView> files) {
  const auto digest = digest_of_files(files);
  const auto known = impl_->parsed.find(
      fact_hash(digest), [&](const Impl::ParsedFiles& f) { return f.digest == digest; });
  if (known) return known->endorsements;
  ATOMA_TRY(auto parsed, Endorsements::parse(files));
  auto shared = std::make_shared<const Endorsements>(std::move(parsed));
  if (shared->complete() && impl_->chain_of(*shared)->good) {
    impl_->parsed.insert(fact_hash(digest), std::make_shared<Impl::ParsedFiles>(digest, shared));
  }
  return shared;
}

}  // namespace atoma::evidence::amd
