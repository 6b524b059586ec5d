// In which form a request wants its result signed:
//
//   "format"  "jwt" (when left out in JSON) or "cwt" (when left out in CBOR): bytes, which JSON
//             carries in base64
//   "alg"     "ES256" (when left out) or "ML-DSA-65"
#pragma once

#include "atoma/cose/ear_token.h"
#include "atoma/http/fields.h"

namespace atoma::verifier {

struct ResultForm {
  cose::EarFormat format = cose::EarFormat::kJwt;
  cose::Algorithm algorithm = cose::Algorithm::kEs256;
};

// Complaints come out of in.finish().
ResultForm read_result_form(http::FieldReader& in);

}  // namespace atoma::verifier
