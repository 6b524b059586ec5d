// AMD's intermediates and roots, for platforms that hand over a VCEK or VLEK alone, as Azure does.
// They are public and the same for everybody; Verifier pins them by their bytes in any case.
#pragma once

#include <span>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/evidence/trust_anchors.h"
#include "atoma/pki/certificate.h"

namespace atoma::evidence::amd {

// `files` as Endorsements::parse takes them, and after them the known issuers of the leaf among
// them that are not there. The views point into `files` and into memory that lives on.
std::vector<ByteView> with_known_issuers(std::span<const ByteView> files);

// Whose root a certificate is: kVendor for an ARK of AMD's, pinned by its bytes.
RootKind root_kind(const pki::Certificate& ark, const TrustAnchors& anchors);

}  // namespace atoma::evidence::amd
