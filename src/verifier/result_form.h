// In which form a request wants its result signed:
//
//   "format"  "jwt" (when left out) or "cwt", which comes in base64
//   "alg"     "ES256" (when left out) or "ML-DSA-65"
#pragma once

#include "atoma/cose/ear_token.h"
#include "atoma/http/json_request.h"

namespace atoma::verifier {

struct ResultForm {
  cose::EarFormat format = cose::EarFormat::kJwt;
  cose::Algorithm algorithm = cose::Algorithm::kEs256;
};

// Complaints come out of in.finish().
ResultForm read_result_form(http::FieldReader& in);
// "alg" alone: a batch is answered with a JWT.
cose::Algorithm read_algorithm(http::FieldReader& in);

}  // namespace atoma::verifier
