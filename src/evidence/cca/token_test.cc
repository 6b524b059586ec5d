// What a token may look like, and each refusal of the parser.
#include "atoma/evidence/cca/token.h"

#include <gtest/gtest.h>

#include "atoma/wire/cbor_writer.h"
#include "cca/test_platform.h"

namespace atoma::evidence::cca {
namespace {

using sample_tee::CcaTokenTemplate;
using wire::CborWriter;

const sample_tee::CcaPlatform& platform() {
  static const auto instance = test_platform();
  return instance;
}

std::string reason(ByteView bytes) {
  const auto token = parse_token(bytes);
  return token ? std::string("parsed") : std::string(token.error().reason);
}

std::string reason(const CcaTokenTemplate& content) { return reason(platform().token(content)); }

Bytes bytes_item(const Bytes& value) { return CborWriter().bytes(value).take(); }
Bytes text_item(std::string_view value) { return CborWriter().value(value).take(); }

// The claim's value replaced; an empty one removes the claim.
CcaTokenTemplate::Edit with(std::int64_t key, const Bytes& value) {
  return [key, value](std::vector<Bytes>& items) {
    const auto at = std::ranges::find(items, CborWriter().value(key).take());
    ATOMA_CHECK(at != items.end());
    if (value.empty()) {
      items.erase(at, at + 2);
    } else {
      *(at + 1) = value;
    }
  };
}

std::string platform_with(std::int64_t key, const Bytes& value) {
  return reason(CcaTokenTemplate{.edit_platform = with(key, value)});
}

std::string realm_with(std::int64_t key, const Bytes& value) {
  return reason(CcaTokenTemplate{.edit_realm = with(key, value)});
}

TEST(CcaToken, ReadsEveryClaim) {
  for (const bool sorted : {true, false}) {
    CcaTokenTemplate content{.realm_hash = HashAlgorithm::kSha512, .sorted = sorted};
    content.challenge.fill(0xA5);
    content.personalization.fill(0x5A);
    const Bytes bytes = platform().token(content);
    const auto token = parse_token(bytes);
    ASSERT_TRUE(token) << token.error().to_string();
    const auto& p = (*token)->platform;
    EXPECT_TRUE(equal(p.implementation_id, platform().implementation_id));
    EXPECT_TRUE(equal(p.instance_id, platform().instance_id));
    EXPECT_EQ(p.lifecycle, 0x3003);
    EXPECT_TRUE(p.secured());
    EXPECT_TRUE(equal(p.config, Bytes{0xCF}));
    EXPECT_EQ(p.verification_service, "https://verifier.example");
    ASSERT_EQ(p.components.size(), 2u);
    EXPECT_EQ(p.components[1].type, "RMM");
    EXPECT_EQ(p.components[1].version, "1.0");
    EXPECT_TRUE(equal(p.components[1].measurement, Bytes(32, 2)));
    EXPECT_TRUE(equal(p.components[1].signer, Bytes(32, 0x77)));
    const auto& r = (*token)->realm;
    EXPECT_TRUE(equal(r.challenge, content.challenge));
    EXPECT_TRUE(equal(r.personalization, content.personalization));
    EXPECT_EQ(r.hash, HashAlgorithm::kSha512);
    EXPECT_TRUE(equal(r.rim, Bytes(64, 0x11)));
    EXPECT_TRUE(equal(r.rem[3], Bytes(64)));
    EXPECT_TRUE(looks_like_token(bytes));
  }
}

TEST(CcaToken, LifecycleSecuredIsARange) {
  for (const auto& [lifecycle, secured] :
       {std::pair{0x2FFF, false}, std::pair{0x3000, true}, std::pair{0x30FF, true},
        std::pair{0x3100, false}, std::pair{0x0000, false}, std::pair{0xFFFF, false}}) {
    const Bytes bytes = platform().token({.lifecycle = static_cast<std::uint16_t>(lifecycle)});
    EXPECT_EQ((*parse_token(bytes))->platform.secured(), secured) << lifecycle;
  }
}

TEST(CcaToken, OptionalClaimsMayBeAbsent) { EXPECT_EQ(platform_with(2400, {}), "parsed"); }

TEST(CcaToken, EachOtherClaimIsDemanded) {
  for (const std::int64_t key : {10, 256, 2395, 2396, 2399, 2401, 2402}) {
    EXPECT_EQ(platform_with(key, {}), "cca.claim") << key;
    EXPECT_EQ(platform_with(key, CborWriter().null().take()), "cca.claim") << key;
  }
  for (const std::int64_t key : {10, 44235, 44236, 44237, 44238, 44239, 44240}) {
    EXPECT_EQ(realm_with(key, {}), "cca.claim") << key;
    EXPECT_EQ(realm_with(key, CborWriter().null().take()), "cca.claim") << key;
  }
}

TEST(CcaToken, SizesAndWordsAreExact) {
  EXPECT_EQ(platform_with(10, bytes_item(Bytes(48))), "cca.claim");
  EXPECT_EQ(platform_with(256, bytes_item(Bytes(32))), "cca.claim");
  EXPECT_EQ(platform_with(2396, bytes_item(Bytes(33))), "cca.claim");
  EXPECT_EQ(platform_with(2395, CborWriter().value(0x10000).take()), "cca.claim");
  EXPECT_EQ(platform_with(2402, text_item("SHA-256")), "cca.claim");
  EXPECT_EQ(platform_with(2399, Bytes{0x80}), "cca.claim");
  EXPECT_EQ(platform_with(2399, Bytes{0x81, 0xA0}), "cca.claim");
  EXPECT_EQ(platform_with(2399, Bytes{0x81, 0x01}), "cca.claim");
  EXPECT_EQ(realm_with(10, bytes_item(Bytes(63))), "cca.claim");
  EXPECT_EQ(realm_with(44235, bytes_item(Bytes(65))), "cca.claim");
  EXPECT_EQ(realm_with(44236, text_item("sha-1")), "cca.claim");
  EXPECT_EQ(realm_with(44240, text_item("sha-1")), "cca.claim");
  EXPECT_EQ(realm_with(44238, bytes_item(Bytes(64))), "cca.claim");  // with sha-256
  EXPECT_EQ(realm_with(44239, Bytes{0x80}), "cca.claim");
  CborWriter five;
  five.begin_array();
  for (int i = 0; i < 5; ++i) five.bytes(Bytes(32));
  EXPECT_EQ(realm_with(44239, five.end_array().take()), "cca.claim");
}

// The realm's key is the raw point under this profile; a COSE_Key belongs to later ones.
TEST(CcaToken, TrapTheRealmKeyHasTheEncodingOfItsProfile) {
  EXPECT_EQ(realm_with(44237, bytes_item(Bytes(96, 1))), "cca.claim");
  EXPECT_EQ(realm_with(44237, bytes_item(Bytes(97, 2))), "cca.claim");
  CborWriter cose_key;
  cose_key.begin_map().key(1).value(2).key(-1).value(2).key(-2).bytes(Bytes(48, 1));
  const Bytes encoded = cose_key.key(-3).bytes(Bytes(48, 1)).end_map().take();
  EXPECT_EQ(realm_with(44237, bytes_item(encoded)), "cca.claim");
}

TEST(CcaToken, OtherProfilesAreRefused) {
  EXPECT_EQ(reason(CcaTokenTemplate{.profile = "tag:arm.com,2023:cca_platform#1.0.0"}),
            "cca.profile");
  EXPECT_EQ(platform_with(265, {}), "cca.profile");
  // A realm token with a profile of its own is one of a later draft.
  CcaTokenTemplate content;
  content.edit_realm = [](std::vector<Bytes>& items) {
    items.push_back(CborWriter().value(265).take());
    items.push_back(text_item("tag:arm.com,2023:realm#1.0.0"));
  };
  EXPECT_EQ(reason(content), "cca.claim");
}

TEST(CcaToken, CollectionsAreExact) {
  const Bytes p = platform().platform_token({});
  const Bytes r = platform().realm_token({});
  EXPECT_EQ(reason(sample_tee::cca_collection(p, r)), "parsed");
  EXPECT_EQ(reason(sample_tee::cca_collection(p, r, 907)), "cca.collection");
  EXPECT_FALSE(looks_like_token(sample_tee::cca_collection(p, r, 907)));
  EXPECT_EQ(reason(CborWriter().tag(399).begin_array().end_array().take()), "cca.collection");
  CborWriter three;
  three.tag(399).begin_map().key(44234).bytes(p).key(44241).bytes(r).key(1).bytes(r).end_map();
  EXPECT_EQ(reason(three.take()), "cca.collection");
  CborWriter other;
  other.tag(399).begin_map().key(1).bytes(p).key(44241).bytes(r).end_map();
  EXPECT_EQ(reason(other.take()), "cca.platform_token");
  EXPECT_EQ(reason(sample_tee::cca_collection(p, Bytes{0x80})), "cca.realm_token");
  Bytes trailing = sample_tee::cca_collection(p, r);
  trailing.push_back(0);
  EXPECT_EQ(reason(trailing), "cbor.leftover");
}

TEST(CcaToken, TokensAreTaggedAndByEs384) {
  const auto edited = [](auto change) {
    CcaTokenTemplate content;
    content.edit_tokens = change;
    return reason(content);
  };
  EXPECT_EQ(edited([](Bytes& p, Bytes&) { p.erase(p.begin()); }), "cca.platform_token");
  EXPECT_EQ(edited([](Bytes&, Bytes& r) { r.erase(r.begin()); }), "cca.realm_token");
  const auto es256 = [](Bytes& token) {
    const Bytes header{0x44, 0xA1, 0x01, 0x38, 0x22};
    const auto at = std::ranges::search(token, header).begin();
    const auto rest = token.erase(at, at + 5);
    const Bytes other{0x43, 0xA1, 0x01, 0x26};
    token.insert(rest, other.begin(), other.end());
  };
  EXPECT_EQ(edited([&](Bytes& p, Bytes&) { es256(p); }), "cca.platform_token");
  EXPECT_EQ(edited([&](Bytes&, Bytes& r) { es256(r); }), "cca.realm_token");
  CcaTokenTemplate twice;
  twice.sorted = false;
  twice.edit_realm = [](std::vector<Bytes>& items) {
    items.push_back(items[0]);
    items.push_back(items[1]);
  };
  EXPECT_EQ(reason(twice), "cca.realm_token");
}

}  // namespace
}  // namespace atoma::evidence::cca
