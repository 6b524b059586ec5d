// A good quote under hostile collateral: what it is judged by is what the vendor signed, or it is
// not authentic. The input is the seven files of CollateralFiles (parts.h).
#include "atoma/evidence/intel/verify.h"
#include "fixtures.h"
#include "fuzz.h"
#include "parts.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::intel;

CollateralFiles files_of(ByteView in) {
  CollateralFiles files;
  Bytes* const parts[] = {&files.tcb_info, &files.qe_identity, &files.tcb_signing_chain,
                          &files.root_crl, &files.pck_crl,     &files.pck_crl_issuer_chain,
                          &files.pck_chain};
  const auto views = split_parts(in, std::size(parts));
  for (std::size_t i = 0; i < views.size(); ++i) *parts[i] = to_bytes(views[i]);
  return files;
}

void check_vendor_signed(const Collateral& used, const Collateral& original) {
  ATOMA_CHECK(used.tcb_info()->signed_bytes == original.tcb_info()->signed_bytes);
  ATOMA_CHECK(used.qe_identity()->signed_bytes == original.qe_identity()->signed_bytes);
}

void check_revocation(const Collateral& used, const Collateral& original) {
  ATOMA_CHECK(equal(used.root_crl()->signed_part().tbs, original.root_crl()->signed_part().tbs));
  ATOMA_CHECK(equal(used.pck_crl()->signed_part().tbs, original.pck_crl()->signed_part().tbs));
}

}  // namespace

void one_input(ByteView in) {
  static const IntelWorld world;
  static Verifier verifier(world.anchors());
  const auto collateral = Collateral::parse(files_of(in));
  if (!collateral) return;
  for (const Bytes& bytes : world.quotes) {
    const auto quote = parse_quote(bytes);
    Findings findings(Detail::kFailures);
    const auto result = verifier.verify(*quote, **collateral, kNow, findings);
    if (!result.quote) continue;
    check_vendor_signed(**collateral, world.collateral(quote->tee));
    if (result.quote->revocation_known()) {
      check_revocation(**collateral, world.collateral(quote->tee));
    }
  }
  verifier.forget();
}

}  // namespace atoma::fuzz
