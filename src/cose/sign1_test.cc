#include "atoma/cose/sign1.h"

#include <gtest/gtest.h>

#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

using crypto::Curve;
using wire::CborWriter;

Bytes hex(std::string_view text) { return wire::hex_decode(text).value(); }

SigningKey ec_key(Curve curve, std::uint8_t seed = 1) {
  return SigningKey(
      *crypto::EcPrivateKey::from_scalar(curve, Bytes(crypto::coordinate_size(curve), seed)));
}

SigningKey ed_key() {
  ByteArray<32> seed{};
  seed.fill(7);
  return SigningKey(crypto::Ed25519PrivateKey::from_seed(Secret<32>::copy_of(seed)));
}

std::string_view reason(ByteView bytes, Sign1Tag tag = Sign1Tag::kRequired) {
  const auto message = parse_sign1(bytes, tag);
  return message ? std::string_view("parsed") : message.error().reason;
}

// Parts by which every refusal can be provoked alone.
struct Parts {
  Bytes protected_header = hex("a10126");
  Bytes unprotected = hex("a0");
  Bytes payload = hex("4101");
  Bytes signature = hex("4102");
  std::optional<std::uint64_t> tag = 18;

  Bytes encode() const {
    CborWriter out;
    if (tag) out.tag(*tag);
    out.begin_array().bytes(protected_header).raw(unprotected).raw(payload).raw(signature);
    return out.end_array().take();
  }
};

// The example of RFC 9052 appendix C.2.1, whose key is "11" of C.7.1.
TEST(Sign1, VerifiesTheExampleOfTheStandard) {
  const Bytes message = hex(
      "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac"
      "34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5"
      "a4c345cacb36");
  auto key = crypto::EcPublicKey::create(
      Curve::kP256, hex("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
                        "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"));
  ASSERT_TRUE(key);
  PublicKey verifier(*std::move(key));
  const auto parsed = parse_sign1(message, Sign1Tag::kRequired);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(as_text(parsed->payload), "This is the content.");
  EXPECT_EQ(as_text(parsed->kid), "11");
  EXPECT_EQ(parsed->algorithm, Algorithm::kEs256);
  EXPECT_TRUE(verify_sign1(*parsed, verifier));
  EXPECT_FALSE(verify_sign1(*parsed, verifier, Bytes{1}));
}

TEST(Sign1, EveryAlgorithmSignsAndVerifies) {
  std::vector<SigningKey> keys;
  keys.push_back(ec_key(Curve::kP256));
  keys.push_back(ec_key(Curve::kP384));
  keys.push_back(ed_key());
  ByteArray<32> seed{1};
  keys.push_back(SigningKey(crypto::MlDsa65PrivateKey::from_seed(Secret<32>::copy_of(seed))));
  const Bytes payload = to_bytes("payload");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Bytes bytes =
        sign1(keys[i], {.kid = as_bytes("key"), .type = "application/x"}, payload, Bytes{9});
    const auto message = parse_sign1(bytes, Sign1Tag::kRequired);
    ASSERT_TRUE(message) << message.error().to_string();
    EXPECT_EQ(message->algorithm, keys[i].algorithm());
    EXPECT_EQ(as_text(message->kid), "key");
    EXPECT_EQ(message->type, "application/x");
    for (std::size_t j = 0; j < keys.size(); ++j) {
      PublicKey verifier = keys[j].public_key();
      EXPECT_EQ(verify_sign1(*message, verifier, Bytes{9}), i == j);
    }
    PublicKey verifier = keys[i].public_key();
    EXPECT_FALSE(verify_sign1(*message, verifier));
  }
}

TEST(Sign1, PublicKeysAreMadeAgainFromTheirRawForm) {
  const SigningKey keys[] = {
      ec_key(Curve::kP256), ec_key(Curve::kP384), ed_key(),
      SigningKey(crypto::MlDsa65PrivateKey::from_seed(Secret<32>::copy_of(ByteArray<32>{3})))};
  for (const SigningKey& key : keys) {
    const PublicKey pub = key.public_key();
    auto again = PublicKey::create(pub.algorithm(), pub.raw());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->algorithm(), pub.algorithm());
    EXPECT_TRUE(again->verify(as_bytes("m"), key.sign(as_bytes("m"))));
    EXPECT_FALSE(PublicKey::create(pub.algorithm(), pub.raw().subspan(1)));
  }
  EXPECT_EQ(PublicKey::create(Algorithm{0}, Bytes(32)).error().reason, "key.algorithm");
}

