// The endorsement of a CCA case. Private to the runner.
#pragma once

#include "atoma/evidence/cca/verify.h"
#include "case.h"

namespace atoma::conformance {

// `cpak` is the case's file of that name; empty when it names none.
void load_platform_keys(ByteView cpak, LoadedCase& out);

}  // namespace atoma::conformance
