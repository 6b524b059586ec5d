#include "atoma/cose/ear_token.h"

#include "atoma/cose/ear_batch.h"
#include "atoma/cose/jws.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

Result<Bytes> decode_cwt(std::string_view text) {
  auto token = wire::base64_decode(text);
  if (token) return *std::move(token);
  return malformed("cwt.base64", "neither a JWT nor a CWT in canonical base64");
}

}  // namespace

std::string_view ear_format_name(EarFormat format) {
  return format == EarFormat::kCwt ? "cwt" : "jwt";
}

EarFormat ear_format_of(std::string_view text) {
  return text.contains('.') ? EarFormat::kJwt : EarFormat::kCwt;
}

Bytes sign_ear(const Ear& ear, EarFormat format, const SigningKey& key, std::string_view kid) {
  if (format == EarFormat::kCwt) return sign_ear_cwt(ear, key, kid);
  return to_bytes(sign_ear_jwt(ear, key, kid));
}

std::string sign_ear_token(const Ear& ear, EarFormat format, const SigningKey& key,
                           std::string_view kid) {
  return ear_text(format, sign_ear(ear, format, key, kid));
}

std::string ear_text(EarFormat format, ByteView token) {
  return format == EarFormat::kJwt ? std::string(as_text(token)) : wire::base64_encode(token);
}

void write_ear(wire::CborWriter& out, EarFormat format, ByteView token) {
  if (format == EarFormat::kJwt) {
    out.value(as_text(token));
  } else {
    out.bytes(token);
  }
}

Result<VerifiedEar> verify_ear_token(std::string_view text, VerificationKeys& keys) {
  if (ear_format_of(text) == EarFormat::kJwt) {
    ATOMA_TRY(const auto jws, jws_verify(text, keys, kEarType));
    ATOMA_TRY(auto ear, parse_ear(jws.payload()));
    return VerifiedEar{std::move(ear), jws.kid()};
  }
  ATOMA_TRY(const auto token, decode_cwt(text));
  ATOMA_TRY(auto ear, verify_ear_cwt(token, keys));
  ATOMA_TRY(const auto message, parse_sign1(token, Sign1Tag::kRequired));
  return VerifiedEar{std::move(ear), std::string(as_text(message.kid))};
}

Result<VerifiedEarBatch> verify_ear_batch_token(std::string_view text, VerificationKeys& keys) {
  if (ear_format_of(text) == EarFormat::kJwt) {
    ATOMA_TRY(const auto jws, jws_verify(text, keys, kEarType, kEarBatchSizeMax));
    ATOMA_TRY(auto batch, parse_ear_batch(jws.payload()));
    return VerifiedEarBatch{std::move(batch), jws.kid()};
  }
  ATOMA_TRY(const auto token, decode_cwt(text));
  ATOMA_TRY(auto batch, verify_ear_batch_cwt(token, keys));
  ATOMA_TRY(const auto message, parse_sign1(token, Sign1Tag::kRequired, kEarBatchSizeMax));
  return VerifiedEarBatch{std::move(batch), std::string(as_text(message.kid))};
}

}  // namespace atoma::cose
