#include "atoma/evidence/nvidia/dice.h"

#include <gtest/gtest.h>

#include "atoma/wire/der.h"
#include "nvidia/test_device.h"

namespace atoma::evidence::nvidia {
namespace {

using sample_tee::encode_nvidia_dice;

using Extras = std::vector<pki::CertificateTemplate::Extra>;

std::string_view reason(const Result<DiceExtension>& result) {
  return result ? "parsed" : result.error().reason;
}

pki::Certificate leaf_with(Extras extras) {
  const auto device = make_test_device(
      {.change = [&](auto& certificates) { certificates[0].extra = std::move(extras); }});
  return std::move(*pki::Certificate::parse(device.chain[0]));
}

std::string_view reason_of(const char* oid, const Bytes& value) {
  const auto leaf = leaf_with({{oid, false, value}});
  return reason(parse_dice_extension(leaf));
}

Bytes device_key_info() {
  const auto device = make_test_device();
  return pki::Signer(device.device_key).public_key_info();
}

constexpr const char* kComposite = "2.23.133.5.4.1";
constexpr const char* kTcbInfo = "2.23.133.5.4.1.1";

TEST(Dice, ReadsCompositeDeviceId) {
  const auto device = make_test_device();
  const auto leaf = *pki::Certificate::parse(device.chain[0]);
  const auto dice = parse_dice_extension(leaf);
  ASSERT_TRUE(dice) << dice.error().to_string();
  EXPECT_TRUE(equal(dice->fwid, device.fwid));
  EXPECT_TRUE(equal(dice->device_point, device.device_key.public_xy()));
  EXPECT_FALSE(dice->flags);
}

// The extension ends in flags and a zero FWID: its last 48 bytes are not the firmware's.
TEST(Dice, FwidOnBlackwellIsNotTheLast48Bytes) {
  const auto device = make_test_device({.architecture = Architecture::kBlackwell});
  const auto leaf = *pki::Certificate::parse(device.chain[0]);
  const auto dice = parse_dice_extension(leaf);
  ASSERT_TRUE(dice) << dice.error().to_string();
  EXPECT_TRUE(equal(dice->fwid, device.fwid));
  const auto whole = *leaf.extension(wire::der_oid(kTcbInfo));
  EXPECT_FALSE(equal(dice->fwid, whole.last(48)));
  ASSERT_TRUE(dice->flags);
  EXPECT_FALSE(dice->flags->debug || dice->flags->not_secure || dice->flags->recovery);
}

TEST(Dice, ReadsOperationalFlags) {
  const auto flags = [](std::uint8_t octet) {
    const auto device = make_test_device(
        {.architecture = Architecture::kBlackwell, .tcb_flags = {0x00, octet, 0x00}});
    return *parse_dice_extension(*pki::Certificate::parse(device.chain[0]))->flags;
  };
  EXPECT_TRUE(flags(0x10).debug);
  EXPECT_TRUE(flags(0x20).recovery);
  EXPECT_TRUE(flags(0x40).not_secure);
  EXPECT_FALSE(flags(0x80).debug || flags(0x80).recovery || flags(0x80).not_secure);
}

TEST(Dice, RefusesACertificateWithoutIt) {
  EXPECT_EQ(reason(parse_dice_extension(leaf_with({}))), "dice.missing");
}

TEST(Dice, RefusesBothForms) {
  const Bytes composite = encode_nvidia_dice({}, device_key_info());
  const Bytes info = encode_nvidia_dice({.architecture = Architecture::kBlackwell}, {});
  const auto leaf = leaf_with({{kComposite, false, composite}, {kTcbInfo, false, info}});
  EXPECT_EQ(reason(parse_dice_extension(leaf)), "dice.extension");
}

TEST(Dice, RefusesMalformedComposites) {
  const Bytes good = encode_nvidia_dice({}, device_key_info());
  EXPECT_EQ(reason_of(kComposite, good), "parsed");
  for (std::size_t size = 0; size < good.size(); size += 7) {
    EXPECT_EQ(reason_of(kComposite, Bytes(good.begin(), good.begin() + std::ptrdiff_t(size))),
              "dice.extension");
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(reason_of(kComposite, longer), "dice.extension");
  EXPECT_EQ(reason_of(kComposite, encode_nvidia_dice({.fwid = Bytes(32)}, device_key_info())),
            "dice.extension");
  TestEntropy entropy(3);
  const auto p256 = crypto::EcPrivateKey::generate(crypto::Curve::kP256, entropy);
  EXPECT_EQ(reason_of(kComposite, encode_nvidia_dice({}, pki::Signer(p256).public_key_info())),
            "dice.extension");
  Bytes version2 = good;
  version2[5] = 2;  // 30 81 len 02 01 version
  EXPECT_EQ(reason_of(kComposite, version2), "dice.extension");
}

TEST(Dice, RefusesMalformedTcbInfos) {
  using wire::der_append;
  const auto field = [](std::uint8_t n) { return wire::der_context_primitive(n); };
  const auto sequence = [](const Bytes& contents) {
    Bytes out;
    der_append(out, wire::kDerSequence, contents);
    return out;
  };
  Bytes no_fwids;
  der_append(no_fwids, field(0), to_bytes("NVIDIA"));
  EXPECT_EQ(reason_of(kTcbInfo, sequence(no_fwids)), "dice.extension");
  Bytes disordered;
  der_append(disordered, field(1), to_bytes("b"));
  der_append(disordered, field(0), to_bytes("a"));
  EXPECT_EQ(reason_of(kTcbInfo, sequence(disordered)), "dice.extension");
  const auto with = [&](const sample_tee::NvidiaDeviceTemplate& device) {
    return reason_of(kTcbInfo, encode_nvidia_dice(device, {}));
  };
  EXPECT_EQ(with({.architecture = Architecture::kBlackwell}), "parsed");
  EXPECT_EQ(with({.architecture = Architecture::kBlackwell, .fwid = Bytes(32)}), "dice.extension");
  EXPECT_EQ(with({.architecture = Architecture::kBlackwell, .tcb_flags = {0}}), "dice.extension");
  EXPECT_EQ(with({.architecture = Architecture::kBlackwell, .tcb_flags = {8, 0}}),
            "dice.extension");
}

}  // namespace
}  // namespace atoma::evidence::nvidia
