// The keys of claims that writing and reading share. Private to this module.
#pragma once

#include <cstdint>

namespace atoma::cose {

// RFC 8392 §4, RFC 9711 §10.2, draft-ietf-rats-ear.
enum CwtClaim : std::int64_t {
  kCwtIss = 1,
  kCwtExp = 4,
  kCwtNbf = 5,
  kCwtIat = 6,
  kCwtId = 7,
  kCwtNonce = 10,
  kCwtProfile = 265,
  kCwtSubmods = 266,
  kCwtStatus = 1000,
  kCwtTrustVector = 1001,
  kCwtPolicyId = 1003,
  kCwtVerifierId = 1004,
};
// Of ear.verifier-id.
inline constexpr std::int64_t kCwtDeveloper = 0;
inline constexpr std::int64_t kCwtBuild = 1;

}  // namespace atoma::cose
