// An Arm CCA attestation token (RMM specification A7.2): a platform token and a realm token in one
// collection, parsed and believed by nobody yet. cca::verify makes an AuthenticToken of it.
//
//   ATOMA_TRY(const auto token, cca::parse_token(bytes));
//   token->realm.rim   // a view into `bytes`
//
// One profile is known, "http://arm.com/CCA-SSD/1.0.0", whose realm key is the raw point 04 ‖ x ‖
// y. Later drafts write a COSE_Key under profiles of their own: those are refused, not guessed at.
// Maps of claims need not be sorted; everything else is deterministic CBOR.
#pragma once

#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/cose/sign1.h"

namespace atoma::evidence::cca {

inline constexpr std::string_view kProfile = "http://arm.com/CCA-SSD/1.0.0";
inline constexpr std::size_t kImplementationIdSize = 32;
inline constexpr std::size_t kInstanceIdSize = 33;
inline constexpr std::size_t kChallengeSize = 64;
inline constexpr std::size_t kRealmKeySize = 97;
inline constexpr std::size_t kRemCount = 4;
// Real tokens list 4 to 13.
inline constexpr std::size_t kComponentsMax = 64;

enum class HashAlgorithm : std::uint8_t { kSha256, kSha512 };
std::string_view hash_name(HashAlgorithm algorithm);  // "sha-256", "sha-512"
constexpr std::size_t hash_size(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha256 ? 32 : 64;
}

// Views point into the bytes that were parsed. Texts are empty when the token has none.
struct SoftwareComponent {
  std::string_view type, version, algorithm;
  ByteView measurement, signer;  // 32, 48 or 64 bytes each
};

struct PlatformClaims {
  cose::Sign1 message;
  ByteView challenge;  // the hash of the realm's key
  ByteView implementation_id, instance_id;
  ByteView config;
  std::uint16_t lifecycle = 0;
  HashAlgorithm hash = HashAlgorithm::kSha256;
  std::string_view verification_service;
  std::vector<SoftwareComponent> components;

  // 0x3000 to 0x30FF: secured. Everything else is assembly, debug, recovery or worse.
  bool secured() const { return lifecycle >> 8 == 0x30; }
};

struct RealmClaims {
  cose::Sign1 message;
  ByteView challenge;                           // what the relying party asked to be bound
  ByteView personalization;                     // of the host's choosing, 64 bytes
  HashAlgorithm hash = HashAlgorithm::kSha256;  // of RIM and REMs
  ByteView key;                                 // 04 ‖ x ‖ y on P-384
  HashAlgorithm key_hash = HashAlgorithm::kSha256;
  ByteView rim;
  ByteView rem[kRemCount];
};

struct TokenFields {
  PlatformClaims platform;
  RealmClaims realm;
};

class CcaToken;
// Errors: those of CborDocument::parse, "cca.collection" (tag 399 around exactly two tokens),
// "cca.platform_token", "cca.realm_token" (no COSE_Sign1 by ES384 around a map), "cca.profile",
// "cca.claim" (missing, unknown, of another type or size).
Result<CcaToken> parse_token(ByteView bytes);

// Proof that bytes had the shape of a token; made by parse_token alone.
class CcaToken {
 public:
  const TokenFields& fields() const { return fields_; }
  const TokenFields* operator->() const { return &fields_; }

 private:
  friend Result<CcaToken> parse_token(ByteView bytes);
  explicit CcaToken(TokenFields fields) : fields_(std::move(fields)) {}
  TokenFields fields_;
};

// True when the first bytes are those of a collection.
bool looks_like_token(ByteView bytes);

}  // namespace atoma::evidence::cca
