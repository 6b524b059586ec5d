#include "atoma/cose/jws.h"

#include "atoma/base/check.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

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
  Algorithm algorithm = Algorithm::kEs256;
  std::string kid;
};

// One of `algorithms`; which of them the key has is compared later.
Result<Header> check_header(ByteView bytes, std::string_view expected_typ,
                            std::initializer_list<Algorithm> algorithms) {
  const auto document = wire::JsonDocument::parse(as_text(bytes));
  if (!document || !document->root().is_object()) {
    return malformed("jws.format", "the header is no strict JSON object");
  }
  const wire::JsonValue& header = document->root();
  ATOMA_TRY(const auto* alg, header_text(header, "alg"));
  ATOMA_TRY(const auto* typ, header_text(header, "typ"));
  ATOMA_TRY(const auto* kid, header_text(header, "kid"));
  const auto algorithm = alg == nullptr ? std::nullopt : algorithm_from_name(alg->text());
  if (!algorithm || !std::ranges::contains(algorithms, *algorithm)) {
    return malformed("jws.alg", "the algorithm must be one of the keys' own");
  }
  if (header.find("crit") != nullptr) {
    return malformed("jws.crit", "the token demands extensions; none is known");
  }
  if (typ == nullptr || typ->text() != expected_typ) {
    return malformed("jws.typ", "the token's type must be " + std::string(expected_typ));
  }
  return Header{*algorithm, kid == nullptr ? std::string() : std::string(kid->text())};
}

template <typename Key>
std::string sign(const Key& key, Algorithm algorithm, std::string_view kid, std::string_view typ,
                 std::string_view payload_json) {
  wire::JsonWriter header;
  header.begin_object()
      .member("alg", algorithm_name(algorithm))
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

struct Opened {
  Parts parts;
  Header header;
};

Result<Opened> open(std::string_view token, std::string_view typ, std::size_t size_max,
                    std::initializer_list<Algorithm> algorithms) {
  if (token.size() > size_max) {
    return malformed("jws.too_large",
                     "the token is larger than " + std::to_string(size_max / 1024) + " KiB");
  }
  ATOMA_TRY(auto parts, split(token));
  ATOMA_TRY(auto header, check_header(parts.header, typ, algorithms));
  return Opened{std::move(parts), std::move(header)};
}

std::unexpected<Error> unknown_kid() {
  return fail(Code::kUnauthenticated, "jws.kid", "the token names no key of the set");
}

std::unexpected<Error> bad_signature() {
  return fail(Code::kUnauthenticated, "jws.signature", "the signature does not verify");
}

}  // namespace

std::string jws_sign(const crypto::EcPrivateKey& key, std::string_view kid, std::string_view typ,
                     std::string_view payload_json) {
  ATOMA_CHECK(key.curve() == crypto::Curve::kP256);
  return sign(key, Algorithm::kEs256, kid, typ, payload_json);
}

std::string jws_sign(const SigningKey& key, std::string_view kid, std::string_view typ,
                     std::string_view payload_json) {
  return sign(key, key.algorithm(), kid, typ, payload_json);
}

Result<VerifiedJws> jws_verify(std::string_view token, JwkSet& keys, std::string_view typ,
                               std::size_t size_max) {
  ATOMA_TRY(auto opened, open(token, typ, size_max, {Algorithm::kEs256}));
  crypto::EcPublicKey* key = keys.find(opened.header.kid);
  if (key == nullptr) return unknown_kid();
  const auto& parts = opened.parts;
  if (!key->verify(as_bytes(parts.signing_input), parts.signature)) return bad_signature();
  return VerifiedJws(std::move(opened.header.kid), std::string(as_text(parts.payload)));
}

Result<VerifiedJws> jws_verify(std::string_view token, VerificationKeys& keys, std::string_view typ,
                               std::size_t size_max) {
  ATOMA_TRY(auto opened, open(token, typ, size_max, {Algorithm::kEs256, Algorithm::kMlDsa65}));
  PublicKey* key = keys.find(opened.header.kid);
  if (key == nullptr) return unknown_kid();
  if (key->algorithm() != opened.header.algorithm) {
    return malformed("jws.alg", "the algorithm is not that of the key");
  }
  const auto& parts = opened.parts;
  if (!key->verify(as_bytes(parts.signing_input), parts.signature)) return bad_signature();
  return VerifiedJws(std::move(opened.header.kid), std::string(as_text(parts.payload)));
}

}  // namespace atoma::cose
