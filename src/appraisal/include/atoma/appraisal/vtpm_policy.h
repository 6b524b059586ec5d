// What a relying party accepts of virtual TPMs: Azure's, whose AK a hardware report vouches for,
// and TPMs whose AK the policy names.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "atoma/appraisal/rule.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/tpm/verify.h"

namespace atoma::appraisal {

class PolicyReader;

inline constexpr std::array<std::string_view, evidence::tpm::kPcrs> kPcrNames{
    "pcr0",  "pcr1",  "pcr2",  "pcr3",  "pcr4",  "pcr5",  "pcr6",  "pcr7",
    "pcr8",  "pcr9",  "pcr10", "pcr11", "pcr12", "pcr13", "pcr14", "pcr15",
    "pcr16", "pcr17", "pcr18", "pcr19", "pcr20", "pcr21", "pcr22", "pcr23"};

struct VtpmPolicy {
  // The relying party must say what nonce it sent, and the quote must hold it.
  Require nonce;
  // SHA-256 of SubjectPublicKeyInfos: TPMs that no hardware report vouches for. Any: excused.
  AnyOf<Bytes> ak;
  // Azure on TDX without collateral for the TD quote: signatures under Intel's root count, the TCB
  // and revocation stay unknown.
  Require td_collateral;
  // Azure on SNP: AMD makes a VCEK's certificate anew for each download, and its start is that day,
  // not the day since when the chip has the key. Any: an earlier time of verification is excused.
  Require vcek_not_before;
  evidence::HashAlgorithm bank = evidence::HashAlgorithm::kNone;
  std::uint32_t pcrs_selected = 0;  // bit n: PCR n must be quoted
  Require clock_safe;
  AnyOf<std::uint64_t> firmware_versions;
  std::vector<MeasurementRule> measurements;  // kPcrNames, in that order

  // Nonce, collateral and a safe clock are required, no AK is named, PCRs are of SHA-256; the start
  // of a VCEK's certificate is excused.
  static VtpmPolicy strict(const std::string& why_no_measurements);
};

// The section accept.vtpm. Errors come out of the reader's finish().
VtpmPolicy read_vtpm_policy(PolicyReader& in);

// Adds policy.vtpm.* and policy.measurement findings. The nonce is the caller's.
void appraise_tpm_quote(const evidence::tpm::AuthenticTpmQuote& quote, const VtpmPolicy& policy,
                        Time at, evidence::Findings& findings);

}  // namespace atoma::appraisal
