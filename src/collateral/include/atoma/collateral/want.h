// What must be fetched to appraise a piece of evidence, by what it says about itself. Nothing of it
// is believed: a lie costs a request.
#pragma once

#include <vector>

#include "atoma/collateral/item.h"
#include "atoma/collateral/record.h"
#include "atoma/pki/certificate.h"

namespace atoma::collateral {

struct Wanted {
  Item item;
  Bytes subject;  // OCSP: PEM, as Fetcher::want takes it
};

// Of a TDX or SGX quote: TCB info, QE identity, both lists. Of an SNP report: chain, list, VCEK. Of
// an NVIDIA device's certificates in PEM: OCSP answers. Manifests are named by hand.
// Errors: "collateral.evidence" (none of these, or it does not say enough), those of the parsers.
Result<std::vector<Wanted>> wanted_for(ByteView evidence);

}  // namespace atoma::collateral
