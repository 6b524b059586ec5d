// Signed sets of reference values: their form, their signatures, and what a policy that leaves
// registers to them accepts.
#include "atoma/appraisal/reference_values.h"

#include <gtest/gtest.h>

#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/ear.h"
#include "atoma/appraisal/explain.h"
#include "atoma/cose/jws.h"
#include "atoma/sample_tee/intel_platform.h"
#include "atoma/wire/text.h"
#include "test_support.h"

namespace atoma::appraisal {
namespace {

using evidence::Detail;
using evidence::Outcome;
using evidence::Tee;

cose::SigningKey key(std::uint8_t seed) {
  return cose::SigningKey(
      *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, seed)));
}

std::string id(std::uint8_t seed) { return cose::key_id(key(seed).public_key()); }

std::string hex(std::size_t size, std::uint8_t byte) { return wire::hex_encode(Bytes(size, byte)); }

std::string yaml() {
  return "atoma_reference_values: 1\nname: images\nnot_before: 2026-01-01T00:00:00Z\n"
         "not_after: 2027-01-01T00:00:00Z\nvalues:\n"
         "  - {tee: snp, label: one, measurements: {measurement: \"" +
         hex(48, 1) +
         "\"}}\n"
         "  - tee: tdx\n    label: two\n    measurements: {mrtd: \"" +
         hex(48, 2) + "\", rtmr1: \"" + hex(48, 3) + "\"}\n";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string_view reason(const std::string& text) {
  const auto values = parse_reference_values(text);
  return values ? "parsed" : values.error().reason;
}

Result<ReferenceSet> verify(std::string_view text, std::string_view signature) {
  cose::VerificationKeys keys;
  keys.add(key(1).public_key());
  return verify_reference_set(as_bytes(text), signature, keys);
}

std::string_view verified(std::string_view text, std::string_view signature) {
  const auto set = verify(text, signature);
  return set ? "verified" : set.error().reason;
}

TEST(ReferenceValues, ReadsRows) {
  const auto values = parse_reference_values(yaml());
  ASSERT_TRUE(values) << values.error().to_string();
  EXPECT_EQ(values->name, "images");
  EXPECT_EQ(format_time(values->window.not_after), "2027-01-01T00:00:00Z");
  ASSERT_EQ(values->rows.size(), 2u);
  EXPECT_EQ(values->rows[0].tee, Tee::kSnp);
  EXPECT_EQ(values->rows[1].label, "two");
  ASSERT_EQ(values->rows[1].values.size(), 2u);
  EXPECT_EQ(values->rows[1].values[0].first, "mrtd");
  EXPECT_EQ(values->rows[1].values[1].second, Bytes(48, 3));
}

TEST(ReferenceValues, RefusesEachWithItsReason) {
  EXPECT_EQ(reason(yaml()), "parsed");
  EXPECT_EQ(reason(replaced(yaml(), "values: 1", "values: 2")), "reference.version");
  EXPECT_EQ(reason(std::string(kReferenceSetMax + 1, ' ')), "reference.too_large");
  EXPECT_EQ(reason("a: [\n"), "yaml.syntax");
  for (const auto& [from, to] :
       {std::pair{"name: images\n", ""},
        {"name: images", "nome: images"},
        {"tee: snp", "tee: nitro"},
        {"label: one, ", ""},
        {"measurement: ", "mrtd: "},
        {"rtmr1: ", "rtmr9: "},
        {"rtmr1: \"03", "rtmr1: \""},
        {"2026-01-01T", "2026-01-01 "},
        {"not_after: 2027-01-01T00:00:00Z", "not_after: {accept_any: why}"}}) {
    EXPECT_EQ(reason(replaced(yaml(), from, to)), "reference.format") << from << " -> " << to;
  }
  const std::string head = yaml().substr(0, yaml().find("values:\n"));
  EXPECT_EQ(reason(head + "values: {accept_any: why}\n"), "reference.format");
  EXPECT_EQ(reason(head + "values: [{tee: tdx, label: x, measurements: {}}]\n"),
            "reference.format");
}

TEST(ReferenceValues, NeedASignatureOfAKeyAtHand) {
  const std::string good = sign_reference_set(yaml(), key(1));
  const auto set = verify(yaml(), good + "\n");
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->kid(), id(1));
  EXPECT_EQ(set->digest(), crypto::sha256(as_bytes(yaml())));
  EXPECT_EQ(verified(yaml(), sign_reference_set(yaml(), key(2))), "jws.kid");
  EXPECT_EQ(verified(yaml() + "\n", good), "jws.signature");
  EXPECT_EQ(verified(yaml(), ""), "reference.signature");
  EXPECT_EQ(verified(yaml(), cose::jws_sign(key(1), id(1), kReferenceSetType, yaml())),
            "reference.signature");
  const std::string other = cose::jws_sign(key(1), id(1), "eat+jwt", yaml());
  EXPECT_EQ(
      verified(yaml(), other.substr(0, other.find('.')) + "." + other.substr(other.rfind('.'))),
      "jws.typ");
  EXPECT_EQ(verified(std::string(kReferenceSetMax + 1, ' '), good), "reference.too_large");
}