TEST(Sign1, NamesOfAlgorithmsGoBothWays) {
  for (const auto algorithm :
       {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEdDsa, Algorithm::kMlDsa65}) {
    EXPECT_EQ(algorithm_from_name(algorithm_name(algorithm)), algorithm);
    EXPECT_EQ(algorithm_from_cose(static_cast<std::int64_t>(algorithm)), algorithm);
  }
  EXPECT_FALSE(algorithm_from_name("none") || algorithm_from_cose(-36) || algorithm_from_cose(0));
}

TEST(Sign1, NoFlippedBitVerifies) {
  const SigningKey signer = ec_key(Curve::kP256);
  PublicKey verifier = signer.public_key();
  const Bytes bytes = sign1(signer, {.kid = as_bytes("k"), .type = "t"}, to_bytes("payload"));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    Bytes damaged = bytes;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    const auto message = parse_sign1(damaged, Sign1Tag::kRequired);
    EXPECT_FALSE(message && verify_sign1(*message, verifier)) << bit;
  }
}

TEST(Sign1, TheTagIsDemandedOrNot) {
  Parts parts;
  EXPECT_EQ(reason(parts.encode()), "parsed");
  EXPECT_EQ(reason(parts.encode(), Sign1Tag::kOptional), "parsed");
  parts.tag.reset();
  EXPECT_EQ(reason(parts.encode()), "cose.tag");
  EXPECT_EQ(reason(parts.encode(), Sign1Tag::kOptional), "parsed");
  parts.tag = 98;  // COSE_Sign
  EXPECT_EQ(reason(parts.encode(), Sign1Tag::kOptional), "cose.tag");
}

TEST(Sign1, RefusesOtherShapes) {
  EXPECT_EQ(reason(hex("d283a04101f6")), "cose.shape");
  EXPECT_EQ(reason(hex("d2a0")), "cose.shape");
  EXPECT_EQ(reason(hex("d28543a10126a0410141024103")), "cose.shape");
  Parts detached;
  detached.payload = hex("f6");
  EXPECT_EQ(reason(detached.encode()), "cose.shape");
  Parts text;
  text.signature = hex("6161");
  EXPECT_EQ(reason(text.encode()), "cose.shape");
  Parts array;
  array.unprotected = hex("80");
  EXPECT_EQ(reason(array.encode()), "cose.shape");
  Bytes trailing = Parts().encode();
  trailing.push_back(0);
  EXPECT_EQ(reason(trailing), "cbor.leftover");
}

TEST(Sign1, RefusesHeadersThatItCannotJudge) {
  const auto with_protected = [](std::string_view header) {
    Parts parts;
    parts.protected_header = hex(header);
    return parts.encode();
  };
  EXPECT_EQ(reason(with_protected("")), "cose.protected");
  EXPECT_EQ(reason(with_protected("80")), "cose.protected");
  EXPECT_EQ(reason(with_protected("a1012600")), "cose.protected");
  EXPECT_EQ(reason(with_protected("a1013806")), "cose.protected");  // -7 in a longer form
  EXPECT_EQ(reason(with_protected("a201260126")), "cose.protected");
  EXPECT_EQ(reason(with_protected("a201260401")), "cose.protected");
  EXPECT_EQ(reason(with_protected("a2012602810a")), "cose.crit");
  EXPECT_EQ(reason(with_protected("a0")), "cose.alg");
  EXPECT_EQ(reason(with_protected("a10105")), "cose.alg");  // HMAC 256/256
  EXPECT_EQ(reason(with_protected("a101654553323536")), "cose.alg");
}

TEST(Sign1, NothingUnprotectedMeansAnything) {
  Parts parts;
  parts.unprotected = hex("a1044131");
  EXPECT_EQ(reason(parts.encode()), "parsed");
  parts.unprotected = hex("a10126");
  EXPECT_EQ(reason(parts.encode()), "cose.unprotected");
  parts.unprotected = hex("a1046131");
  EXPECT_EQ(reason(parts.encode()), "cose.unprotected");
  parts.unprotected = hex("a2044131182100");
  EXPECT_EQ(reason(parts.encode()), "cose.unprotected");
  parts.protected_header = hex("a20126044131");
  parts.unprotected = hex("a1044131");
  EXPECT_EQ(reason(parts.encode()), "cose.unprotected");
}

}  // namespace
}  // namespace atoma::cose
