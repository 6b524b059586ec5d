#include "atoma/cose/jws.h"

#include <gtest/gtest.h>

#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

using crypto::Curve;
using crypto::EcPrivateKey;
using crypto::EcPublicKey;

EcPrivateKey make_key(std::uint8_t scalar) {
  Bytes bytes(32);
  bytes.back() = scalar;
  return *EcPrivateKey::from_scalar(Curve::kP256, bytes);
}

EcPublicKey public_of(const EcPrivateKey& key) {
  return *EcPublicKey::create(Curve::kP256, key.public_xy());
}

JwkSet set_of(const EcPrivateKey& key) {
  JwkSet keys;
  keys.add(public_of(key));
  return keys;
}

// A token with this header, properly signed.
std::string signed_with_header(const EcPrivateKey& key, std::string_view header) {
  std::string token =
      wire::base64url_encode(as_bytes(header)) + "." + wire::base64url_encode(as_bytes("{}"));
  const Bytes signature = key.sign(as_bytes(token));
  return token + "." + wire::base64url_encode(signature);
}

std::string_view verify_reason(std::string_view token, JwkSet& keys) {
  const auto result = jws_verify(token, keys, "JWT");
  return result ? "verified" : result.error().reason;
}

TEST(Jws, VerifiesWhatItSigned) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const std::string kid = jwk_thumbprint(key);
  const std::string token = jws_sign(key, kid, "JWT", R"({"a":1})");
  const auto jws = jws_verify(token, keys, "JWT");
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->payload(), R"({"a":1})");
  EXPECT_EQ(jws->kid(), kid);
}

// Appendix A.3 names neither type nor key, so that jws_verify refuses it; its signature is good.
TEST(Jws, SignatureOfRfc7515AppendixA3Verifies) {
  auto xy = wire::base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  append(*xy, *wire::base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  auto key = EcPublicKey::create(Curve::kP256, *xy);
  ASSERT_TRUE(key);
  const auto signature = wire::base64url_decode(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(signature);
  const std::string_view input =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  EXPECT_TRUE(key->verify(as_bytes(input), *signature));
}

TEST(Jws, RefusesEveryChangedCharacter) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const std::string token = jws_sign(key, jwk_thumbprint(key), "JWT", R"({"a":1})");
  ASSERT_EQ(verify_reason(token, keys), "verified");
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'b', '_', '.', '=', '\0'}) {
      if (token[i] == c) continue;
      std::string changed = token;
      changed[i] = c;
      EXPECT_NE(verify_reason(changed, keys), "verified") << "at " << i << " " << c;
    }
  }
}

TEST(Jws, RefusesBadFormat) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const std::string token = jws_sign(key, jwk_thumbprint(key), "JWT", "{}");
  const std::string bad[] = {"",
                             ".",
                             "..",
                             "a.b",
                             token + ".",
                             "." + token,
                             token + "=",
                             token + " ",
                             token.substr(0, token.rfind('.')),
                             signed_with_header(key, "[]"),
                             signed_with_header(key, "not json"),
                             signed_with_header(key, R"({"alg":"ES256","alg":"ES256"})"),
                             signed_with_header(key, R"({"alg":["ES256"]})"),
                             signed_with_header(key, R"({"alg":"ES256","typ":1})"),
                             signed_with_header(key, R"({"alg":"ES256","typ":"JWT","kid":1})")};
  for (const std::string& text : bad) EXPECT_EQ(verify_reason(text, keys), "jws.format") << text;
}

TEST(Jws, RefusesOtherAlgorithms) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  for (std::string_view header : {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"es256"})",
                                  R"({"alg":"ES384"})", R"({"alg":""})", R"({})"}) {
    EXPECT_EQ(verify_reason(signed_with_header(key, header), keys), "jws.alg") << header;
  }
}

TEST(Jws, RefusesCriticalExtensions) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  for (std::string_view crit : {R"(["b64"])", "[]", "null"}) {
    const std::string header = R"({"alg":"ES256","typ":"JWT","kid":")" + jwk_thumbprint(key) +
                               R"(","crit":)" + std::string(crit) + "}";
    EXPECT_EQ(verify_reason(signed_with_header(key, header), keys), "jws.crit") << crit;
  }
}

TEST(Jws, RefusesOtherTypes) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const std::string kid = jwk_thumbprint(key);
  EXPECT_EQ(verify_reason(jws_sign(key, kid, "jwt", "{}"), keys), "jws.typ");
  EXPECT_EQ(verify_reason(signed_with_header(key, R"({"alg":"ES256"})"), keys), "jws.typ");
}

TEST(Jws, RefusesUnknownKeys) {
  const EcPrivateKey key = make_key(1);
  const EcPrivateKey other = make_key(2);
  JwkSet keys = set_of(key);
  EXPECT_EQ(verify_reason(jws_sign(other, jwk_thumbprint(other), "JWT", "{}"), keys), "jws.kid");
  EXPECT_EQ(verify_reason(signed_with_header(key, R"({"alg":"ES256","typ":"JWT"})"), keys),
            "jws.kid");
  JwkSet empty;
  EXPECT_EQ(verify_reason(jws_sign(key, jwk_thumbprint(key), "JWT", "{}"), empty), "jws.kid");
}

