#include "atoma/cose/ear_cwt.h"

#include <gtest/gtest.h>

#include "atoma/cose/ear_token.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/cbor.h"
#include "atoma/wire/cbor_writer.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

using wire::CborDocument;
using wire::CborItem;
using wire::CborWriter;

SigningKey ec_key(std::uint8_t seed = 1) {
  return SigningKey(*crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, seed)));
}

SigningKey ml_key() {
  ByteArray<32> seed{7};
  return SigningKey(crypto::MlDsa65PrivateKey::from_seed(Secret<32>::copy_of(seed)));
}

Ear make_ear() {
  Ear ear;
  ear.issuer = "https://verifier.example";
  ear.id = "0123456789abcdef";
  ear.issued_at = {1767225600};
  ear.expires_at = {1767225900};
  ear.not_before = Time{1767225600};
  ear.nonce = "bm9uY2Utbm9uY2Utbm9uY2U=";
  ear.developer = "https://atoma.example";
  ear.build = "0.1.0";
  TrustVector trust{2, -1, 3, 0, 32, 96, -128, 127};
  ear.submods = {{"cpu", EarStatus::kContraindicated, trust, "urn:sha256:11"},
                 {"gpu", EarStatus::kWarning, {}, "urn:sha256:22"}};
  ear.atoma.verdict = EarVerdict::kAccepted;
  ear.atoma.tee = "nitro";
  ear.atoma.tcb_status = "UpToDate";
  ear.atoma.tcb_date = "2025-11-12T00:00:00Z";
  ear.atoma.evidence_sha256 = std::string(64, 'a');
  ear.atoma.policy_sha256 = std::string(64, 'b');
  ear.atoma.collateral_sha256 = {std::string(64, 'c')};
  ear.atoma.key = std::string(64, 'd');
  ear.atoma.report_data = std::string(128, 'e');
  ear.atoma.measurements = {{"pcr0", std::string(96, '0')}, {"mrtd", "ff"}};
  ear.atoma.advisories = {"INTEL-SA-00000"};
  ear.atoma.findings = {{"policy.debug", "critical", "fail", "clause", "no debug", "debug"}};
  ear.atoma.verified_at = {1767225600};
  ear.atoma.sample = true;
  return ear;
}

std::string_view parse_reason(ByteView claims) {
  const auto ear = parse_ear_cwt(claims);
  return ear ? "parsed" : ear.error().reason;
}

std::string_view reason_of(const Ear& ear) { return parse_reason(encode_ear_cwt(ear)); }

VerificationKeys keys_of(const SigningKey& key) {
  VerificationKeys keys;
  keys.add(key.public_key());
  return keys;
}

std::string_view verify_reason(ByteView token, VerificationKeys& keys) {
  const auto ear = verify_ear_cwt(token, keys);
  return ear ? "verified" : ear.error().reason;
}

// The claims with the value of `key` replaced; an empty value removes the claim.
template <typename Key>
Bytes with_claim(const Bytes& claims, Key key, const Bytes& value) {
  const auto document = CborDocument::parse(claims);
  const Bytes encoded_key = CborWriter().value(key).take();
  CborWriter out;
  out.begin_map();
  const auto items = document->root().items();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const bool changed = equal(items[i].raw(), encoded_key);
    if (changed && value.empty()) continue;
    out.raw(items[i].raw()).raw(changed ? ByteView(value) : items[i + 1].raw());
  }
  return out.end_map().take();
}

Bytes with_atoma(std::string_view key, const Bytes& value) {
  const Bytes claims = encode_ear_cwt(make_ear());
  const auto document = CborDocument::parse(claims);
  const Bytes inner = to_bytes(document->root().find("atoma")->raw());
  return with_claim(claims, "atoma", with_claim(inner, key, value));
}

TEST(EarCwt, ReadsWhatItWrote) {
  const Ear ear = make_ear();
  const auto again = parse_ear_cwt(encode_ear_cwt(ear));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, ear);
  Ear least = ear;
  least.not_before.reset();
  least.atoma.key = least.atoma.report_data = least.atoma.tcb_date = "";
  least.atoma.measurements.clear();
  EXPECT_EQ(parse_ear_cwt(encode_ear_cwt(least)), least);
}

