// Collateral and endorsements that a server has at hand for requests that bring none.
//
//   <directory>/<set>/tcb_info.json qe_identity.json tcb_signing_chain.pem root_crl.der pck_crl.der
//                     [pck_crl_issuer_chain.pem] [pck_chain.pem]          one Intel set
//   <directory>/<set>/ any other *.pem, *.der, *.crt, *.crl                one AMD set
//   <directory>/<set>/*.xml *.swidtag *.ocsp                               NVIDIA's manifests,
//   answers <directory>/<set>/platform_keys.json                                   keys of CCA
//   platforms
//
// A directory without subdirectories is one set itself. Bounds are those of verifier::AtHand.
#pragma once

#include "atoma/store/file.h"
#include "atoma/verifier/at_hand.h"

namespace atoma::server {

// Errors: "collateral.directory" (nothing, or too much), those of store::read_file and of the
// parsers, with the set's name.
Result<verifier::AtHand> load_at_hand(const store::Path& directory);

}  // namespace atoma::server
