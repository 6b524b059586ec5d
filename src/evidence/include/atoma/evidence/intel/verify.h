// Verifies Intel quotes: authenticity and TCB status, no policy, no clock, no I/O.
//
//   Verifier verifier(anchors);                      // one per thread
//   ATOMA_TRY(auto quote, parse_quote(bytes));
//   Findings findings(Detail::kFailures);
//   auto verified = verifier.verify(quote, *collateral, now, findings);
//   if (verified.quote) appraise(*verified.quote, …);
//
// What was verified once is a fact and is not verified again: the collateral set, the PCK chain
// with its revocation state, and the attestation key that a quoting enclave vouched for. Facts are
// found by their exact bytes. Every call compares the clock with the windows of all that a fact
// rests on, so a fact never outlives a certificate or a list. Only good facts are kept, within
// bounds: who owns a genuine quote can spell its chain in many ways and push the facts of others
// out, which costs them time and nothing else.
//
// A warm quote costs one P-256 verification and no allocation of ours (OpenSSL makes its own).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "atoma/base/time.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/intel/quote.h"
#include "atoma/evidence/intel/tcb.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::intel {

// A quote whose signatures, chains, bindings and windows are good. Only Verifier makes one.
// Views and pointers live as long as the quote's bytes and the Collateral.
class AuthenticQuote {
 public:
  const Quote& quote() const { return quote_; }
  RootKind root() const { return root_; }
  bool revocation_known() const { return revocation_known_; }
  const PckInfo& pck() const { return pck_; }
  const Collateral& collateral() const { return *collateral_; }
  // Converged status of platform, module and quoting enclave, with relaunch advice (TD 1.5).
  TcbStatus tcb_status() const { return status_; }
  const TcbEvaluation& launch_tcb() const { return launch_; }
  Time tcb_date() const { return launch_.date; }

 private:
  friend class Verifier;
  AuthenticQuote() = default;
  Quote quote_;
  RootKind root_ = RootKind::kUnknown;
  bool revocation_known_ = false;
  PckInfo pck_;
  const Collateral* collateral_ = nullptr;
  TcbEvaluation launch_;
  TcbStatus status_ = TcbStatus::kNotSupported;
};

struct QuoteVerification {
  Authenticity authenticity = Authenticity::kNo;
  // Whose root the PCK chain ends in, when it does.
  RootKind root = RootKind::kUnknown;
  std::optional<AuthenticQuote> quote;  // exactly when authenticity is kYes
  // With kUnknown: every signature is good and only collateral is missing; when the certificates
  // that they rest on are valid. Without it a signature is unproven too.
  std::optional<ValidityWindow> signed_within;
};

struct CacheLimits {
  std::size_t collateral_sets = 16;
  std::size_t pck_chains = 1024;
  // About 6 KiB each, and 100 KiB where each came with a collateral set of its own.
  std::size_t attestation_keys = 1024;
};

// What a verification concluded from signatures that are not decided yet.
class Presumed {
 public:
  Presumed();
  Presumed(Presumed&&) noexcept;
  Presumed& operator=(Presumed&&) noexcept;
  ~Presumed();

  // Of the attestation key whose trust is presumed; zero when nothing had to be. Two keys may
  // rarely have the same number.
  std::uint64_t key_hash() const;

 private:
  friend class Verifier;
  struct Facts;
  std::unique_ptr<Facts> facts_;
};

// One thread at a time.
class Verifier {
 public:
  explicit Verifier(TrustAnchors anchors, CacheLimits cache_limits = {});
  Verifier(Verifier&&) noexcept;
  ~Verifier();

  // Where `findings` has a queue of signatures, `presumed` must be given: the result then holds
  // only if every signature put down is found good. If so, confirm() remembers the facts; else they
  // must be dropped and the quote verified without a queue.
  QuoteVerification verify(const Quote& quote, const Collateral& collateral, Time at,
                           Findings& findings, Presumed* presumed = nullptr);
  void confirm(Presumed presumed);
  // Drops every fact.
  void forget();
  // How many facts are held: collateral sets + chains + keys.
  std::size_t facts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// SHA-256 of the DER of Intel's SGX root CA, the one production root of SGX and TDX.
const crypto::Digest256& intel_root_digest();

}  // namespace atoma::evidence::intel
