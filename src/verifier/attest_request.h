// The body of POST /v1/attest.
#pragma once

#include <memory>
#include <optional>

#include "atoma/evidence/amd/endorsements.h"
#include "atoma/evidence/intel/collateral.h"
#include "atoma/evidence/tee.h"
#include "challenges.h"

namespace atoma::verifier {

inline constexpr std::size_t kEndorsementFilesMax = 8;

struct AttestRequest {
  Nonce nonce{};
  Bytes key;       // X-Wing public key
  Bytes evidence;  // not parsed: what is wrong with it belongs into the verdict
  evidence::Tee tee = evidence::Tee::kUnknown;
  std::shared_ptr<const evidence::intel::Collateral> collateral;    // null: none given
  std::shared_ptr<const evidence::amd::Endorsements> endorsements;  // null: none given
};

// Errors: those of FieldReader, Collateral::parse and Endorsements::parse.
Result<AttestRequest> parse_attest_request(ByteView body);

}  // namespace atoma::verifier