TEST(EarCwt, ClaimsHaveTheirRegisteredKeys) {
  const Bytes claims = encode_ear_cwt(make_ear());
  const auto document = CborDocument::parse(claims);
  ASSERT_TRUE(document) << document.error().to_string();
  const CborItem root = document->root();
  EXPECT_EQ(root.find(1)->text(), "https://verifier.example");
  EXPECT_EQ(root.find(4)->integer(), 1767225900);
  EXPECT_EQ(root.find(6)->integer(), 1767225600);
  EXPECT_EQ(as_text(*root.find(10)->bytes()), "nonce-nonce-nonce");
  EXPECT_EQ(root.find(265)->text(), kEarProfile);
  const auto cpu = root.find(266)->find("cpu");
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->find(1000)->integer(), 96);
  EXPECT_EQ(cpu->find(1001)->find(4)->integer(), 32);  // hardware
  EXPECT_EQ(cpu->find(1003)->text(), "urn:sha256:11");
  EXPECT_EQ(root.find(1004)->find(1)->text(), "0.1.0");
}

TEST(EarCwt, BothAlgorithmsSignBothForms) {
  for (const bool post_quantum : {false, true}) {
    const SigningKey key = post_quantum ? ml_key() : ec_key();
    auto keys = keys_of(key);
    const std::string kid = key_id(key.public_key());
    const Ear ear = make_ear();
    EXPECT_EQ(verify_ear_cwt(sign_ear_cwt(ear, key, kid), keys), ear);
    EXPECT_EQ(verify_ear_jwt(sign_ear_jwt(ear, key, kid), keys), ear);
    auto strangers = keys_of(ec_key(9));
    EXPECT_EQ(verify_reason(sign_ear_cwt(ear, key, kid), strangers), "cwt.kid");
  }
}

TEST(EarCwt, TokensOfAnOlderKeyVerifyUntilItIsRetired) {
  TokenKeys keys(ec_key(1));
  const Bytes before = sign_ear_cwt(make_ear(), keys.signing_key(), keys.kid());
  const std::string first = keys.kid();
  keys.rotate(ml_key());
  const Bytes after = sign_ear_cwt(make_ear(), keys.signing_key(), keys.kid());
  EXPECT_EQ(verify_reason(before, keys.published()), "verified");
  EXPECT_EQ(verify_reason(after, keys.published()), "verified");
  ASSERT_TRUE(keys.retire(first));
  EXPECT_EQ(verify_reason(before, keys.published()), "cwt.kid");
  EXPECT_EQ(verify_reason(after, keys.published()), "verified");
}

TEST(EarCwt, RefusesTokensEachWithItsReason) {
  const SigningKey key = ec_key();
  auto keys = keys_of(key);
  const std::string kid = key_id(key.public_key());
  const Bytes claims = encode_ear_cwt(make_ear());
  EXPECT_EQ(
      verify_reason(sign1(key, {.kid = as_bytes(kid), .type = "application/cwt"}, claims), keys),
      "cwt.typ");
  EXPECT_EQ(verify_reason(sign1(key, {.kid = {}, .type = kEarCwtType}, claims), keys), "cwt.kid");
  EXPECT_EQ(verify_reason(sign_ear_cwt(make_ear(), ec_key(2), kid), keys), "cwt.signature");
  EXPECT_EQ(verify_reason(sign_ear_cwt(make_ear(), ml_key(), kid), keys), "cwt.signature");
  EXPECT_EQ(verify_ear_jwt(sign_ear_jwt(make_ear(), ml_key(), kid), keys).error().reason,
            "jws.alg");
  EXPECT_EQ(verify_ear_jwt(sign_ear_jwt(make_ear(), ec_key(2), kid), keys).error().reason,
            "jws.signature");
  EXPECT_EQ(verify_ear_jwt(sign_ear_jwt(make_ear(), key, ""), keys).error().reason, "jws.kid");
}

TEST(EarCwt, NoFlippedBitVerifies) {
  const SigningKey key = ec_key();
  auto keys = keys_of(key);
  const Bytes token = sign_ear_cwt(make_ear(), key, key_id(key.public_key()));
  for (std::size_t bit = 0; bit < 8 * token.size(); bit += 3) {
    Bytes damaged = token;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(verify_reason(damaged, keys), "verified") << bit;
  }
}

