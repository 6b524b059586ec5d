// The decision whether a secret may go to who asks, apart from doing it.
#pragma once

#include <string>

#include "atoma/broker/rule.h"
#include "atoma/crypto/digest.h"
#include "atoma/tlog/ledger.h"

namespace atoma::broker {

// The body of POST /v1/secrets/{name}/release.
struct ReleaseRequest {
  std::string token;        // the EAR: a JWT, or a CWT in base64
  std::uint64_t index = 0;  // of its attestation entry
  Bytes key;                // X-Wing public key
};

// Errors: those of FieldReader.
Result<ReleaseRequest> parse_release_request(ByteView body);

// A request whose EAR is authentic: all that follows is worth an entry.
struct Presented {
  ReleaseRequest request;
  cose::Ear ear;
  std::string jwks;  // the key that verified it, alone
  std::string ear_sha256;
  crypto::Digest256 ear_digest{}, key_digest{};
};

// Errors: "release.ear".
Result<Presented> authenticate(ReleaseRequest request, std::string_view verifier_jwks);

// What holds for every secret. Errors: "release.expired", "release.not_on_ledger",
// "release.verdict", "release.key", in this order, and those of Ledger::entry other than
// "ledger.index".
Status check_presented(const Presented& presented, const tlog::Ledger& log, Time now);

}  // namespace atoma::broker
