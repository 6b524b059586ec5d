// The keys of a verifier over time: one that signs, and older ones whose tokens still verify. A
// token says by its kid which one made it; without a kid there is no key.
//
//   TokenKeys keys(SigningKey(…));
//   keys.rotate(SigningKey(…));                 // the old key verifies on
//   serve(keys.published().to_jwks());
//   ATOMA_TRY(auto trusted, VerificationKeys::parse_jwks(json));   // the relying party
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/cose/key.h"

namespace atoma::cose {

// 32 keys of ML-DSA-65 are 90 KiB of JSON.
inline constexpr std::size_t kKeySetKeysMax = 32;
inline constexpr std::size_t kKeySetSizeMax = 128 * 1024;

// The RFC 7638 thumbprint with SHA-256 in base64url; the same text is the kid in COSE. The key is
// of ES256 or ML-DSA-65 (key type AKP: alg, kty and pub, draft-ietf-cose-dilithium).
std::string key_id(const PublicKey& key);

// Keys of ES256 and ML-DSA-65. Move-only; belongs to one thread at a time.
class VerificationKeys {
 public:
  // Keys of other types, uses and algorithms are passed over (RFC 7517 §5); those that are taken
  // must carry their thumbprint as kid, and no private part. Errors: those of JsonDocument::parse
  // and CborDocument::parse, "keyset.format", "keyset.too_large", "keyset.private", "keyset.key",
  // "keyset.kid".
  static Result<VerificationKeys> parse_jwks(std::string_view json);
  // COSE_KeySet (RFC 9052 §7): an array of COSE_Keys. The whole is below 64 KiB.
  static Result<VerificationKeys> parse_cose(ByteView cbor);

  // Gives the key's kid; adding a key again changes nothing.
  std::string add(PublicKey key);
  void remove(std::string_view kid);
  void move_to_front(std::string_view kid);
  // All other keys go.
  void keep_only(std::string_view kid);
  std::string to_jwks() const;
  Bytes to_cose() const;
  // Points into this set; null when there is no such key.
  PublicKey* find(std::string_view kid);
  std::size_t size() const { return keys_.size(); }

 private:
  struct Entry {
    std::string kid;
    PublicKey key;
  };
  Status add_parsed(PublicKey key, std::string_view kid);

  std::vector<Entry> keys_;
};

class TokenKeys {
 public:
  explicit TokenKeys(SigningKey key);

  const SigningKey& signing_key() const { return signing_; }
  const std::string& kid() const { return kid_; }
  // `next` signs from now on; the key before it stays published until it is retired.
  void rotate(SigningKey next);
  // Tokens of this key verify no more. Errors: "keyset.kid" for the signing key or an unknown one.
  Status retire(std::string_view kid);
  // The signing key first.
  VerificationKeys& published() { return published_; }

 private:
  VerificationKeys published_;
  SigningKey signing_;
  std::string kid_;
};

}  // namespace atoma::cose
