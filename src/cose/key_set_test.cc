#include "atoma/cose/key_set.h"

#include <gtest/gtest.h>

#include "atoma/wire/cbor.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

SigningKey ec_key(std::uint8_t seed) {
  return SigningKey(*crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, seed)));
}

SigningKey ml_key(std::uint8_t seed) {
  ByteArray<32> bytes{seed};
  return SigningKey(crypto::MlDsa65PrivateKey::from_seed(Secret<32>::copy_of(bytes)));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string_view jwks_reason(std::string_view json) {
  const auto keys = VerificationKeys::parse_jwks(json);
  return keys ? "parsed" : keys.error().reason;
}

std::string_view cose_reason(ByteView cbor) {
  const auto keys = VerificationKeys::parse_cose(cbor);
  return keys ? "parsed" : keys.error().reason;
}

VerificationKeys two() {
  VerificationKeys keys;
  keys.add(ec_key(1).public_key());
  keys.add(ml_key(2).public_key());
  return keys;
}

TEST(KeySet, ReadsWhatItWroteInBothForms) {
  const auto keys = two();
  auto from_json = VerificationKeys::parse_jwks(keys.to_jwks());
  auto from_cbor = VerificationKeys::parse_cose(keys.to_cose());
  ASSERT_TRUE(from_json) << from_json.error().to_string();
  ASSERT_TRUE(from_cbor) << from_cbor.error().to_string();
  EXPECT_EQ(from_json->to_jwks(), keys.to_jwks());
  EXPECT_EQ(from_cbor->to_jwks(), keys.to_jwks());
  EXPECT_EQ(from_cbor->size(), 2u);
  const Bytes signature = ml_key(2).sign(Bytes{1});
  auto* key = from_cbor->find(key_id(ml_key(2).public_key()));
  ASSERT_NE(key, nullptr);
  EXPECT_TRUE(key->verify(Bytes{1}, signature));
  EXPECT_EQ(from_json->find(""), nullptr);
}

// RFC 7517 appendix A.1's first key, whose thumbprint was computed apart from this code.
TEST(KeySet, ThumbprintsAreThoseOfTheStandard) {
  const auto x = *wire::base64url_decode("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
  Bytes xy = x;
  append(xy, *wire::base64url_decode("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"));
  EXPECT_EQ(key_id(PublicKey(*crypto::EcPublicKey::create(crypto::Curve::kP256, xy))),
            "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
}

TEST(KeySet, AnOlderKeyVerifiesUntilItIsRetired) {
  TokenKeys keys(ec_key(1));
  const std::string first = keys.kid();
  keys.rotate(ml_key(2));
  const std::string second = keys.kid();
  EXPECT_NE(first, second);
  EXPECT_EQ(keys.signing_key().algorithm(), Algorithm::kMlDsa65);
  EXPECT_EQ(keys.published().size(), 2u);
  EXPECT_NE(keys.published().find(first), nullptr);
  // The key that signs stands first.
  EXPECT_LT(keys.published().to_jwks().find("AKP"), keys.published().to_jwks().find("P-256"));
  ASSERT_FALSE(keys.retire(second));
  EXPECT_EQ(keys.retire(second).error().reason, "keyset.kid");
  EXPECT_EQ(keys.retire("unknown").error().reason, "keyset.kid");
  EXPECT_TRUE(keys.retire(first));
  EXPECT_EQ(keys.published().find(first), nullptr);
  EXPECT_EQ(keys.published().size(), 1u);
}

TEST(KeySet, PassesOverKeysOfOtherKinds) {
  const auto keys = VerificationKeys::parse_jwks(
      R"({"keys":[{"kty":"RSA"},{"kty":"EC","crv":"P-384"},{"kty":"AKP","alg":"ML-DSA-44"},)"
      R"({"kty":"AKP"},{"kty":"EC","crv":"P-256","use":"enc"},{}]})");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 0u);
  wire::CborWriter other;
  other.begin_array().begin_map().key(1).value(1).key(3).value(-8).end_map();
  const auto none = VerificationKeys::parse_cose(other.begin_map().end_map().end_array().take());
  ASSERT_TRUE(none);
  EXPECT_EQ(none->size(), 0u);
}

TEST(KeySet, RefusesJwksThatItCannotTrust) {
  const std::string good = two().to_jwks();
  EXPECT_EQ(jwks_reason(good), "parsed");
  EXPECT_EQ(jwks_reason("{}"), "keyset.format");
  EXPECT_EQ(jwks_reason(R"({"keys":[1]})"), "keyset.format");
  EXPECT_EQ(jwks_reason(replaced(good, "\"use\"", "\"d\":\"AA\",\"use\"")), "keyset.private");
  EXPECT_EQ(jwks_reason(replaced(good, "\"pub\"", "\"priv\":\"AA\",\"pub\"")), "keyset.private");
  EXPECT_EQ(jwks_reason(replaced(good, "\"pub\":\"", "\"pub\":\"AAAA")), "keyset.key");
  EXPECT_EQ(jwks_reason(replaced(good, "\"x\":\"", "\"x\":\"AAAA")), "keyset.key");
  EXPECT_EQ(jwks_reason(replaced(good, "\"kid\":\"", "\"kid\":\"A")), "keyset.kid");
  EXPECT_EQ(jwks_reason(good + std::string(kKeySetSizeMax, ' ')), "keyset.too_large");
  VerificationKeys many;
  for (std::uint8_t i = 1; i <= kKeySetKeysMax + 1; ++i) many.add(ec_key(i).public_key());
  EXPECT_EQ(jwks_reason(many.to_jwks()), "keyset.too_large");
}

TEST(KeySet, RefusesCoseKeySetsThatItCannotTrust) {
  const auto ec = [](auto change) {
    const auto key = ec_key(1).public_key();
    wire::CborWriter out;
    out.begin_array().begin_map().key(1).value(2).key(3).value(-7);
    change(out, key);
    return out.end_map().end_array().take();
  };
  const auto kid = [](wire::CborWriter& out, const PublicKey& key) {
    out.key(2).bytes(as_bytes(key_id(key)));
  };
  const auto xy = [](wire::CborWriter& out, const PublicKey& key, int curve = 1) {
    out.key(-1).value(curve).key(-2).bytes(key.raw().first(32)).key(-3).bytes(key.raw().last(32));
  };
  EXPECT_EQ(cose_reason(ec([&](auto& out, auto& key) { kid(out, key), xy(out, key); })), "parsed");
  EXPECT_EQ(cose_reason(ec([&](auto& out, auto& key) { xy(out, key); })), "keyset.kid");
  EXPECT_EQ(cose_reason(ec([&](auto& out, auto& key) { kid(out, key), xy(out, key, 2); })),
            "keyset.key");
  EXPECT_EQ(cose_reason(ec([&](auto& out, auto& key) { kid(out, key); })), "keyset.key");
  EXPECT_EQ(cose_reason(ec([&](auto& out, auto& key) {
              kid(out, key), xy(out, key);
              out.key(-4).bytes(Bytes(32));
            })),
            "keyset.private");
  EXPECT_EQ(cose_reason(Bytes{0xA0}), "keyset.format");
  EXPECT_EQ(cose_reason(Bytes{0x81, 0x01}), "keyset.format");
  EXPECT_EQ(cose_reason(Bytes{0x80, 0x00}), "cbor.leftover");
}

}  // namespace
}  // namespace atoma::cose
