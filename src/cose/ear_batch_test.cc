#include "atoma/cose/ear_batch.h"

#include <gtest/gtest.h>

#include <functional>

#include "atoma/cose/ear_cwt.h"
#include "atoma/cose/ear_token.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/text.h"

namespace atoma::cose {
namespace {

crypto::EcPrivateKey make_key(std::uint8_t scalar) {
  Bytes bytes(32);
  bytes.back() = scalar;
  return *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, bytes);
}

EarItem whole_item() {
  EarItem item;
  item.status = EarStatus::kWarning;
  item.trust = {.instance_identity = 2, .configuration = -1, .executables = 3, .sourced_data = 96};
  item.atoma = {.verdict = EarVerdict::kRefused,
                .tee = "tdx",
                .tcb_status = "OutOfDate",
                .tcb_date = "2025-10-03T00:00:00Z",
                .evidence_sha256 = std::string(64, 'a'),
                .policy_sha256 = std::string(64, 'b'),
                .collateral_sha256 = {std::string(64, 'c')},
                .reference_values_sha256 = std::string(64, 'd'),
                .gpu_binding = "nonce",
                .key = "",
                .report_data = std::string(128, 'e'),
                .measurements = {{"rtmr0", std::string(96, '0')}, {"mrtd", "ff"}},
                .advisories = {"INTEL-SA-00000"},
                .checks = 61,
                .findings = {{"policy.debug", "critical", "fail", "clause", "no debug", "debug"}},
                .verified_at = {1767225600},
                .sample = true};
  return item;
}

// Nothing more than must be said.
EarItem least_item() {
  EarItem item;
  item.place = 12;
  item.atoma.verdict = EarVerdict::kAccepted;
  item.atoma.tee = "snp";
  item.atoma.evidence_sha256 = std::string(64, '1');
  item.atoma.policy_sha256 = std::string(64, '2');
  return item;
}

EarBatch example() {
  return {.issuer = "https://verifier.example",
          .id = "urn:uuid:7",
          .issued_at = {1767225600},
          .expires_at = {1767225900},
          .nonce = wire::base64_encode(Bytes(64, 7)),
          .developer = "https://atoma.example",
          .build = "0.1.0",
          .items = {whole_item(), least_item()}};
}

// One form of the token.
struct Form {
  const char* name;
  std::function<Bytes(const EarBatch&)> encode;
  std::function<Result<EarBatch>(ByteView)> parse;
  std::function<std::string(const EarBatch&, const SigningKey&, std::string_view)> sign;

  friend void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }
};

const Form kForms[] = {
    {"jwt", [](const EarBatch& batch) { return to_bytes(encode_ear_batch(batch)); },
     [](ByteView claims) { return parse_ear_batch(as_text(claims)); }, sign_ear_batch},
    {"cwt", encode_ear_batch_cwt, parse_ear_batch_cwt,
     [](const EarBatch& batch, const SigningKey& key, std::string_view kid) {
       return wire::base64_encode(sign_ear_batch_cwt(batch, key, kid));
     }}};

class EarBatchIn : public testing::TestWithParam<Form> {
 protected:
  static bool is_jwt() { return GetParam().name == std::string_view("jwt"); }
  std::string reason(const EarBatch& batch) const { return reason(GetParam().encode(batch)); }
  static std::string reason(ByteView claims) {
    const auto parsed = GetParam().parse(claims);
    return parsed ? "parsed" : std::string(parsed.error().reason);
  }
  // The claims of the example with a word in them replaced by one of the same length.
  static Bytes with(std::string_view word, std::string_view other) {
    Bytes claims = GetParam().encode(example());
    const auto at = as_text(claims).find(word);
    EXPECT_NE(at, std::string_view::npos) << word;
    std::ranges::copy(other, claims.begin() + static_cast<std::ptrdiff_t>(at));
    return claims;
  }
};

INSTANTIATE_TEST_SUITE_P(Each, EarBatchIn, testing::ValuesIn(kForms),
                         [](const auto& each) { return each.param.name; });

TEST_P(EarBatchIn, ReadsWhatItWroteUnderOneSignature) {
  const SigningKey key{make_key(1)};
  VerificationKeys keys, others;
  const std::string kid = keys.add(key.public_key());
  others.add(SigningKey(make_key(2)).public_key());
  const std::string token = GetParam().sign(example(), key, kid);
  const auto again = verify_ear_batch_token(token, keys);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->batch, example());
  EXPECT_EQ(again->kid, kid);
  EXPECT_EQ(verify_ear_batch_token(token, others).error().reason, is_jwt() ? "jws.kid" : "cwt.kid");
}

