// Quotes, signatures, keys, HCL reports and evidence files: what parses points into its bytes, and
// a key never verifies what nobody signed.
#include "atoma/evidence/tpm/evidence_file.h"
#include "atoma/evidence/tpm/hcl.h"
#include "atoma/evidence/tpm/verify.h"
#include "fuzz.h"

namespace atoma::fuzz {

using namespace evidence;
using namespace evidence::tpm;

void one_input(ByteView in) {
  const auto quote = parse_tpm_quote(in);
  if (quote) ATOMA_CHECK(equal(quote->raw, in) && quote->selections.size() <= 8);
  const auto signature = parse_tpm_signature(in);
  auto key = AttestationKey::parse(in);
  if (key && signature) ATOMA_CHECK(!key->verify(*signature, in));
  if (const auto hcl = parse_hcl_report(in)) {
    ATOMA_CHECK(hcl->hardware_report.size() == 1184);
    (void)parse_hcl_claims(hcl->claims);
  }
  (void)parse_hcl_claims(in);
  (void)parse_pcr_lines(as_text(in));
  (void)parse_evidence_file(in);
}

}  // namespace atoma::fuzz