TEST(ReferenceValues, EveryFlippedBitIsRefused) {
  const std::string text = yaml(), signature = sign_reference_set(text, key(1));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_NE(verified(flipped, signature), "verified") << i;
  }
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string flipped = signature;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_NE(verified(text, flipped), "verified") << i;
  }
}

constexpr Time kNow{1'780'000'000};  // 2026-05-28
constexpr ValidityWindow kWindow{{1'779'000'000}, {1'782'000'000}};

// A TD that measures as row "two", and a policy that leaves MRTD and RTMR 1 to key 1.
struct Scene {
  evidence::TestEntropy entropy{1};
  sample_tee::IntelPlatform platform = sample_tee::IntelPlatform::create(entropy);
  std::shared_ptr<const evidence::intel::Collateral> collateral =
      *evidence::intel::Collateral::parse(platform.collateral_files(Tee::kTdx, kWindow));
  sample_tee::IntelQuoteTemplate content;
  Policy policy = Policy::strict("tests");
  std::vector<ReferenceSet> sets;
  Time at = kNow;

  Scene() {
    policy.sample = SamplePolicy{{platform.root_digest()}};
    std::ranges::fill(content.td.mrtd, 2);
    std::ranges::fill(content.td.rtmr[1], 3);
    for (const std::size_t i : {0, 2}) {
      policy.tdx->measurements[i].accepted = AnyOf<Bytes>::one_of({});
      policy.tdx->measurements[i].signed_by = {id(1)};
    }
  }
  void add(const std::string& text, std::uint8_t signer = 1) {
    cose::VerificationKeys keys;
    keys.add(key(signer).public_key());
    sets.push_back(
        *verify_reference_set(as_bytes(text), sign_reference_set(text, key(signer)), keys));
  }
  // "accepted", or the verdict and what did not pass.
  std::string run() {
    const Bytes quote = platform.quote(content);
    Appraiser appraiser(std::make_shared<const Policy>(policy));
    const auto result = appraiser.appraise(
        {.evidence = quote, .collateral = collateral.get(), .at = at, .reference_sets = sets},
        Detail::kAll);
    used = result.reference_digest();
    ear = make_ear(result, {.issuer = "i",
                            .id = "j",
                            .nonce = "12345678",
                            .key_sha256 = "",
                            .build = "b",
                            .issued_at = at});
    std::string out(verdict_name(result.verdict()));
    for (const auto& f : result.findings().items()) {
      if (f.outcome < Outcome::kExcused) out += " " + std::string(f.id);
    }
    return out;
  }
  crypto::Digest256 used{};
  cose::Ear ear;
};

TEST(SignedBy, ARowIsMetAndStandsInTheResult) {
  Scene scene;
  scene.add(yaml());
  EXPECT_EQ(scene.run(), "accepted");
  EXPECT_EQ(scene.used, crypto::sha256(as_bytes(yaml())));
  EXPECT_EQ(scene.ear.atoma.reference_values_sha256, wire::hex_encode(scene.used));
  EXPECT_EQ(*cose::parse_ear(cose::encode_ear(scene.ear)), scene.ear);
  EXPECT_EQ(scene.ear.submods[0].trust.executables, 2);
}

TEST(SignedBy, OtherValuesAreRefused) {
  for (const auto& change :
       {std::function<void(Scene&)>([](Scene& s) { s.content.td.mrtd[0] ^= 1; }),
        {[](Scene& s) { s.content.td.rtmr[1][47] ^= 1; }}}) {
    Scene scene;
    scene.add(yaml());
    change(scene);
    EXPECT_EQ(scene.run(), "refused policy.reference_values");
    EXPECT_TRUE(all_zero(scene.used));
    EXPECT_EQ(scene.ear.atoma.reference_values_sha256, "");
  }
}

// RVPS's trap: MRTD of one image and RTMR of another are no image.
TEST(SignedBy, RegistersOfTwoImagesMakeNoThird) {
  Scene scene;
  const std::string other = "  - {tee: tdx, label: three, measurements: {mrtd: \"" + hex(48, 7) +
                            "\", rtmr1: \"" + hex(48, 8) + "\"}}\n";
  scene.add(yaml() + other);
  EXPECT_EQ(scene.run(), "accepted");
  std::ranges::fill(scene.content.td.rtmr[1], 8);
  EXPECT_EQ(scene.run(), "refused policy.reference_values");
  std::ranges::fill(scene.content.td.mrtd, 7);
  EXPECT_EQ(scene.run(), "accepted");
}

TEST(SignedBy, ARowMustHaveWhatThePolicyLeavesToIt) {
  Scene scene;
  scene.policy.tdx->measurements[3].accepted = AnyOf<Bytes>::one_of({});
  scene.policy.tdx->measurements[3].signed_by = {id(1)};
  scene.add(yaml());
  EXPECT_EQ(scene.run(), "refused policy.reference_values");
}

// And a value that it has counts even where the policy asks for nothing.
TEST(SignedBy, ARowIsMetAsAWhole) {
  Scene scene;
  scene.policy.tdx->measurements[2] = {"rtmr1", AnyOf<Bytes>::any("tests")};
  scene.add(yaml());
  scene.content.td.rtmr[1][0] ^= 1;
  EXPECT_EQ(scene.run(), "refused policy.reference_values");
}

TEST(SignedBy, OnlyTheKeysOfThePolicyCount) {
  Scene scene;
  EXPECT_EQ(scene.run(), "unappraisable policy.reference_values");
  scene.add(yaml(), 2);
  EXPECT_EQ(scene.run(), "unappraisable policy.reference_values");
  scene.policy.tdx->measurements[0].signed_by = {id(1), id(2)};
  EXPECT_EQ(scene.run(), "unappraisable policy.reference_values") << "each register names its keys";
  scene.policy.tdx->measurements[2].signed_by = {id(2)};
  EXPECT_EQ(scene.run(), "accepted");
}

TEST(SignedBy, SetsCountWithinTheirTime) {
  Scene scene;
  const std::string old = replaced(yaml(), "not_after: 2027-01-01", "not_after: 2026-05-01");
  scene.add(old);
  EXPECT_EQ(scene.run(),
            "refused policy.reference_values "
            "reference.validity");
  scene.add(yaml());
  EXPECT_EQ(scene.run(), "accepted");
  EXPECT_EQ(scene.used, crypto::sha256(as_bytes(yaml())));
}

TEST(SignedBy, StandsInAPolicyByKeyId) {
  const std::string policy = R"({"atoma_policy": 1, "name": "x", "revocation": "require",
    "report_data": "require", "accept": {"sgx": {"tcb_status": ["UpToDate"],
    "tcb_date_min": {"accept_any": "x"}, "tcb_evaluation_number_min": 1, "advisories": [],
    "collateral_age_max_days": 1, "pck": {"dynamic_platform": "forbid", "cached_keys": "forbid",
    "smt": "forbid"}, "debug": "forbid", "isv_prod_id": [1], "isv_svn_min": 1,
    "measurements": {"mrenclave": {"signed_by": ["k1"]}, "mrsigner": {"accept_any": "x"}}}}})";
  const auto parsed = parse_policy(policy);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->sgx->measurements[0].signed_by, std::vector<std::string>{"k1"});
  EXPECT_FALSE(parsed->sgx->measurements[0].accepted.admits(Bytes(32)));
  for (const auto& [from, to] :
       {std::pair{"[\"k1\"]", "[]"}, {"[\"k1\"]", "{\"accept_any\": \"x\"}"}}) {
    EXPECT_EQ(parse_policy(replaced(policy, from, to)).error().reason, "policy.field");
  }
}

TEST(SignedBy, ADryRunNamesTheRegisters) {
  Scene scene;
  scene.content.td.mrtd[0] ^= 1;
  scene.add(yaml());
  const Bytes quote = scene.platform.quote(scene.content);
  const auto told = explain(scene.policy, {.evidence = quote,
                                           .collateral = scene.collateral.get(),
                                           .at = kNow,
                                           .reference_sets = scene.sets});
  ASSERT_EQ(told.refusals.size(), 1u);
  EXPECT_EQ(told.refusals[0].policy.size(), 2u);
  EXPECT_TRUE(told.policy_can_accept);
}

}  // namespace
}  // namespace atoma::appraisal
