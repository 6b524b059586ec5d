#include "atoma/evidence/intel/verify.h"

#include <variant>

#include "atoma/base/check.h"
#include "atoma/wire/text.h"
#include "fact_cache.h"
#include "intel/facts.h"

namespace atoma::evidence::intel {
namespace {

using wire::hex_encode;

constexpr crypto::Digest256 kIntelRoot{
    0x44, 0xA0, 0x19, 0x6B, 0x2B, 0x99, 0xF8, 0x89, 0xB8, 0xE1, 0x49, 0xE9, 0x5B, 0x80, 0x7A, 0x35,
    0x0E, 0x74, 0x24, 0x96, 0x43, 0x99, 0xE8, 0x85, 0xA7, 0xCB, 0xB8, 0xCC, 0xFA, 0xB6, 0x74, 0xD3};

void check_windows(const Fact& fact, Time at, Findings& findings, bool& good) {
  for (const Window& window : fact.windows) {
    good &= findings.check(
        window.check, window.window.contains(at),
        [&] {
          return std::string(window.subject) + " valid from " +
                 format_time(window.window.not_before) + " to " +
                 format_time(window.window.not_after);
        },
        [&] { return format_time(at); });
  }
}

// One comparison with the intersection of all windows, and each window alone only for its text.
bool check_clock(const KeyFact& key, Time at, Findings& findings) {
  const bool quiet = findings.detail() != Detail::kAll && key.all_windows.contains(at);
  bool good = true;
  for (const Fact* fact : key.all_facts()) {
    if (quiet) {
      findings.add_cached({}, fact->windows.size());
    } else {
      check_windows(*fact, at, findings, good);
    }
  }
  return good;
}

// Step 9: the TDX module is Intel's. A module version without an identity is a TCB that nobody
// supports (step 10), not a forgery.
bool check_module(const TdReport& td, const TcbInfo& info, Findings& findings) {
  const TdxModule* module = find_module(info, td.tee_tcb_svn[1]);
  if (module == nullptr) return true;
  bool good = findings.check(
      Check::kIntelModuleSigner, equal(td.mrsigner_seam, module->mrsigner),
      [&] { return hex_encode(module->mrsigner); }, [&] { return hex_encode(td.mrsigner_seam); });
  // All zero (as Intel's QVL demands), and what the mask and value ask.
  bool attributes = all_zero(td.seam_attributes);
  for (std::size_t i = 0; i < td.seam_attributes.size(); ++i) {
    const unsigned masked = td.seam_attributes[i] & module->attributes_mask[i];
    attributes &= masked == module->attributes[i];
  }
  good &= findings.check(
      Check::kIntelModuleAttributes, attributes,
      [&] { return "zero, and " + hex_encode(module->attributes) + " under its mask"; },
      [&] { return hex_encode(td.seam_attributes); });
  return good;
}

// Steps 10 to 13: the status that the TD was launched with, and what a relaunch would change.
void evaluate_status(const KeyFact& key, const Quote& quote, const Collateral& collateral,
                     TcbEvaluation& launch, TcbStatus& status) {
  const TcbInfo& info = collateral.tcb_info()->value;
  const auto& qe_levels = collateral.qe_identity()->value.levels;
  const TcbLevel* qe_level = key.qe_level ? &qe_levels[*key.qe_level] : nullptr;
  launch = evaluate_tcb(info, key.pck->info, quote.td.tee_tcb_svn, qe_level);
  status = launch.status;
  if (quote.td.tee_tcb_svn_2.empty()) return;
  const auto now = evaluate_tcb(info, key.pck->info, quote.td.tee_tcb_svn_2, qe_level);
  status = relaunch_status(launch.status, now.status);
}

// Adds what a stage found to the caller's findings and keeps it in the fact.
template <typename Built>
Built keep_findings(Built fact, Findings& stage, Findings& findings) {
  findings.add_cached(stage.items(), stage.passed());
  if (fact == nullptr) return fact;
  fact->passed = stage.passed();
  fact->detailed = stage.detail() == Detail::kAll;
  fact->findings = stage.items();
  return fact;
}

}  // namespace

const crypto::Digest256& intel_root_digest() { return kIntelRoot; }

// Facts that stand on signatures not decided yet.
struct Presumed::Facts {
  struct Fact {
    std::uint64_t hash;
    std::variant<std::shared_ptr<CollateralFact>, std::shared_ptr<PckFact>,
                 std::shared_ptr<KeyFact>>
        fact;
  };
  std::vector<Fact> items;
};

Presumed::Presumed() = default;
Presumed::Presumed(Presumed&&) noexcept = default;
Presumed& Presumed::operator=(Presumed&&) noexcept = default;
Presumed::~Presumed() = default;

std::uint64_t Presumed::key_hash() const {
  if (facts_ == nullptr) return 0;
  for (const auto& item : facts_->items) {
    if (std::holds_alternative<std::shared_ptr<KeyFact>>(item.fact)) return item.hash;
  }
  return 0;
}

struct Verifier::Impl {
  Impl(TrustAnchors a, const CacheLimits& limits)
      : anchors(std::move(a)),
        collateral_facts(limits.collateral_sets),
        pck_facts(limits.pck_chains),
        key_facts(limits.attestation_keys) {}

