// Signed sets of reference values: what images measure as, published by whoever builds them and
// named in a policy by the key that signs. YAML with a detached JWS (RFC 7515 appendix F), or a
// signed CoRIM (draft-ietf-rats-corim).
//
//   ATOMA_TRY(auto keys, cose::VerificationKeys::parse_jwks(json));
//   ATOMA_TRY(auto set, verify_reference_set(file, signature, keys));
//
// Values of one row belong together: evidence meets a row or it does not, and registers of two
// images never make a third.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/cose/key_set.h"
#include "atoma/crypto/digest.h"
#include "atoma/evidence/tee.h"

namespace atoma::appraisal {

// So that a token over it stays below that of cose::jws_verify.
inline constexpr std::size_t kReferenceSetMax = 32 * 1024;
inline constexpr std::size_t kReferenceRowsMax = 1024;
// The type in the header of a detached JWS.
inline constexpr std::string_view kReferenceSetType = "atoma-reference-values+yaml";

struct ReferenceRow {
  evidence::Tee tee = evidence::Tee::kUnknown;        // tdx, sgx or snp
  std::string label;                                  // for people
  std::vector<std::pair<std::string, Bytes>> values;  // by register; names differ, at least one
};

struct ReferenceValues {
  std::string name;
  ValidityWindow window;
  std::vector<ReferenceRow> rows;
};

// The size of a register that sets may name; 0: there is none of that name.
std::size_t reference_size(evidence::Tee tee, std::string_view name);

// Structure only. Errors: "reference.too_large", "reference.version", "reference.format", those of
// parse_yaml.
Result<ReferenceValues> parse_reference_values(std::string_view yaml);
// The payload of a signed CoRIM: a tagged-unsigned-corim-map with CoMIDs of reference triples, and
// nothing that would change their meaning unheard. Errors: those of CborDocument::parse,
// "corim.tag", "corim.shape", "corim.unsupported", "corim.environment", "corim.digest",
// "corim.duplicate".
Result<ReferenceValues> parse_corim(ByteView payload);

// Only verify_reference_set makes one: who holds it knows whose word the values are.
class ReferenceSet {
 public:
  const ReferenceValues& values() const { return values_; }
  const std::string& kid() const { return kid_; }
  // SHA-256 of the signed file.
  const crypto::Digest256& digest() const { return digest_; }

 private:
  friend Result<ReferenceSet> verify_reference_set(ByteView, std::string_view,
                                                   cose::VerificationKeys&);
  ReferenceSet(ReferenceValues values, std::string kid, crypto::Digest256 digest)
      : values_(std::move(values)), kid_(std::move(kid)), digest_(digest) {}

  ReferenceValues values_;
  std::string kid_;
  crypto::Digest256 digest_;
};

// `signature`: the detached JWS of a YAML file, "header..signature"; empty for a CoRIM, which has
// its own inside. Neither the clock nor a policy is asked. Errors: those of the parsers above, of
// cose::jws_verify and cose::parse_sign1; "reference.signature" (not of that form), "corim.header",
// "corim.kid", "corim.signature".
Result<ReferenceSet> verify_reference_set(ByteView file, std::string_view signature,
                                          cose::VerificationKeys& keys);

// The detached JWS of a YAML file.
std::string sign_reference_set(std::string_view yaml, const cose::SigningKey& key);

// What an appraisal has at hand, and which set it came to stand on.
struct References {
  std::span<const ReferenceSet> sets;
  const ReferenceSet* used = nullptr;
};

}  // namespace atoma::appraisal
