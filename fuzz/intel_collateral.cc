// A good quote under hostile collateral: what it is judged by is what the vendor signed, or it is
// not authentic. The input is the parts of kCollateralParts (parts.h).
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
  const auto views = split_parts(in, kCollateralParts.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    files.*kCollateralParts[i].bytes = to_bytes(views[i]);
  }
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