  TrustAnchors anchors;
  RootKeys roots;  // outlives forget(): configuration, not evidence
  FactCache<CollateralFact> collateral_facts;
  FactCache<PckFact> pck_facts;
  FactCache<KeyFact> key_facts;
  Presumed* presumed = nullptr;  // where facts go while the signatures go into a queue

  void insert(std::uint64_t hash, std::shared_ptr<CollateralFact> fact) {
    collateral_facts.insert(hash, std::move(fact));
  }
  void insert(std::uint64_t hash, std::shared_ptr<PckFact> fact) {
    pck_facts.insert(hash, std::move(fact));
  }
  void insert(std::uint64_t hash, std::shared_ptr<KeyFact> fact) {
    key_facts.insert(hash, std::move(fact));
  }
  template <typename F>
  void remember(std::uint64_t hash, const std::shared_ptr<F>& fact) {
    if (presumed == nullptr) return insert(hash, fact);
    if (presumed->facts_ == nullptr) presumed->facts_ = std::make_unique<Presumed::Facts>();
    presumed->facts_->items.push_back({hash, fact});
  }

  static bool usable(const Fact& fact, const Collateral& collateral, const Findings& findings) {
    return fact.collateral->same_as(collateral) &&
           (fact.detailed || findings.detail() != Detail::kAll);
  }

  std::shared_ptr<KeyFact> find_key(const Quote& quote, const Collateral& collateral,
                                    const Findings& findings) const {
    return key_facts.find(fact_hash(quote.attestation_key), [&](const KeyFact& fact) {
      return fact.tee == quote.tee && usable(fact, collateral, findings) &&
             equal(fact.key_block, quote.key_block);
    });
  }

  std::shared_ptr<CollateralFact> collateral_fact(const Collateral& collateral, Tee tee,
                                                  Findings& findings) {
    constexpr std::uint64_t hash = 0;  // the few sets are told apart by their bytes alone
    auto fact = collateral_facts.find(hash, [&](const CollateralFact& f) {
      return f.tee == tee && usable(f, collateral, findings);
    });
    if (fact != nullptr) {
      findings.add_cached(fact->findings, fact->passed);
      return fact;
    }
    Findings stage(findings.detail(), findings.later());
    fact = build_collateral_fact(collateral, tee, anchors, roots, stage);
    fact = keep_findings(std::move(fact), stage, findings);
    if (fact != nullptr && fact->complete) remember(hash, fact);
    return fact;
  }

  std::shared_ptr<PckFact> pck_fact(const Quote& quote, const Collateral& collateral,
                                    RootKind& root, Findings& findings) {
    if (!quote.has_pck_chain()) return pck_fact_from_collateral(collateral, root, findings);
    const auto hash = fact_hash(quote.certification_data);
    auto fact = pck_facts.find(hash, [&](const PckFact& f) {
      return usable(f, collateral, findings) &&
             equal(f.certification_data, quote.certification_data);
    });
    if (fact != nullptr) {
      findings.add_cached(fact->findings, fact->passed);
      root = fact->root;
      return fact;
    }
    Findings stage(findings.detail(), findings.later());
    const auto chain = pki::parse_certificates(quote.certification_data);
    if (!chain) {
      stage.check(Check::kIntelPckChainShape, false, "three certificates in PEM",
                  chain.error().to_string());
    } else {
      fact = build_pck_fact(*chain, collateral, anchors, roots, root, stage);
    }
    fact = keep_findings(std::move(fact), stage, findings);
    if (fact != nullptr) {
      fact->certification_data = to_bytes(quote.certification_data);
      remember(hash, fact);
    }
    return fact;
  }