TEST_P(EarBatchIn, HoldsAsManyItemsAsABatchMayHave) {
  EarBatch batch = example();
  batch.items.assign(kEarBatchItemsMax, whole_item());
  for (auto& item : batch.items) {
    item.place = static_cast<std::uint32_t>(&item - batch.items.data());
    item.atoma.findings.assign(60, item.atoma.findings.front());
  }
  const SigningKey key{make_key(1)};
  VerificationKeys keys;
  const std::string kid = keys.add(key.public_key());
  EXPECT_EQ(verify_ear_batch_token(GetParam().sign(batch, key, kid), keys)->batch, batch);
  batch.items.push_back(whole_item());
  batch.items.back().place = kEarBatchItemsMax;
  EXPECT_EQ(reason(batch), "ear.value");
}

TEST_P(EarBatchIn, RefusesWhatIsNoListOfPlaces) {
  EarBatch batch = example();
  batch.items[1].place = 0;
  // The writer of CBOR does not write a key twice, and sorts them.
  if (is_jwt()) {
    EXPECT_EQ(reason(batch), "json.duplicate_name");
    std::swap(batch.items[0], batch.items[1]);
    batch.items[0].place = 12;
    EXPECT_EQ(reason(batch), "ear.value");
  }
  batch = example();
  batch.items.clear();
  EXPECT_EQ(reason(batch), "ear.value");
  batch = example();
  batch.items[0].atoma.key = std::string(64, 'e');
  EXPECT_EQ(reason(batch), "ear.value");
  batch = example();
  batch.expires_at = batch.issued_at;
  EXPECT_EQ(reason(batch), "ear.value");
  EXPECT_EQ(reason(with("12", "1x")), "ear.value");
  EXPECT_EQ(reason(with("12", "+2")), "ear.value");
}

TEST_P(EarBatchIn, RefusesWhatDoesNotSayWhatItMust) {
  EXPECT_EQ(reason(with("veraison", "somebody")), "ear.profile");
  EXPECT_EQ(reason(with("verdict", "werdict")), "ear.missing");
  EXPECT_EQ(reason(with("refused", "refuted")), "ear.value");
  EXPECT_EQ(reason(with("evidence_sha256", "evidence_sha512")), "ear.missing");
  EXPECT_EQ(reason(with("policy_sha256", "policy_sha512")), "ear.missing");
}

TEST(EarBatch, NeitherKindPassesForTheOther) {
  const Ear single{
      .issuer = "i",
      .id = "1",
      .issued_at = {1},
      .expires_at = {2},
      .not_before = {},
      .nonce = wire::base64_encode(Bytes(8)),
      .developer = "",
      .build = "",
      .submods = {{.name = "cpu", .status = {}, .trust = {}, .appraisal_policy_id = ""}},
      .atoma = whole_item().atoma};
  ASSERT_TRUE(parse_ear(encode_ear(single)) && parse_ear_cwt(encode_ear_cwt(single)));
  EXPECT_EQ(parse_ear(encode_ear_batch(example())).error().reason, "ear.missing");
  EXPECT_EQ(parse_ear_cwt(encode_ear_batch_cwt(example())).error().reason, "ear.missing");
  // "cpu" is no place.
  EXPECT_EQ(parse_ear_batch(encode_ear(single)).error().reason, "ear.value");
  EXPECT_EQ(parse_ear_batch_cwt(encode_ear_cwt(single)).error().reason, "ear.value");
}

TEST(EarBatch, NoFlippedBitOfACwtVerifies) {
  const SigningKey key{make_key(1)};
  VerificationKeys keys;
  const Bytes token = sign_ear_batch_cwt(example(), key, keys.add(key.public_key()));
  for (std::size_t bit = 0; bit < 8 * token.size(); bit += 3) {
    Bytes damaged = token;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(verify_ear_batch_cwt(damaged, keys)) << bit;
  }
  EXPECT_EQ(verify_ear_batch_token("????", keys).error().reason, "cwt.base64");
}

}  // namespace
}  // namespace atoma::cose
