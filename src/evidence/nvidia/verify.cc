#include "atoma/evidence/nvidia/verify.h"

#include "atoma/wire/text.h"
#include "fact_cache.h"
#include "nvidia/chain_facts.h"

namespace atoma::evidence::nvidia {
namespace {

std::string window_text(ValidityWindow window) {
  return format_time(window.not_before) + " to " + format_time(window.not_after);
}

// The firmware named by the certificate is what the report says it runs.
bool check_fwid(const ReportFields& report, const DeviceIdentity& device, Findings& findings) {
  if (report.fwid.empty() || device.fwid.empty()) return true;
  return findings.check(
      Check::kNvidiaFwid, equal(report.fwid, device.fwid),
      [&] { return "the certificate's, " + wire::hex_encode(device.fwid); },
      [&] { return wire::hex_encode(report.fwid); });
}

}  // namespace

std::string_view architecture_name(Architecture architecture) {
  switch (architecture) {
    case Architecture::kUnknown:
      return "unknown";
    case Architecture::kHopper:
      return "hopper";
    case Architecture::kBlackwell:
      return "blackwell";
    case Architecture::kLs10:
      return "ls10";
  }
  return "unknown";
}

struct Verifier::Impl {
  struct ParsedFile {
    Bytes pem;
    std::shared_ptr<const DeviceChain> chain;
  };

  TrustAnchors anchors;
  FactCache<ChainFacts> chains;
  FactCache<ParsedFile> parsed;

  std::shared_ptr<ChainFacts> facts_of(const DeviceChain& chain) {
    const auto& digest = chain.digest();
    auto known = chains.find(fact_hash(digest),
                             [&](const ChainFacts& facts) { return facts.digest == digest; });
    if (known) return known;
    auto facts = std::make_shared<ChainFacts>(establish_chain(chain, anchors));
    if (facts->good) chains.insert(fact_hash(digest), facts);
    return facts;
  }
};

Verifier::Verifier(TrustAnchors anchors, std::size_t chains_max)
    : impl_(new Impl{.anchors = std::move(anchors),
                     .chains = FactCache<ChainFacts>(chains_max),
                     .parsed = FactCache<Impl::ParsedFile>(chains_max)}) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

void Verifier::forget() {
  impl_->chains.clear();
  impl_->parsed.clear();
}

std::size_t Verifier::facts() const { return impl_->chains.size() + impl_->parsed.size(); }

DeviceVerification Verifier::verify(const Report& report, const DeviceChain& chain, Time at,
                                    Findings& findings) {
  const auto facts = impl_->facts_of(chain);
  findings.add_cached(facts->findings);
  bool good = facts->good;
  good &= findings.check(
      Check::kNvidiaValidity, facts->certificates.contains(at),
      [&] { return window_text(facts->certificates); }, [&] { return format_time(at); });
  good &= check_fwid(report.fields(), *facts->device, findings);
  good &= findings.check(
      Check::kNvidiaReportSignature,
      facts->key && facts->key->verify(report->signed_range, report->signature, findings.later()),
      "a signature by the key in the certificate", "not by this key");
  DeviceVerification out{.authenticity = good ? Authenticity::kYes : Authenticity::kNo,
                         .root = facts->root,
                         .device = facts->device,
                         .valid = facts->certificates,
                         .report = std::nullopt};
  if (good) out.report = AuthenticReport(report, facts->device, facts->root);
  return out;
}

Result<std::shared_ptr<const DeviceChain>> Verifier::chain(ByteView pem) {
  const auto hash = fact_hash(pem);
  const auto known =
      impl_->parsed.find(hash, [&](const Impl::ParsedFile& f) { return equal(f.pem, pem); });
  if (known) return known->chain;
  ATOMA_TRY(auto parsed, DeviceChain::parse(pem));
  auto shared = std::make_shared<const DeviceChain>(std::move(parsed));
  if (impl_->facts_of(*shared)->good) {
    impl_->parsed.insert(hash, std::make_shared<Impl::ParsedFile>(to_bytes(pem), shared));
  }
  return shared;
}

}  // namespace atoma::evidence::nvidia
