#include "atoma/cose/ear.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "atoma/cose/jws.h"
#include "atoma/wire/json.h"

namespace atoma::cose {
namespace {

using crypto::Curve;
using crypto::EcPrivateKey;

EcPrivateKey make_key(std::uint8_t scalar) {
  Bytes bytes(32);
  bytes.back() = scalar;
  return *EcPrivateKey::from_scalar(Curve::kP256, bytes);
}

JwkSet set_of(const EcPrivateKey& key) {
  JwkSet keys;
  keys.add(*crypto::EcPublicKey::create(Curve::kP256, key.public_xy()));
  return keys;
}

Ear example() {
  Ear ear;
  ear.issuer = "https://verifier.example";
  ear.id = "urn:uuid:1";
  ear.issued_at = {1'800'000'000};
  ear.expires_at = {1'800'000'300};
  ear.nonce = "bm9uY2Utbm9uY2U";
  ear.developer = "https://atoma.example";
  ear.build = "atoma 0.1.0";
  ear.submods = {{.name = "cpu",
                  .status = EarStatus::kWarning,
                  .trust = {.instance_identity = 2, .executables = 2, .hardware = 32},
                  .appraisal_policy_id = "default"},
                 {.name = "gpu0",
                  .status = EarStatus::kContraindicated,
                  .trust = {.configuration = -128, .sourced_data = 127},
                  .appraisal_policy_id = "default"}};
  AtomaClaims& claims = ear.atoma;
  claims.verdict = EarVerdict::kRefused;
  claims.tee = "tdx";
  claims.tcb_status = "OutOfDate";
  claims.tcb_date = "2026-02-11T00:00:00Z";
  claims.evidence_sha256 = std::string(64, 'a');
  claims.policy_sha256 = std::string(64, 'b');
  claims.collateral_sha256 = {std::string(64, 'c'), std::string(64, 'd')};
  claims.key = std::string(64, 'e');
  claims.report_data = std::string(128, '0');
  claims.measurements = {{"mrtd", std::string(96, '1')}, {"rtmr0", std::string(96, '2')}};
  claims.advisories = {"INTEL-SA-00960"};
  claims.checks = 61;
  claims.findings = {{"tdx.tcb.status", "error", "failed", "tcb.allowed", "UpToDate", "OutOfDate"},
                     {"quote.\"text\"", "info", "passed", "", "\n", "ü"}};
  claims.verified_at = {1'800'000'000};
  claims.sample = true;
  return ear;
}

std::string_view parse_reason(std::string_view json) {
  const auto ear = parse_ear(json);
  return ear ? "parsed" : ear.error().reason;
}

// The example's claims with one text replaced, which must be there.
std::string with(std::string_view from, std::string_view to) {
  std::string json = encode_ear(example());
  const std::size_t at = json.find(from);
  EXPECT_NE(at, json.npos) << from << " is not in " << json;
  if (at != json.npos) json.replace(at, from.size(), to);
  return json;
}

TEST(Ear, ReadsWhatItWrote) {
  Ear ear = example();
  auto again = parse_ear(encode_ear(ear));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, ear);
  ear.not_before = Time{1'800'000'001};
  ear.atoma.sample = false;
  ear.atoma.verdict = EarVerdict::kAccepted;
  ear.atoma.tcb_status = ear.atoma.tcb_date = ear.atoma.key = "";
  ear.atoma.measurements.clear();
  ear.atoma.findings.clear();
  again = parse_ear(encode_ear(ear));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, ear);
}

TEST(Ear, SignsAndVerifies) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const auto ear = verify_ear(sign_ear(example(), key), keys);
  ASSERT_TRUE(ear) << ear.error().to_string();
  EXPECT_EQ(*ear, example());
}

TEST(Ear, VerificationNeedsKeyTypeAndClaims) {
  const EcPrivateKey key = make_key(1);
  JwkSet keys = set_of(key);
  const auto reason = [&](const std::string& token) {
    return verify_ear(token, keys).error().reason;
  };
  EXPECT_EQ(reason(sign_ear(example(), make_key(2))), "jws.kid");
  EXPECT_EQ(reason(jws_sign(key, jwk_thumbprint(key), "JWT", encode_ear(example()))), "jws.typ");
  EXPECT_EQ(reason(jws_sign(key, jwk_thumbprint(key), kEarType, "{}")), "ear.missing");
}

TEST(Ear, UnknownClaimsArePassedOver) {
  EXPECT_EQ(parse_reason(with("\"iss\"", "\"other\":[{}],\"iss\"")), "parsed");
  EXPECT_EQ(parse_reason(with("\"verdict\"", "\"other\":null,\"verdict\"")), "parsed");
  EXPECT_EQ(parse_reason(with("\"ear.status\"", "\"ear.other\":1,\"ear.status\"")), "parsed");
}

TEST(Ear, AbsentTrustClaimsClaimNothing) {
  const auto ear = parse_ear(with("\"hardware\":32,", ""));
  ASSERT_TRUE(ear);
  EXPECT_EQ(ear->submods[0].trust.hardware, 0);
}

TEST(Ear, RefusesOtherProfiles) {
  EXPECT_EQ(parse_reason(with(kEarProfile, "tag:example,2026:other")), "ear.profile");
}

TEST(Ear, EveryClaimIsRequired) {
  for (std::string_view name : {"eat_profile",
                                "iss",
                                "jti",
                                "iat",
                                "exp",
                                "eat_nonce",
                                "ear.verifier-id",
                                "developer",
                                "build",
                                "submods",
                                "ear.status",
                                "ear.trustworthiness-vector",
                                "ear.appraisal-policy-id",
                                "atoma",
                                "verdict",
                                "tee",
                                "tcb_status",
                                "tcb_date",
                                "evidence_sha256",
                                "policy_sha256",
                                "collateral_sha256",
                                "key",
                                "report_data",
                                "measurements",
                                "advisories",
                                "findings",
                                "id",
                                "severity",
                                "outcome",
                                "clause",
                                "expected",
                                "actual",
                                "verified_at",
                                "sample"}) {
    const std::string member = "\"" + std::string(name) + "\":";
    const std::string missing = with(member, "\"x\":");
    EXPECT_EQ(parse_reason(missing), "ear.missing") << name;
    EXPECT_NE(parse_ear(missing).error().message.find(name), std::string::npos) << name;
    const std::string type = with(member, member + "null,\"x\":");
    EXPECT_EQ(parse_reason(type), "ear.type") << name;
  }
}

TEST(Ear, RefusesOtherTypesInside) {
  EXPECT_EQ(parse_reason(with("\"hardware\":32", "\"hardware\":\"32\"")), "ear.type");
  EXPECT_EQ(parse_reason(with("[\"INTEL-SA-00960\"]", "[1]")), "ear.type");
  EXPECT_EQ(parse_reason(with("\"findings\":[", "\"findings\":[1,")), "ear.missing");
  EXPECT_EQ(parse_reason(with("\"iat\":1800000000", "\"nbf\":\"1\",\"iat\":1800000000")),
            "ear.type");
  EXPECT_EQ(parse_reason("[]"), "ear.missing");
  EXPECT_EQ(parse_reason("{\"a\":1,\"a\":1}"), "json.duplicate_name");
}

TEST(Ear, RefusesValuesOutOfRange) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\"iat\":1800000000", "\"iat\":-1"},
      {"\"iat\":1800000000", "\"iat\":1.5"},
      {"\"iat\":1800000000", "\"iat\":253402300800"},
      {"\"iat\":1800000000", "\"nbf\":-1,\"iat\":1800000000"},
      {"\"exp\":1800000300", "\"exp\":1800000000"},
      {"\"exp\":1800000300", "\"exp\":9223372036854775808"},
      {"bm9uY2Utbm9uY2U", "1234567"},
      {"bm9uY2Utbm9uY2U",
       "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"},
      {"\"hardware\":32", "\"hardware\":128"},
      {"\"hardware\":32", "\"hardware\":-129"},
      {"\"warning\"", "\"WARNING\""},
      {"\"refused\"", "\"maybe\""},
      {"\"2026-02-11T00:00:00Z\"", "\"yesterday\""},
      {"\"verified_at\":\"", "\"verified_at\":\"x"},
      {"\"evidence_sha256\":\"aa", "\"evidence_sha256\":\""},
      {"\"evidence_sha256\":\"aa", "\"evidence_sha256\":\"aA"},
      {"\"policy_sha256\":\"bb", "\"policy_sha256\":\"xb"},
      {"[\"cc", "[\"c"},
      {"[\"cc", "[\"Cc"},
      {"\"key\":\"ee", "\"key\":\""},
      {"\"report_data\":\"0", "\"report_data\":\""},
      {"\"mrtd\":\"1", "\"mrtd\":\"X"},
      {"\"mrtd\":\"1", "\"mrtd\":null,\"x\":\"1"},
  };
  for (const auto& [from, to] : cases) EXPECT_EQ(parse_reason(with(from, to)), "ear.value") << to;
  Ear none = example();
  none.submods.clear();
  EXPECT_EQ(parse_reason(encode_ear(none)), "ear.value");
}

