// Authenticity of CCA tokens: the platform's key signed the platform token, the realm's key signed
// the realm token, and the platform token vouches for the realm's key. Says nothing of policy
// (atoma/appraisal/cca_policy.h).
//
//   ATOMA_TRY(const auto keys, cca::PlatformKeys::parse(json));   // endorsements: CPAKs
//   ATOMA_TRY(const auto token, cca::parse_token(bytes));
//   const auto result = cca::verify(token, keys, {}, findings);
//
// There is no pinned root: whoever hands in a CPAK vouches for it, and the policy names those that
// it believes. A token holds no time: the challenge alone makes it fresh.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/crypto/digest.h"
#include "atoma/evidence/cca/token.h"
#include "atoma/evidence/finding.h"
#include "atoma/evidence/trust_anchors.h"

namespace atoma::evidence::cca {

// Public keys of platforms (CPAK). Immutable after parse.
class PlatformKeys {
 public:
  struct Entry {
    Bytes implementation_id, instance_id;  // empty: whatever the token says
    ByteArray<kRealmKeySize> point;        // 04 ‖ x ‖ y
  };

  // JSON: one JWK of a P-384 key, which stands for whatever platform the token names, or
  // {"keys": [JWK with "implementation_id" and "instance_id" in hexadecimal, …]}.
  // Errors: those of JsonDocument::parse, "cca.platform_keys".
  static Result<PlatformKeys> parse(std::string_view json);

  // Null when there is none for this platform.
  const Entry* find(ByteView implementation_id, ByteView instance_id) const;
  const crypto::Digest256& digest() const { return digest_; }  // of the text
  const std::string& text() const { return text_; }            // what was parsed
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::string text_;
  crypto::Digest256 digest_{};
};

// A token that a platform's key vouches for. Only verify makes one. Views point into the bytes that
// were parsed.
class AuthenticToken {
 public:
  const TokenFields& fields() const { return token_.fields(); }
  const TokenFields* operator->() const { return &token_.fields(); }
  // SHA-256 of the platform key's point 04 ‖ x ‖ y: what policies name.
  const crypto::Digest256& platform_key() const { return platform_key_; }

 private:
  friend struct TokenCheck;
  AuthenticToken(CcaToken token, const crypto::Digest256& key)
      : token_(std::move(token)), platform_key_(key) {}

  CcaToken token_;
  crypto::Digest256 platform_key_;
};

struct CcaVerification {
  Authenticity authenticity = Authenticity::kNo;
  RootKind root = RootKind::kUnknown;   // kSample when the key's digest is a sample root
  std::optional<AuthenticToken> token;  // exactly when the token is authentic
};

// Every check is made and recorded, whatever failed before it. Without a key for the platform:
// kMissing, and authenticity is kUnknown unless something else failed. `keys` may be null.
CcaVerification verify(const CcaToken& token, const PlatformKeys* keys, const TrustAnchors& anchors,
                       Findings& findings);

}  // namespace atoma::evidence::cca
