// Evidence in, attestation result out: parse → verify → appraise, for every TEE.
//
//   Appraiser appraiser(policy);   // one per thread
//   auto result = appraiser.appraise({.evidence = bytes, .collateral = &*collateral, .at = now,
//                                     .expected_report_data = nonce_binding}, Detail::kAll);
//   result.verdict() == Verdict::kAccepted
//
// With Detail::kFailures a warm, accepted quote allocates nothing of ours.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "atoma/appraisal/policy.h"
#include "atoma/appraisal/reference_values.h"
#include "atoma/appraisal/result.h"
#include "atoma/appraisal/tpm_evidence.h"
#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/amd/verify.h"
#include "atoma/evidence/cca/verify.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/intel/verify.h"
#include "atoma/evidence/nitro/verify.h"
#include "atoma/evidence/nvidia/revocation.h"
#include "atoma/evidence/nvidia/rim_verify.h"
#include "atoma/evidence/nvidia/verify.h"

namespace atoma::appraisal {

// Everything must outlive the result.
struct Request {
  ByteView evidence;
  // kUnknown: recognised by its first bytes.
  evidence::Tee tee = evidence::Tee::kUnknown;
  const evidence::intel::Collateral* collateral = nullptr;    // Intel; null: nothing at hand
  const evidence::amd::Endorsements* endorsements = nullptr;  // AMD; null: nothing at hand
  const NvidiaEvidence* nvidia = nullptr;                     // in place of `evidence`
  Time at;
  std::optional<ByteView> expected_report_data;  // 64 bytes; NVIDIA: the nonce, 32
  // Collateral or endorsements that did not parse: refused, and said so among the findings.
  std::optional<Error> unreadable_collateral = std::nullopt;
  // CCA; null: nothing at hand. Whoever fills this in vouches for the keys, as the policy allows.
  const evidence::cca::PlatformKeys* platform_keys = nullptr;
  // Beside evidence with registers, in the order in which they were written.
  std::span<const ByteView> event_logs = {};
  // Evidence of a TPM; then `evidence` stays empty.
  const TpmEvidence* tpm = nullptr;
  // For policies that leave values to who signs them.
  std::span<const ReferenceSet> reference_sets = {};
};

// Vendor roots, and the sample roots that the policy names.
evidence::TrustAnchors anchors_of(const Policy& policy);

// The TEE whose format the evidence has, judged by its first bytes; parsing decides.
evidence::Tee recognise(ByteView evidence);

class Appraiser {
 public:
  // `decider`: for appraise_all(); OpenSSL one by one when there is none.
  explicit Appraiser(std::shared_ptr<const Policy> policy,
                     std::unique_ptr<crypto::SignatureDecider> decider = nullptr);

  AttestationResult appraise(const Request& request, evidence::Detail detail);
  // Many at once, with all their ECDSA signatures decided together. Each result is what appraise()
  // says of that request alone, in the same order.
  std::vector<AttestationResult> appraise_all(std::span<const Request> requests,
                                              evidence::Detail detail);
  // Endorsements without a report: their chain is judged, nothing can be accepted.
  AttestationResult appraise_endorsements(const Request& request, evidence::Detail detail);

  const Policy& policy() const { return *policy_; }
  // Drops all verified facts: the next evidence is verified from the beginning.
  void forget();

 private:
  struct NvidiaPass;  // nvidia_appraisal.cc

  AttestationResult appraise(const Request& request, evidence::Detail detail,
                             crypto::SignatureQueue* later, evidence::intel::Presumed* presumed);
  // Those of `open`; returns which of them wait for another round.
  std::vector<std::size_t> appraise_round(std::span<const Request> requests,
                                          evidence::Detail detail,
                                          std::span<const std::size_t> open, bool may_wait,
                                          std::vector<AttestationResult>& results);
  void appraise_intel(const Request& request, AttestationResult& result,
                      evidence::intel::Presumed* presumed);
  void appraise_amd(const Request& request, AttestationResult& result);
  void appraise_cca_token(const Request& request, AttestationResult& result);
  void appraise_nitro_document(const Request& request, AttestationResult& result);
  void appraise_nvidia(const Request& request, AttestationResult& result);
  void appraise_vtpm(const Request& request, AttestationResult& result);
  evidence::Authenticity appraise_hcl(const evidence::tpm::HclReport& hcl, const Request& request,
                                      AttestationResult& result);
  evidence::Authenticity appraise_hcl_snp(const evidence::tpm::HclReport& hcl,
                                          const Request& request, AttestationResult& result);
  evidence::Authenticity appraise_hcl_tdx(const evidence::tpm::HclReport& hcl,
                                          const Request& request, AttestationResult& result);
  void appraise_logs(const Request& request, const SignedRegisters& registers,
                     AttestationResult& result) const;
  void judge(AttestationResult& result, bool appraised) const;

  std::shared_ptr<const Policy> policy_;
  evidence::intel::Verifier intel_;
  evidence::amd::Verifier amd_;
  evidence::nitro::Verifier nitro_;
  evidence::nvidia::Verifier nvidia_;
  evidence::nvidia::RimVerifier rims_;
  evidence::nvidia::RevocationChecker revocation_;
  std::unique_ptr<crypto::SignatureDecider> decider_;
  crypto::SignatureQueue queue_;  // of appraise_all(); kept for its memory
};

}  // namespace atoma::appraisal
