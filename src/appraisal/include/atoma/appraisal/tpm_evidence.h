// A TPM's quote and who vouches for its AK: an HCL report, or the policy that names it.
#pragma once

#include <optional>

#include "atoma/evidence/tpm/evidence_file.h"
#include "atoma/evidence/tpm/verify.h"

namespace atoma::appraisal {

struct TpmEvidence {
  ByteView hcl_report;  // empty: `ak_public` says which key
  ByteView td_quote;    // HCL on TDX
  ByteView ak_public;   // AttestationKey::parse
  ByteView message;     // TPMS_ATTEST; empty: none at hand
  ByteView signature;   // parse_tpm_signature
  evidence::tpm::PcrValues pcrs;
  std::optional<ByteView> nonce;  // that the relying party sent
};

// Views into `file`.
TpmEvidence tpm_evidence(const evidence::tpm::EvidenceFile& file);

}  // namespace atoma::appraisal