std::string_view time_reason(const Ear& ear, std::int64_t now, std::int64_t skew) {
  const Status status = check_time(ear, Time{now}, Duration{skew});
  return status ? "good" : status.error().reason;
}

TEST(Ear, IsGoodForItsTimeOnly) {
  Ear ear = example();
  ear.issued_at = {1000};
  ear.expires_at = {2000};
  EXPECT_EQ(time_reason(ear, 999, 0), "ear.not_yet_valid");
  EXPECT_EQ(time_reason(ear, 1000, 0), "good");
  EXPECT_EQ(time_reason(ear, 1999, 0), "good");
  EXPECT_EQ(time_reason(ear, 2000, 0), "ear.expired");
  EXPECT_EQ(time_reason(ear, 940, 60), "good");
  EXPECT_EQ(time_reason(ear, 939, 60), "ear.not_yet_valid");
  EXPECT_EQ(time_reason(ear, 2059, 60), "good");
  EXPECT_EQ(time_reason(ear, 2060, 60), "ear.expired");
  ear.not_before = Time{1500};
  EXPECT_EQ(time_reason(ear, 1499, 0), "ear.not_yet_valid");
  EXPECT_EQ(time_reason(ear, 1500, 0), "good");
  ear.not_before = Time{1};
  EXPECT_EQ(time_reason(ear, 999, 0), "ear.not_yet_valid");
}

