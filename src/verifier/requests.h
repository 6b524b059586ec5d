// Bodies of requests to the verifier.
#pragma once

#include "appraisal_pool.h"
#include "challenges.h"

namespace atoma::verifier {

inline constexpr std::size_t kEndorsementFilesMax = 8;
inline constexpr std::size_t kBatchItemsMax = 256;

// POST /v1/attest
struct AttestRequest {
  Nonce nonce{};
  Bytes key;            // X-Wing public key
  Appraisal appraisal;  // without report data: it is made of nonce and key
};

// POST /v1/appraise, and each item of POST /v1/appraise/batch
struct AppraiseRequest {
  Bytes nonce;  // the relying party's own, 8 to 64 bytes: comes back in the EAR
  Appraisal appraisal;
};

// The evidence is not parsed: what is wrong with it belongs into the verdict. Errors: those of
// FieldReader, Collateral::parse and Endorsements::parse.
Result<AttestRequest> parse_attest_request(ByteView body);
Result<AppraiseRequest> parse_appraise_request(ByteView body);
// An item that can't be used fails alone. Errors: those of FieldReader; "request.field" without an
// item or with more than kBatchItemsMax.
Result<std::vector<Result<AppraiseRequest>>> parse_appraise_batch(ByteView body);

}  // namespace atoma::verifier
