// Many attestation results in one EAR, under one signature: a submodule for each, named by its
// place in the request ("0", "1", …), with what Atoma checked of it inside, as "atoma".
//
// What is empty, zero or false is left out: bytes that are hashed and signed are what a batch
// costs.
//
// A token of one result has "atoma" beside its submodules instead, so that neither kind passes for
// the other. Nothing is bound to a key here: items have no claim "key".
//
//   const std::string token = sign_ear_batch(batch, key, kid);
//   ATOMA_TRY(auto batch, verify_ear_batch(token, keys));
#pragma once

#include <cstdint>

#include "atoma/cose/ear.h"
#include "atoma/cose/key_set.h"

namespace atoma::cose {

inline constexpr std::size_t kEarBatchItemsMax = 256;
// Of a token whose items name every check.
inline constexpr std::size_t kEarBatchSizeMax = 8 * 1024 * 1024;
inline constexpr std::size_t kEarBatchNodesMax = 512 * 1024;

struct EarItem {
  std::uint32_t place = 0;  // in the request
  EarStatus status = EarStatus::kNone;
  TrustVector trust;
  AtomaClaims atoma;  // names the policy

  bool operator==(const EarItem&) const = default;
};

struct EarBatch {
  std::string issuer;
  std::string id;  // jti
  Time issued_at;
  Time expires_at;    // after issued_at
  std::string nonce;  // eat_nonce: 8 to 88 characters (RFC 9711 §4.1)
  std::string developer;
  std::string build;
  std::vector<EarItem> items;  // at least one, their places ascending

  bool operator==(const EarBatch&) const = default;
};

// Claims as JSON. Refuses nothing: parse_ear_batch fails when a field breaks its rule.
std::string encode_ear_batch(const EarBatch& batch);
std::string sign_ear_batch(const EarBatch& batch, const SigningKey& key, std::string_view kid);

// Structure only. Errors: those of parse_ear, each naming the claim; "ear.value" for submodules
// that are not ascending places.
Result<EarBatch> parse_ear_batch(std::string_view json);
// Signature, then structure; not the time. Errors: those of jws_verify and parse_ear_batch.
Result<EarBatch> verify_ear_batch(std::string_view token, VerificationKeys& keys);

// The same as CWT (ear_cwt.h), about half as long. Errors: those of parse_ear_cwt and
// verify_ear_cwt; "ear.value" for submodules that are not ascending places.
Bytes encode_ear_batch_cwt(const EarBatch& batch);
Bytes sign_ear_batch_cwt(const EarBatch& batch, const SigningKey& key, std::string_view kid);
Result<EarBatch> parse_ear_batch_cwt(ByteView claims);
Result<EarBatch> verify_ear_batch_cwt(ByteView token, VerificationKeys& keys);

struct VerifiedEarBatch {
  EarBatch batch;
  std::string kid;  // of the key that made it
};

// In either form, as text (ear_token.h). Errors: those of both, "cwt.base64".
Result<VerifiedEarBatch> verify_ear_batch_token(std::string_view text, VerificationKeys& keys);

}  // namespace atoma::cose