TEST(Ear, TiersFollowAr4si) {
  EXPECT_EQ(tier_of(-128), EarStatus::kContraindicated);
  EXPECT_EQ(tier_of(-97), EarStatus::kContraindicated);
  EXPECT_EQ(tier_of(-96), EarStatus::kWarning);
  EXPECT_EQ(tier_of(-33), EarStatus::kWarning);
  EXPECT_EQ(tier_of(-32), EarStatus::kAffirming);
  EXPECT_EQ(tier_of(-2), EarStatus::kAffirming);
  EXPECT_EQ(tier_of(-1), EarStatus::kNone);
  EXPECT_EQ(tier_of(1), EarStatus::kNone);
  EXPECT_EQ(tier_of(2), EarStatus::kAffirming);
  EXPECT_EQ(tier_of(31), EarStatus::kAffirming);
  EXPECT_EQ(tier_of(32), EarStatus::kWarning);
  EXPECT_EQ(tier_of(95), EarStatus::kWarning);
  EXPECT_EQ(tier_of(96), EarStatus::kContraindicated);
  EXPECT_EQ(TrustVector{}.status(), EarStatus::kNone);
  EXPECT_EQ((TrustVector{.hardware = 2}).status(), EarStatus::kAffirming);
  EXPECT_EQ((TrustVector{.configuration = 36, .hardware = 97}).status(),
            EarStatus::kContraindicated);
}

// A peer's token: our submods use the same names, and its vector leads to its status.
TEST(EarVectors, PeerUsesTheSameNames) {
  const char* folder = std::getenv("ATOMA_VECTORS");
  std::ifstream file(std::string(folder == nullptr ? "" : folder) + "/kbs/ear-example.token.json");
  if (folder == nullptr || !file) {
    std::cerr << "*** VECTORS ABSENT: kbs (set ATOMA_VECTORS to their folder)\n";
    ASSERT_EQ(std::getenv("CI"), nullptr) << "must be present under CI";
    GTEST_SKIP() << "ATOMA_VECTORS/kbs/ear-example.token.json is missing";
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto peer = wire::JsonDocument::parse(text);
  ASSERT_TRUE(peer);
  const std::string ours = encode_ear(example());
  for (std::string_view name : {"eat_profile", "iat", "exp", "ear.verifier-id", "submods"}) {
    EXPECT_NE(peer->root().find(name), nullptr) << name;
    EXPECT_NE(ours.find("\"" + std::string(name) + "\":"), std::string::npos) << name;
  }
  const wire::JsonValue& submod = peer->root().find("submods")->items()[0];
  for (std::string_view name : {"ear.status", "ear.appraisal-policy-id"}) {
    EXPECT_NE(submod.find(name), nullptr) << name;
    EXPECT_NE(ours.find("\"" + std::string(name) + "\":"), std::string::npos) << name;
  }
  const wire::JsonValue* trust = submod.find("ear.trustworthiness-vector");
  ASSERT_NE(trust, nullptr);
  EXPECT_EQ(trust->items().size(), 8u);
  EarStatus worst = EarStatus::kNone;
  for (const auto& claim : trust->items()) {
    EXPECT_NE(ours.find("\"" + std::string(claim.name()) + "\":"), std::string::npos);
    worst = std::max(worst, tier_of(static_cast<std::int8_t>(*claim.integer())));
  }
  EXPECT_EQ(ear_status_name(worst), submod.find("ear.status")->text());
}

}  // namespace
}  // namespace atoma::cose
