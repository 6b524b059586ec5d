// Bodies of requests to the verifier; those of appraisals in JSON or in CBOR (http/fields.h).
#pragma once

#include "appraisal_pool.h"
#include "challenges.h"

namespace atoma::verifier {

inline constexpr std::size_t kBatchItemsMax = cose::kEarBatchItemsMax;

// POST /v1/attest
struct AttestRequest {
  Nonce nonce{};
  Bytes key;            // X-Wing public key
  Appraisal appraisal;  // bound to nonce and key: bind.h
};

// POST /v1/appraise
struct AppraiseRequest {
  Bytes nonce;  // the relying party's own, 8 to 64 bytes: comes back in the EAR
  Appraisal appraisal;
};

// How much a result says. Findings that did not pass are always there.
enum class ResultDetail : std::uint8_t {
  kVerdict,  // no measurements and report data: who sent the evidence has them
  kClaims,
  kAll,  // and each check that passed
};

// POST /v1/appraise/batch
struct AppraiseBatch {
  Bytes nonce;  // one for all
  ResultDetail detail = ResultDetail::kVerdict;
  ResultForm form;
  std::vector<Result<Appraisal>> items;  // one that can't be used fails alone
};

// Errors: those of FieldReader and SubjectReader; of an attestation also those of bind_subject.
Result<AttestRequest> parse_attest_request(ByteView body);
Result<AppraiseRequest> parse_appraise_request(ByteView body, http::BodyForm form);
// Errors: those of FieldReader; "request.field" without an item or with more than kBatchItemsMax.
Result<AppraiseBatch> parse_appraise_batch(ByteView body, http::BodyForm form);

}  // namespace atoma::verifier
