// Signed CoRIMs: COSE_Sign1 around a tagged-unsigned-corim-map. Private to appraisal.
#pragma once

#include "atoma/appraisal/reference_values.h"

namespace atoma::appraisal {

// Tag 18, which no text begins with.
bool looks_like_corim(ByteView file);

struct SignedCorim {
  ReferenceValues values;
  std::string kid;
};

// The kid in the header is the text of a key's id. Errors: see verify_reference_set.
Result<SignedCorim> verify_corim(ByteView file, cose::VerificationKeys& keys);

}  // namespace atoma::appraisal
