#include "atoma/cose/ear_token.h"

#include "atoma/cose/jws.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/text.h"

namespace atoma::cose {

std::string_view ear_format_name(EarFormat format) {
  return format == EarFormat::kCwt ? "cwt" : "jwt";
}

EarFormat ear_format_of(std::string_view text) {
  return text.contains('.') ? EarFormat::kJwt : EarFormat::kCwt;
}

std::string sign_ear_token(const Ear& ear, EarFormat format, const SigningKey& key,
                           std::string_view kid) {
  if (format == EarFormat::kJwt) return sign_ear_jwt(ear, key, kid);
  return wire::base64_encode(sign_ear_cwt(ear, key, kid));
}

Result<VerifiedEar> verify_ear_token(std::string_view text, VerificationKeys& keys) {
  if (ear_format_of(text) == EarFormat::kJwt) {
    ATOMA_TRY(const auto jws, jws_verify(text, keys, kEarType));
    ATOMA_TRY(auto ear, parse_ear(jws.payload()));
    return VerifiedEar{std::move(ear), jws.kid()};
  }
  const auto token = wire::base64_decode(text);
  if (!token) return malformed("cwt.base64", "neither a JWT nor a CWT in canonical base64");
  ATOMA_TRY(auto ear, verify_ear_cwt(*token, keys));
  ATOMA_TRY(const auto message, parse_sign1(*token, Sign1Tag::kRequired));
  return VerifiedEar{std::move(ear), std::string(as_text(message.kid))};
}

}  // namespace atoma::cose
