// Each cca.* check, provoked so that it alone does not pass; and what must pass.
#include "atoma/evidence/cca/verify.h"

#include <gtest/gtest.h>

#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "cca/test_platform.h"

namespace atoma::evidence::cca {
namespace {

using sample_tee::CcaPlatform;
using sample_tee::CcaTokenTemplate;
using Ids = std::set<std::string>;

struct Judged {
  Authenticity authenticity = Authenticity::kNo;
  RootKind root = RootKind::kUnknown;
  Ids ids;
};

Judged judge(ByteView bytes, const PlatformKeys* keys, const TrustAnchors& anchors = {}) {
  const auto token = parse_token(bytes);
  EXPECT_TRUE(token) << token.error().to_string();
  Findings all(Detail::kAll), failures(Detail::kFailures);
  const auto result = verify(*token, keys, anchors, all);
  const auto again = verify(*token, keys, anchors, failures);
  EXPECT_EQ(not_passed(all), not_passed(failures));
  EXPECT_EQ(all.checks_made(), failures.checks_made());
  EXPECT_EQ(result.authenticity, again.authenticity);
  EXPECT_EQ(result.token.has_value(), result.authenticity == Authenticity::kYes);
  EXPECT_EQ(not_passed(all).empty(), result.authenticity == Authenticity::kYes);
  return {result.authenticity, result.root, not_passed(all)};
}

Judged judge(const CcaPlatform& platform, const CcaTokenTemplate& content) {
  const auto keys = keys_of(platform);
  return judge(platform.token(content), &keys);
}

TEST(CcaVerifier, AcceptsBothHashesOfTheBinding) {
  const auto platform = test_platform();
  for (const auto hash : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    EXPECT_EQ(judge(platform, {.key_hash = hash}).ids, Ids{});
    EXPECT_EQ(judge(platform, {.realm_hash = hash, .sorted = false}).ids, Ids{});
  }
}

TEST(CcaVerifier, ASampleKeyIsCalledOne) {
  const auto platform = test_platform();
  const auto keys = keys_of(platform);
  const Bytes token = platform.token({});
  EXPECT_EQ(judge(token, &keys).root, RootKind::kUnknown);
  EXPECT_EQ(judge(token, &keys, {true, {platform.platform_key_digest()}}).root, RootKind::kSample);
}

TEST(CcaVerifier, WithoutAPlatformKeyNothingIsDecided) {
  const auto platform = test_platform();
  const auto judged = judge(platform.token({}), nullptr);
  EXPECT_EQ(judged.ids, Ids{"cca.platform_key"});
  EXPECT_EQ(judged.authenticity, Authenticity::kUnknown);
}

TEST(CcaVerifier, ThePlatformKeySignsThePlatformToken) {
  const auto platform = test_platform();
  const auto other_keys = keys_of(test_platform(2));
  EXPECT_EQ(judge(platform.token({}), &other_keys).ids, Ids{"cca.platform.signature"});
}

TEST(CcaVerifier, TheRealmKeySignsTheRealmToken) {
  const auto platform = test_platform();
  CcaTokenTemplate content;
  content.edit_tokens = [](Bytes&, Bytes& realm) { realm.back() ^= 1; };
  EXPECT_EQ(judge(platform, content).ids, Ids{"cca.realm.signature"});
  // And is judged where the platform's key is missing.
  const auto judged = judge(platform.token(content), nullptr);
  EXPECT_EQ(judged.authenticity, Authenticity::kNo);
}

// Two genuine tokens of two realms of one platform do not make a third.
TEST(CcaVerifier, TrapARealmTokenOfAnotherRealmIsRefused) {
  const auto platform = test_platform();
  const auto other = test_platform(2);
  const auto keys = keys_of(platform);
  const Bytes mixed =
      sample_tee::cca_collection(platform.platform_token({}), other.realm_token({}));
  EXPECT_EQ(judge(mixed, &keys).ids, Ids{"cca.binding"});
}

// The realm names the hash; the platform's challenge must be of that one.
TEST(CcaVerifier, TheBindingIsByTheHashOfItsOwnClaim) {
  const auto platform = test_platform();
  const auto keys = keys_of(platform);
  const Bytes mixed = sample_tee::cca_collection(
      platform.platform_token({.key_hash = HashAlgorithm::kSha512}), platform.realm_token({}));
  EXPECT_EQ(judge(mixed, &keys).ids, Ids{"cca.binding"});
}

std::string listed(const CcaPlatform& platform, std::string_view members) {
  const std::string jwk = platform.platform_key_jwk();
  return R"({"keys":[)" + jwk.substr(0, jwk.size() - 1) + std::string(members) + "}]}";
}

std::string ids_members(const CcaPlatform& platform) {
  return R"(,"implementation_id":")" + wire::hex_encode(platform.implementation_id) +
         R"(","instance_id":")" + wire::hex_encode(platform.instance_id) + "\"";
}

TEST(CcaPlatformKeys, AreFoundByInstanceAndImplementation) {
  const auto platform = test_platform();
  const auto keys = PlatformKeys::parse(listed(platform, ids_members(platform)));
  ASSERT_TRUE(keys) << keys.error().to_string();
  EXPECT_EQ(judge(platform.token({}), &*keys).ids, Ids{});
  auto other = test_platform();
  other.instance_id[5] ^= 1;
  EXPECT_EQ(judge(other.token({}), &*keys).ids, Ids{"cca.platform_key"});
  other = test_platform();
  other.implementation_id[5] ^= 1;
  EXPECT_EQ(judge(other.token({}), &*keys).ids, Ids{"cca.platform_key"});
}

TEST(CcaPlatformKeys, RefusesWhatIsNoKey) {
  const auto platform = test_platform();
  const std::string jwk = platform.platform_key_jwk();
  const auto reason = [](const std::string& json) {
    const auto keys = PlatformKeys::parse(json);
    return keys ? std::string("parsed") : std::string(keys.error().reason);
  };
  EXPECT_EQ(reason(jwk), "parsed");
  EXPECT_EQ(reason("{}"), "cca.platform_keys");
  EXPECT_EQ(reason("{"), "json.syntax");
  EXPECT_EQ(reason(jwk.substr(0, jwk.size() - 1) + R"(,"d":"AA"})"), "cca.platform_keys");
  EXPECT_EQ(reason(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"), "cca.platform_keys");
  EXPECT_EQ(reason(R"({"keys":1})"), "cca.platform_keys");
  EXPECT_EQ(reason(listed(platform, "")), "cca.platform_keys");
  EXPECT_EQ(reason(R"({"keys":[]})"), "parsed");
  const std::string one = listed(platform, ids_members(platform));
  const std::string entry = one.substr(9, one.size() - 11);
  EXPECT_EQ(reason(R"({"keys":[)" + entry + "," + entry + "]}"), "cca.platform_keys");
}

}  // namespace
}  // namespace atoma::evidence::cca
