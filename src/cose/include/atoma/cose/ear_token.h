// A signed EAR in either form, as text: what JSON members and files of text carry. A JWT is text
// itself and has dots; a CWT is its bytes in base64, which has none.
//
//   const std::string text = sign_ear_token(ear, EarFormat::kCwt, key.key, key.kid);
//   ATOMA_TRY(auto verified, verify_ear_token(text, keys));
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "atoma/cose/ear_cwt.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::cose {

enum class EarFormat : std::uint8_t { kJwt = 1, kCwt };
inline constexpr EarFormat kEarFormats[] = {EarFormat::kJwt, EarFormat::kCwt};

std::string_view ear_format_name(EarFormat format);  // "jwt", "cwt"
// By the dots alone: says nothing about whether the token is good.
EarFormat ear_format_of(std::string_view text);

// As its form has it: a JWT's text, a CWT's bytes.
Bytes sign_ear(const Ear& ear, EarFormat format, const SigningKey& key, std::string_view kid);
std::string sign_ear_token(const Ear& ear, EarFormat format, const SigningKey& key,
                           std::string_view kid);
// Such a token as text, and as an item of CBOR.
std::string ear_text(EarFormat format, ByteView token);
void write_ear(wire::CborWriter& out, EarFormat format, ByteView token);

struct VerifiedEar {
  Ear ear;
  std::string kid;  // of the key that made it
};

// Signature, then structure; not the time. Errors: those of verify_ear_jwt and verify_ear_cwt,
// "cwt.base64".
Result<VerifiedEar> verify_ear_token(std::string_view text, VerificationKeys& keys);

}  // namespace atoma::cose