TEST(Jws, RefusesForeignSignatures) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const std::string kid = jwk_thumbprint(key);
  EXPECT_EQ(verify_reason(jws_sign(make_key(2), kid, "JWT", "{}"), keys), "jws.signature");
  const std::string token = jws_sign(key, kid, "JWT", "{}");
  const std::string input = token.substr(0, token.rfind('.') + 1);
  EXPECT_EQ(verify_reason(input, keys), "jws.signature");
  EXPECT_EQ(verify_reason(input + wire::base64url_encode(Bytes(64)), keys), "jws.signature");
  EXPECT_EQ(verify_reason(token + "AA", keys), "jws.signature");
}

TEST(Jws, SizeIsBounded) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const std::string kid = jwk_thumbprint(key);
  const std::string large = jws_sign(key, kid, "JWT", std::string(48 * 1024, 'x'));
  ASSERT_GT(large.size(), kJwsSizeMax);
  EXPECT_EQ(verify_reason(large, keys), "jws.too_large");
  const std::string below = jws_sign(key, kid, "JWT", std::string(47 * 1024, 'x'));
  ASSERT_LT(below.size(), kJwsSizeMax);
  EXPECT_EQ(verify_reason(below, keys), "verified");
}

// RFC 7517 appendix A.1's first key; its thumbprint was computed apart from this code.
constexpr std::string_view kX = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
constexpr std::string_view kY = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
constexpr std::string_view kThumbprint = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s";

std::string jwk(std::string_view extra, std::string_view x = kX, std::string_view y = kY,
                std::string_view kid = kThumbprint) {
  return R"({"kty":"EC","crv":"P-256","x":")" + std::string(x) + R"(","y":")" + std::string(y) +
         R"(","kid":")" + std::string(kid) + "\"" + std::string(extra) + "}";
}

std::string jwks(std::string_view members) { return "{\"keys\":[" + std::string(members) + "]}"; }

std::string_view parse_reason(std::string_view json) {
  const auto keys = JwkSet::parse(json);
  return keys ? "parsed" : keys.error().reason;
}

TEST(JwkSet, ReadsAPublishedKey) {
  auto keys = JwkSet::parse(jwks(jwk(R"(,"use":"sig","alg":"ES256")")));
  ASSERT_TRUE(keys) << keys.error().to_string();
  EXPECT_EQ(keys->size(), 1u);
  EXPECT_NE(keys->find(kThumbprint), nullptr);
  EXPECT_EQ(keys->find(""), nullptr);
}

TEST(JwkSet, ReadsWhatItWrote) {
  JwkSet keys;
  const std::string first = keys.add(public_of(make_key(1)));
  const std::string second = keys.add(public_of(make_key(2)));
  EXPECT_EQ(keys.add(public_of(make_key(1))), first);
  EXPECT_EQ(keys.size(), 2u);
  auto again = JwkSet::parse(keys.to_json());
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->to_json(), keys.to_json());
  ASSERT_NE(again->find(second), nullptr);
  EXPECT_TRUE(equal(again->find(second)->xy(), make_key(2).public_xy()));
}

TEST(JwkSet, PassesOverKeysOfOtherKinds) {
  auto keys =
      JwkSet::parse(jwks(R"({"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-384"},)"
                         R"({"kty":"oct","k":"AA","d":"x"},{})"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 0u);
  EXPECT_EQ(JwkSet::parse(jwks(jwk(R"(,"use":"enc")")))->size(), 0u);
  EXPECT_EQ(JwkSet::parse(jwks(jwk(R"(,"alg":"ECDH-ES")")))->size(), 0u);
}

TEST(JwkSet, Refuses) {
  for (std::string_view json : {"{}", "[]", R"({"keys":{}})", R"({"keys":[1]})"}) {
    EXPECT_EQ(parse_reason(json), "jwk.format") << json;
  }
  EXPECT_EQ(parse_reason("{"), "json.syntax");
  EXPECT_EQ(parse_reason(jwks(jwk(R"(,"d":"AA")"))), "jwk.private");
  EXPECT_EQ(parse_reason(jwks(jwk("", kX, kX))), "jwk.point");
  EXPECT_EQ(parse_reason(jwks(jwk("", kX.substr(1)))), "jwk.point");
  EXPECT_EQ(parse_reason(jwks(jwk("", "AA", kY))), "jwk.point");
  EXPECT_EQ(parse_reason(jwks(jwk("", "", ""))), "jwk.point");
  // The right 64 bytes, cut after 31.
  EXPECT_EQ(parse_reason(jwks(jwk("", "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7A",
                                  "PuBLZekkVtmIi1Kzeb371R7oae8fD8ZbZllpW2zOCBcj"))),
            "jwk.point");
  EXPECT_EQ(parse_reason(jwks(jwk("", kX, kY, "1"))), "jwk.kid");
  EXPECT_EQ(parse_reason(jwks(jwk("") + "," + jwk(""))), "jwk.kid");
  EXPECT_EQ(parse_reason(jwks(jwk("")) + std::string(kJwkSetSizeMax, ' ')), "jwk.too_large");
}

TEST(JwkSet, NumberOfKeysIsBounded) {
  JwkSet keys;
  for (std::uint8_t i = 1; i <= kJwkSetKeysMax; ++i) keys.add(public_of(make_key(i)));
  EXPECT_TRUE(JwkSet::parse(keys.to_json()));
  keys.add(public_of(make_key(kJwkSetKeysMax + 1)));
  EXPECT_EQ(parse_reason(keys.to_json()), "jwk.too_large");
}

}  // namespace
}  // namespace atoma::cose
