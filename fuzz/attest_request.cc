// The body of POST /v1/attest.
#include "attest_request.h"

#include "atoma/base/limits.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto request = verifier::parse_attest_request(in);
  if (!request) return;
  ATOMA_CHECK(!request->key.empty());
  ATOMA_CHECK(!request->evidence.empty() && request->evidence.size() <= limits::kEvidenceMax);
}

}  // namespace atoma::fuzz