  // The quote names its key by a PPID: someone must have looked the chain up.
  std::shared_ptr<PckFact> pck_fact_from_collateral(const Collateral& collateral, RootKind& root,
                                                    Findings& findings) {
    if (collateral.pck_chain().empty()) {
      findings.missing(Check::kIntelCertificationData,
                       "a PCK chain, inside the quote (type 5) or beside it");
      return nullptr;
    }
    Findings stage(findings.detail(), findings.later());
    auto fact = build_pck_fact(collateral.pck_chain(), collateral, anchors, roots, root, stage);
    return keep_findings(std::move(fact), stage, findings);
  }

  std::shared_ptr<KeyFact> establish(const Quote& quote, const Collateral& collateral,
                                     RootKind& root, Findings& findings) {
    auto of_collateral = collateral_fact(collateral, quote.tee, findings);
    auto pck = pck_fact(quote, collateral, root, findings);
    if (of_collateral == nullptr || pck == nullptr) return nullptr;
    Findings stage(findings.detail(), findings.later());
    auto key = build_key_fact(quote, *pck, *of_collateral, collateral, stage);
    key = keep_findings(std::move(key), stage, findings);
    if (key == nullptr) return nullptr;
    key->pck = pck;
    key->of_collateral = of_collateral;
    for (const Fact* fact : key->all_facts()) {
      for (const Window& w : fact->windows) key->all_windows = key->all_windows.intersect(w.window);
    }
    if (of_collateral->complete) {
      key->key_block = to_bytes(quote.key_block);
      remember(fact_hash(quote.attestation_key), key);
    }
    return key;
  }
};

Verifier::Verifier(TrustAnchors anchors, CacheLimits cache_limits)
    : impl_(std::make_unique<Impl>(std::move(anchors), cache_limits)) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

void Verifier::forget() {
  impl_->collateral_facts.clear();
  impl_->pck_facts.clear();
  impl_->key_facts.clear();
}

std::size_t Verifier::facts() const {
  return impl_->collateral_facts.size() + impl_->pck_facts.size() + impl_->key_facts.size();
}

void Verifier::confirm(Presumed presumed) {
  if (presumed.facts_ == nullptr) return;
  for (auto& item : presumed.facts_->items) {
    std::visit([&](auto& fact) { impl_->insert(item.hash, std::move(fact)); }, item.fact);
  }
}

QuoteVerification Verifier::verify(const Quote& quote, const Collateral& collateral, Time at,
                                   Findings& findings, Presumed* presumed) {
  ATOMA_CHECK((presumed != nullptr) == (findings.later() != nullptr));
  impl_->presumed = presumed;
  QuoteVerification out;
  auto key = impl_->find_key(quote, collateral, findings);
  if (key != nullptr) {
    for (const Fact* fact : key->all_facts()) findings.add_cached(fact->findings, fact->passed);
  } else {
    key = impl_->establish(quote, collateral, out.root, findings);
  }
  if (key == nullptr) {
    const bool unknown = findings.has(Outcome::kMissing) && !findings.has(Outcome::kFail);
    out.authenticity = unknown ? Authenticity::kUnknown : Authenticity::kNo;
    return out;
  }
  out.root = key->pck->root;
  // With collateral missing the verdict is open in any case; the clock is asked once all is there.
  const bool complete = key->of_collateral->complete;
  bool good = !complete || check_clock(*key, at, findings);
  const bool signature =
      key->attestation_key.verify(quote.signed_range, quote.signature, findings.later());
  good &= findings.check(Check::kIntelQuoteSignature, signature,
                         "signed by the attestation key over header and body",
                         signature ? "verified" : "does not verify");
  if (complete && quote.tee == Tee::kTdx) {
    good &= check_module(quote.td, collateral.tcb_info()->value, findings);
  }
  if (!good) return out;
  out.authenticity = complete ? Authenticity::kYes : Authenticity::kUnknown;
  if (!complete) out.signed_within = key->all_windows;
  if (!complete) return out;
  AuthenticQuote authentic;
  authentic.quote_ = quote;
  authentic.root_ = key->pck->root;
  authentic.revocation_known_ = key->pck->revocation_known;
  authentic.pck_ = key->pck->info;
  authentic.collateral_ = &collateral;
  evaluate_status(*key, quote, collateral, authentic.launch_, authentic.status_);
  out.quote = std::move(authentic);
  return out;
}

}  // namespace atoma::evidence::intel
