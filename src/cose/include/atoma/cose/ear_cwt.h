// The EAR as CWT (draft-ietf-rats-ear, CBOR claim keys; RFC 8392, RFC 9711) and under any key of a
// key set: ES256 or ML-DSA-65. What is said is what the JWT says, claim by claim.
//
//   const Bytes token = sign_ear_cwt(ear, keys.signing_key(), keys.kid());
//   ATOMA_TRY(auto ear, verify_ear_cwt(token, trusted));
#pragma once

#include "atoma/cose/ear.h"
#include "atoma/cose/key_set.h"

namespace atoma::cose {

// RFC 9782: the type of an EAT in CWT form.
inline constexpr std::string_view kEarCwtType = "application/eat+cwt";

// Claims in deterministic CBOR. Refuses nothing: parse_ear_cwt(encode_ear_cwt(e)) fails when a
// field breaks its rule. The nonce is written as the 8 to 64 bytes whose base64 the text must be
// (RFC 9711 §4.1).
Bytes encode_ear_cwt(const Ear& ear);
// A COSE_Sign1 with tag 18, kid and type protected.
Bytes sign_ear_cwt(const Ear& ear, const SigningKey& key, std::string_view kid);

// Structure only; unknown claims are passed over. Errors: those of CborDocument::parse,
// "ear.profile", "ear.missing", "ear.type", "ear.value", each naming the claim.
Result<Ear> parse_ear_cwt(ByteView claims);
// Signature, then structure; not the time. Errors: those of parse_sign1 and parse_ear_cwt,
// "cwt.typ", "cwt.kid" (none, or not in `keys`), "cwt.signature".
Result<Ear> verify_ear_cwt(ByteView token, VerificationKeys& keys);

// The same in JOSE's form, for keys of a set: compact JWS by ES256 or ML-DSA-65.
std::string sign_ear_jwt(const Ear& ear, const SigningKey& key, std::string_view kid);
// Errors: those of jws_verify and parse_ear.
Result<Ear> verify_ear_jwt(std::string_view token, VerificationKeys& keys);

}  // namespace atoma::cose
