// Bodies of requests to the verifier.
#pragma once

#include "appraisal_pool.h"
#include "challenges.h"

namespace atoma::verifier {

inline constexpr std::size_t kBatchItemsMax = 256;

// POST /v1/attest
struct AttestRequest {
  Nonce nonce{};
  Bytes key;            // X-Wing public key
  Appraisal appraisal;  // bound to nonce and key: bind.h
};

// POST /v1/appraise, and each item of POST /v1/appraise/batch
struct AppraiseRequest {
  Bytes nonce;  // the relying party's own, 8 to 64 bytes: comes back in the EAR
  Appraisal appraisal;
};

// Errors: those of FieldReader and SubjectReader; of an attestation also those of bind_subject.
Result<AttestRequest> parse_attest_request(ByteView body);
Result<AppraiseRequest> parse_appraise_request(ByteView body);
// An item that can't be used fails alone. Errors: those of FieldReader; "request.field" without an
// item or with more than kBatchItemsMax.
Result<std::vector<Result<AppraiseRequest>>> parse_appraise_batch(ByteView body);

}  // namespace atoma::verifier
