// Authenticity of TPM quotes: the AK signed it, and the PCR values that came with it are the quoted
// ones. Who vouches for the AK, and what nonce and PCRs were asked for, is for the appraisal.
//
//   ATOMA_TRY(const auto quote, parse_tpm_quote(message));
//   ATOMA_TRY(const auto signature, parse_tpm_signature(bytes));
//   const auto authentic = verify_tpm_quote(quote, signature, ak, pcrs, findings);
#pragma once

#include <array>
#include <optional>

#include "atoma/evidence/finding.h"
#include "atoma/evidence/tpm/hcl.h"
#include "atoma/evidence/tpm/quote.h"

namespace atoma::evidence::tpm {

// Values of one bank; empty where none was given.
struct PcrValues {
  HashAlgorithm bank = HashAlgorithm::kNone;
  std::array<ByteView, kPcrs> values;
};

// A quote whose signature is good and whose digest is that of `pcrs`. Only verify_tpm_quote makes
// one. Views live as long as the bytes that were parsed.
class AuthenticTpmQuote {
 public:
  const TpmQuote& quote() const { return quote_; }
  HashAlgorithm bank() const { return selection_.bank; }
  bool selected(std::size_t pcr) const { return (selection_.mask >> pcr & 1) != 0; }
  // Only of selected PCRs: others were not quoted, whatever came with the quote.
  ByteView pcr(std::size_t pcr) const { return selected(pcr) ? values_.values[pcr] : ByteView(); }

 private:
  friend std::optional<AuthenticTpmQuote> verify_tpm_quote(const TpmQuote&, const TpmSignature&,
                                                           AttestationKey&, const PcrValues&,
                                                           Findings&);
  AuthenticTpmQuote() = default;
  TpmQuote quote_;
  PcrSelection selection_;
  PcrValues values_;
};

// Adds tpm.* findings; nothing unless all pass. Exactly one bank may be selected, and it must be
// the one of `pcrs`.
std::optional<AuthenticTpmQuote> verify_tpm_quote(const TpmQuote& quote,
                                                  const TpmSignature& signature, AttestationKey& ak,
                                                  const PcrValues& pcrs, Findings& findings);

// REPORTDATA is the hash of the claims, and zeros. For TDX it must be that of a TD quote.
bool check_hcl_binding(const HclReport& report, ByteView report_data, Findings& findings);

}  // namespace atoma::evidence::tpm
