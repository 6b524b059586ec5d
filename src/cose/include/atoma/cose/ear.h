// EAT Attestation Results (draft-ietf-rats-ear) as JWT: the verifier's answer in the vocabulary
// that relying parties know, and beside it what Atoma checked, in one object claim "atoma".
//
// The draft's trustworthiness vector and status say how far to trust; "atoma" says why, and binds
// the result to the evidence, policy and collateral by their digests.
//
//   const std::string token = sign_ear(ear, signing_key);
//   ATOMA_TRY(auto ear, verify_ear(token, keys));
//   ATOMA_TRY_VOID(check_time(ear, now, Duration{60}));
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/base/time.h"
#include "atoma/cose/jwk.h"

namespace atoma::cose {

// The profile of the deployed EAR implementations, with claim names like "ear.status".
inline constexpr std::string_view kEarProfile = "tag:github.com,2023:veraison/ear";
// RFC 9782: the type of an EAT in JWT form.
inline constexpr std::string_view kEarType = "eat+jwt";

// AR4SI §2.3.2: the tier of a claim is where its value lies; the status names a tier.
enum class EarStatus : std::uint8_t {
  kNone = 0,
  kAffirming = 2,
  kWarning = 32,
  kContraindicated = 96,
};
std::string_view ear_status_name(EarStatus status);
EarStatus tier_of(std::int8_t claim);

// AR4SI §2.3.1. Zero makes no claim.
struct TrustVector {
  std::int8_t instance_identity = 0;
  std::int8_t configuration = 0;
  std::int8_t executables = 0;
  std::int8_t file_system = 0;
  std::int8_t hardware = 0;
  std::int8_t runtime_opaque = 0;
  std::int8_t storage_opaque = 0;
  std::int8_t sourced_data = 0;

  // The worst tier of the claims that were made; kNone without any.
  EarStatus status() const;
  bool operator==(const TrustVector&) const = default;
};

// Claim by claim, the one of the worse tier.
TrustVector worst_of(const TrustVector& a, const TrustVector& b);

struct EarSubmod {
  std::string name;
  EarStatus status = EarStatus::kNone;
  TrustVector trust;
  std::string appraisal_policy_id;

  bool operator==(const EarSubmod&) const = default;
};

enum class EarVerdict : std::uint8_t { kUnappraisable = 0, kRefused, kAccepted };
std::string_view verdict_name(EarVerdict verdict);  // "accepted", "refused", "unappraisable"

struct EarFinding {
  std::string id;
  std::string severity;
  std::string outcome;
  std::string clause;
  std::string expected;
  std::string actual;

  bool operator==(const EarFinding&) const = default;
};

// Digests are SHA-256 in lower-case hex; "" where the text may be absent is said beside it.
struct AtomaClaims {
  EarVerdict verdict = EarVerdict::kUnappraisable;
  std::string tee;
  std::string tcb_status;  // the vendor's word; "" when the TEE has none
  std::string tcb_date;    // RFC 3339; "" when the TEE has none
  std::string evidence_sha256;
  std::string policy_sha256;
  std::vector<std::string> collateral_sha256;
  std::string reference_values_sha256 = {};  // of the signed set that was met; "" without
  std::string gpu_binding = {};  // what binds GPUs to the CPU's evidence; "" without GPUs
  std::string key;               // of the attested X-Wing public key; "" when none is bound
  std::string report_data;       // hex, as in the evidence
  std::vector<std::pair<std::string, std::string>> measurements;  // name, hex; names differ
  std::vector<std::string> advisories;
  std::uint64_t checks = 0;          // how many were made
  std::vector<EarFinding> findings;  // of the checks that did not pass, or of all
  Time verified_at;
  bool sample = false;  // evidence of the software TEE: proves nothing

  bool operator==(const AtomaClaims&) const = default;
};

struct Ear {
  std::string issuer;
  std::string id;  // jti
  Time issued_at;
  Time expires_at;                 // after issued_at
  std::optional<Time> not_before;  // issued_at when absent
  std::string nonce;               // eat_nonce: 8 to 88 characters (RFC 9711 §4.1)
  std::string developer;           // ear.verifier-id
  std::string build;
  std::vector<EarSubmod> submods;  // at least one; names differ
  AtomaClaims atoma;

  bool operator==(const Ear&) const = default;
};

// Claims as JSON. Refuses nothing: parse_ear(encode_ear(e)) fails when a field breaks its rule.
std::string encode_ear(const Ear& ear);
// A signed token with the key's thumbprint as kid.
std::string sign_ear(const Ear& ear, const crypto::EcPrivateKey& key);

// Structure only; unknown claims are passed over. Errors: those of JsonDocument::parse,
// "ear.profile", "ear.missing" (a required claim), "ear.type" (its JSON type), "ear.value" (its
// range or vocabulary), each naming the claim.
Result<Ear> parse_ear(std::string_view json);
// Signature, then structure; not the time. Errors: those of jws_verify and parse_ear.
Result<Ear> verify_ear(std::string_view token, JwkSet& keys);

// Errors: "ear.expired" (from expires_at + skew on), "ear.not_yet_valid" (before issued_at - skew
// or not_before - skew). `skew` is not negative.
Status check_time(const Ear& ear, Time now, Duration skew);

}  // namespace atoma::cose
