// The subset of CoRIM that is understood, and that nothing else passes for it.
#include <gtest/gtest.h>

#include "test_corim.h"

namespace atoma::appraisal {
namespace {

using evidence::Tee;
using W = wire::CborWriter;

const cose::SigningKey& key() {
  static const cose::SigningKey kKey(
      *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, 7)));
  return kKey;
}

cose::VerificationKeys trusted() {
  cose::VerificationKeys keys;
  keys.add(key().public_key());
  return keys;
}

std::string_view reason(const CorimParts& parts) {
  const auto values = parse_corim(parts.payload());
  return values ? "parsed" : values.error().reason;
}

std::string_view reason_with(const std::string& part, const std::function<void(W&)>& instead) {
  return reason({.instead = {{part, instead}}});
}

std::string_view verified(ByteView file) {
  auto keys = trusted();
  const auto set = verify_reference_set(file, "", keys);
  return set ? "verified" : set.error().reason;
}

TEST(Corim, ReadsTriplesOfDigestsAndRegisters) {
  auto keys = trusted();
  const Bytes file = CorimParts{}.sign(key());
  const auto set = verify_reference_set(file, "", keys);
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->kid(), cose::key_id(key().public_key()));
  EXPECT_EQ(set->digest(), crypto::sha256(file));
  const auto& values = set->values();
  EXPECT_EQ(values.name, "images");
  EXPECT_EQ(values.window.not_before.unix_s, 1'000);
  EXPECT_EQ(values.window.not_after.unix_s, 4'000'000'000);
  ASSERT_EQ(values.rows.size(), 1u);
  EXPECT_EQ(values.rows[0].tee, Tee::kTdx);
  EXPECT_EQ(values.rows[0].label, "image 7");
  const std::vector<std::pair<std::string, Bytes>> expected{{"mrtd", Bytes(48, 0x11)},
                                                            {"rtmr1", Bytes(48, 0x22)}};
  EXPECT_EQ(values.rows[0].values, expected);
}

TEST(Corim, SignatureValidityNarrowsTheWindow) {
  auto keys = trusted();
  const CorimParts parts{.instead = {{"signature validity", [](W& w) {
                                        w.key(1).begin_map().key(1).tag(1).value(5'000).end_map();
                                      }}}};
  const auto set = verify_reference_set(parts.sign(key()), "", keys);
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->values().window.not_after.unix_s, 5'000);
}

// What would change the meaning of values is refused, never passed over.
TEST(Corim, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(reason({}), "parsed");
  const char* kUnsupported = "corim.unsupported";
  // dependent-rims, profile; linked tags; endorsed triples; a CoSWID.
  for (const int extra : {2, 3, 99}) {
    EXPECT_EQ(reason_with("more corim", [&](W& w) { w.key(extra).value("x"); }), kUnsupported);
  }
  EXPECT_EQ(reason_with("more comid", [](W& w) { w.key(3).begin_array().end_array(); }),
            kUnsupported);
  EXPECT_EQ(reason_with("more triples", [](W& w) { w.key(1).begin_array().end_array(); }),
            kUnsupported);
  EXPECT_EQ(
      reason_with("tags", [](W& w) { w.begin_array().tag(505).bytes(Bytes{0xA0}).end_array(); }),
      kUnsupported);
  // authorized-by beside a measurement; version beside digests; a register that is none.
  EXPECT_EQ(reason_with("by_name",
                        [](W& w) {
                          w.begin_map().key(0).value("mrtd").key(1).begin_map().end_map();
                          w.key(2).begin_array().end_array().end_map();
                        }),
            kUnsupported);
  EXPECT_EQ(reason_with("by_name",
                        [](W& w) {
                          w.begin_map().key(0).value("mrtd").key(1).begin_map();
                          w.key(1).value(3).end_map().end_map();
                        }),
            kUnsupported);
  EXPECT_EQ(reason_with("by_register",
                        [](W& w) {
                          w.begin_map().key(1).begin_map().key(14).begin_map().key(4);
                          CorimParts{}.digests(w, Bytes(48, 1));
                          w.end_map().end_map().end_map();
                        }),
            kUnsupported);
  // An instance, a class id, a layer.
  EXPECT_EQ(reason_with("environment", [](W& w) { w.begin_map().key(1).value("x").end_map(); }),
            kUnsupported);
  EXPECT_EQ(
      reason_with("environment",
                  [](W& w) {
                    w.begin_map().key(0).begin_map().key(1).value("Intel").key(2).value("TDX");
                    w.key(3).value(1).end_map().end_map();
                  }),
      kUnsupported);
}

TEST(Corim, RefusesEachWithItsReason) {
  EXPECT_EQ(reason_with("environment",
                        [](W& w) {
                          w.begin_map().key(0).begin_map().key(1).value("Intel").key(2).value("ME");
                          w.end_map().end_map();
                        }),
            "corim.environment");
  const auto digest = [](W& w, int algorithm, std::size_t size, int times) {
    w.begin_array();
    for (int i = 0; i < times; ++i) {
      w.begin_array().value(algorithm).bytes(Bytes(size, 1)).end_array();
    }
    w.end_array();
  };
  for (const auto& [algorithm, size, times] :
       {std::tuple{7, 48, 2}, {7, 47, 1}, {1, 48, 1}, {1, 32, 1}, {8, 64, 1}}) {
    EXPECT_EQ(
        reason_with("digests",
                    [&](W& w) { digest(w, algorithm, static_cast<std::size_t>(size), times); }),
        "corim.digest")
        << algorithm << " " << size;
  }
  EXPECT_EQ(reason_with("digests", [](W& w) { w.begin_array().end_array(); }), "corim.shape");
  EXPECT_EQ(reason_with("by_name",
                        [](W& w) {
                          w.begin_map().key(1).begin_map().key(14).begin_map().key(1);
                          CorimParts{}.digests(w, Bytes(48, 1));
                          w.end_map().end_map().end_map();
                        }),
            "corim.duplicate");
  EXPECT_EQ(reason_with("validity", [](W& w) { w.key(4).begin_map().end_map(); }), "corim.shape");
  EXPECT_EQ(reason_with("triples", [](W& w) { w.begin_array().end_array(); }), "corim.shape");
  W untagged;
  EXPECT_EQ(parse_corim(untagged.tag(500).begin_map().end_map().take()).error().reason,
            "corim.tag");
}

TEST(Corim, HeaderNamesTheFormatAndItsSigner) {
  const auto with = [](const std::string& part, const std::function<void(W&)>& instead) {
    return verified(CorimParts{.instead = {{part, instead}}}.sign(key()));
  };
  EXPECT_EQ(verified(CorimParts{}.sign(key())), "verified");
  EXPECT_EQ(with("content type", [](W& w) { w.value("application/cbor"); }), "corim.header");
  EXPECT_EQ(with("meta", [](W&) {}), "corim.header");
  EXPECT_EQ(with("more header", [](W& w) { w.key(33).bytes(Bytes{1}); }), "corim.header");
  const cose::SigningKey stranger(
      *crypto::EcPrivateKey::from_scalar(crypto::Curve::kP256, Bytes(32, 8)));
  EXPECT_EQ(verified(CorimParts{}.sign(stranger)), "corim.kid");
  auto keys = trusted();
  EXPECT_EQ(verify_reference_set(CorimParts{}.sign(key()), "x..y", keys).error().reason,
            "reference.signature");
}

TEST(Corim, EveryFlippedBitIsRefused) {
  const Bytes file = CorimParts{}.sign(key());
  for (std::size_t at = 0; at < file.size(); ++at) {
    Bytes flipped = file;
    flipped[at] ^= 1 << (at % 8);
    EXPECT_NE(verified(flipped), "verified") << at;
  }
  Bytes signature = file;
  signature.back() ^= 1;
  EXPECT_EQ(verified(signature), "corim.signature");
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(verified(ByteView(file).first(size)), "verified") << size;
  }
}

}  // namespace
}  // namespace atoma::appraisal