TEST(EarCwt, RefusesClaimsEachWithItsReason) {
  const Bytes claims = encode_ear_cwt(make_ear());
  const Bytes text = CborWriter().value("text").take();
  for (const std::int64_t claim : {265, 1, 4, 6, 7, 10, 266, 1004}) {
    EXPECT_EQ(parse_reason(with_claim(claims, claim, {})), "ear.missing") << claim;
    EXPECT_EQ(parse_reason(with_claim(claims, claim, CborWriter().null().take())), "ear.type");
  }
  EXPECT_EQ(parse_reason(with_claim(claims, std::int64_t{265}, text)), "ear.profile");
  EXPECT_EQ(parse_reason(Bytes{0x80}), "ear.missing");
  Ear ear = make_ear();
  // 7 bytes, 65 bytes, no base64.
  for (const auto& nonce :
       {std::string("AAAAAAAAAA=="), wire::base64_encode(Bytes(65)), std::string("nonce nonce")}) {
    ear.nonce = nonce;
    EXPECT_EQ(reason_of(ear), "ear.value") << nonce;
  }
  ear.nonce = wire::base64_encode(Bytes(64));
  EXPECT_EQ(reason_of(ear), "parsed");
  ear = make_ear();
  ear.expires_at = ear.issued_at;
  EXPECT_EQ(reason_of(ear), "ear.value");
  ear = make_ear();
  ear.submods.clear();
  EXPECT_EQ(reason_of(ear), "ear.value");
}

TEST(EarCwt, RefusesClaimsOfAtomaEachWithItsReason) {
  for (const std::string_view claim :
       {"verdict", "tee", "tcb_status", "tcb_date", "evidence_sha256", "policy_sha256",
        "collateral_sha256", "key", "report_data", "measurements", "advisories", "findings",
        "verified_at", "sample"}) {
    EXPECT_EQ(parse_reason(with_atoma(claim, {})), "ear.missing") << claim;
    EXPECT_EQ(parse_reason(with_atoma(claim, CborWriter().null().take())), "ear.type") << claim;
  }
  const Bytes word = CborWriter().value("other").take();
  EXPECT_EQ(parse_reason(with_atoma("verdict", word)), "ear.value");
  EXPECT_EQ(parse_reason(with_atoma("tcb_date", word)), "ear.value");
  EXPECT_EQ(parse_reason(with_atoma("key", CborWriter().bytes(Bytes(31)).take())), "ear.value");
  Ear ear = make_ear();
  ear.atoma.evidence_sha256 = "xy";
  EXPECT_EQ(reason_of(ear), "ear.value");
  ear = make_ear();
  ear.atoma.measurements.push_back(ear.atoma.measurements.front());
  EXPECT_EQ(reason_of(ear), "ear.value");
  ear = make_ear();
  ear.atoma.collateral_sha256 = {"aa"};
  EXPECT_EQ(reason_of(ear), "ear.value");
}

TEST(EarToken, TellsTheFormsApart) {
  const ByteArray<32> seed{1};
  const SigningKey key(crypto::MlDsa65PrivateKey::from_seed(Secret<32>::copy_of(seed)));
  VerificationKeys keys;
  const std::string kid = keys.add(key.public_key());
  for (const EarFormat format : kEarFormats) {
    const std::string text = sign_ear_token(make_ear(), format, key, kid);
    EXPECT_EQ(ear_format_of(text), format);
    const auto verified = verify_ear_token(text, keys);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(verified->ear, make_ear());
    EXPECT_EQ(verified->kid, kid);
  }
  EXPECT_EQ(ear_format_name(EarFormat::kJwt), "jwt");
  EXPECT_EQ(ear_format_name(EarFormat::kCwt), "cwt");
  EXPECT_EQ(verify_ear_token("a-b", keys).error().reason, "cwt.base64");
  EXPECT_EQ(verify_ear_token("", keys).error().reason, "cbor.truncated");
  EXPECT_EQ(verify_ear_token("..", keys).error().reason, "jws.format");
}

}  // namespace
}  // namespace atoma::cose
