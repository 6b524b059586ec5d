#include "atoma/cose/jws.h"

#include "atoma/base/check.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

constexpr std::string_view kAlgorithm = "ES256";

struct Parts {
  std::string_view signing_input;  // header "." payload
  Bytes header;
  Bytes payload;
  Bytes signature;
};

Result<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos) return malformed("jws.format", "expected three parts");
  // A further dot is no base64url character.
  auto header = wire::base64url_decode(token.substr(0, first));
  auto payload = wire::base64url_decode(token.substr(first + 1, second - first - 1));
  auto signature = wire::base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature) {
    return malformed("jws.format", "a part is not base64url without padding");
  }
  return Parts{token.substr(0, second), *std::move(header), *std::move(payload),
               *std::move(signature)};
}

// Null when absent; an Error when it is no string.
Result<const wire::JsonValue*> header_text(const wire::JsonValue& header, std::string_view name) {
  const wire::JsonValue* value = header.find(name);
  if (value != nullptr && !value->is_string()) {
    return malformed("jws.format", "header member " + std::string(name) + " is no string");
  }
  return value;
}

struct Header {
  std::string kid;
};

Result<Header> check_header(ByteView bytes, std::string_view expected_typ) {
  const auto document = wire::JsonDocument::parse(as_text(bytes));
  if (!document || !document->root().is_object()) {
    return malformed("jws.format", "the header is no strict JSON object");
  }
  const wire::JsonValue& header = document->root();
  ATOMA_TRY(const auto* alg, header_text(header, "alg"));
  ATOMA_TRY(const auto* typ, header_text(header, "typ"));
  ATOMA_TRY(const auto* kid, header_text(header, "kid"));
  if (alg == nullptr || alg->text() != kAlgorithm) {
    return malformed("jws.alg", "the algorithm must be ES256");
  }
  if (header.find("crit") != nullptr) {
    return malformed("jws.crit", "the token demands extensions; none is known");
  }
  if (typ == nullptr || typ->text() != expected_typ) {
    return malformed("jws.typ", "the token's type must be " + std::string(expected_typ));
  }
  return Header{kid == nullptr ? std::string() : std::string(kid->text())};
}

}  // namespace

std::string jws_sign(const crypto::EcPrivateKey& key, std::string_view kid, std::string_view typ,
                     std::string_view payload_json) {
  ATOMA_CHECK(key.curve() == crypto::Curve::kP256);
  wire::JsonWriter header;
  header.begin_object()
      .member("alg", kAlgorithm)
      .member("typ", typ)
      .member("kid", kid)
      .end_object();
  std::string token = wire::base64url_encode(as_bytes(header.str()));
  token += '.';
  token += wire::base64url_encode(as_bytes(payload_json));
  const Bytes signature = key.sign(as_bytes(token));
  token += '.';
  token += wire::base64url_encode(signature);
  return token;
}

Result<VerifiedJws> jws_verify(std::string_view token, JwkSet& keys, std::string_view typ) {
  if (token.size() > kJwsSizeMax) {
    return malformed("jws.too_large", "the token is larger than 64 KiB");
  }
  ATOMA_TRY(auto parts, split(token));
  ATOMA_TRY(auto header, check_header(parts.header, typ));
  crypto::EcPublicKey* key = keys.find(header.kid);
  if (key == nullptr) {
    return fail(Code::kUnauthenticated, "jws.kid", "the token names no key of the set");
  }
  if (!key->verify(as_bytes(parts.signing_input), parts.signature)) {
    return fail(Code::kUnauthenticated, "jws.signature", "the signature does not verify");
  }
  return VerifiedJws(std::move(header.kid), std::string(as_text(parts.payload)));
}

}  // namespace atoma::cose
