// The appraisal of what is not one CPU's evidence: a TPM's, GPUs', a CPU's with its GPUs'. One by
// one: their signatures are few, and RSA or P-384.
#pragma once

#include "appraisal.h"

namespace atoma::verifier {

// `item` holds one of these kinds. Like for CPUs, each set at hand is tried until one is accepted;
// when none is, the result that came nearest counts. The result points into both.
Appraised appraise_kind(appraisal::Appraiser& appraiser, const Appraisal& item, const AtHand& sets);

}  // namespace atoma::verifier
