// Collateral and endorsements that a server has at hand for requests that bring none.
//
//   <directory>/<set>/tcb_info.json qe_identity.json tcb_signing_chain.pem root_crl.der pck_crl.der
//                     [pck_crl_issuer_chain.pem] [pck_chain.pem]          one Intel set
//   <directory>/<set>/ any other *.pem, *.der, *.crt, *.crl                one AMD set
//
// A directory without subdirectories is one set itself. At most verifier::kSetsMax of each kind.
#pragma once

#include <memory>
#include <vector>

#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/store/file.h"

namespace atoma::server {

struct AtHand {
  std::vector<std::shared_ptr<const evidence::intel::Collateral>> collateral;
  std::vector<std::shared_ptr<const evidence::amd::Endorsements>> endorsements;
};

// Errors: "collateral.directory" (none, or too many sets), those of store::read_file and of the
// parsers, with the set's name.
Result<AtHand> load_at_hand(const store::Path& directory);

}  // namespace atoma::server
