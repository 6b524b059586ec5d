#include "atoma/evidence/nvidia/report.h"

#include <gtest/gtest.h>

#include "nvidia/test_device.h"

namespace atoma::evidence::nvidia {
namespace {

using sample_tee::encode_nvidia_report;
using sample_tee::nvidia_text;
using sample_tee::NvidiaReportTemplate;
using sample_tee::sample_nvidia_report;

NvidiaReportTemplate content() {
  return sample_nvidia_report(Architecture::kHopper, Bytes(48, 0xF1));
}

Bytes encode(const NvidiaReportTemplate& in) {
  Bytes out = encode_nvidia_report(in);
  out.resize(out.size() + kReportSignatureSize, 0xEE);
  return out;
}

std::string_view reason(const Bytes& bytes) {
  const auto report = parse_report(bytes);
  return report ? "parsed" : report.error().reason;
}

// Where things stand in the encoding.
constexpr std::size_t kCountAt = 41, kRecordSizeAt = 42, kFirstBlockAt = 45;

TEST(NvidiaReport, ReadsEveryField) {
  auto in = content();
  in.nonce.fill(1);
  in.responder_nonce.fill(2);
  in.set(OpaqueType::kNvdec0Status, {0x55});
  in.set(OpaqueType::kProtectedPcie, {0xAA});
  in.set(OpaqueType::kFeatureFlag, {2, 0});
  in.set(OpaqueType::kSwitchPdis, Bytes(16, 7));
  in.opaque.push_back({4711, {1, 2, 3}});
  const Bytes bytes = encode(in);
  const auto report = parse_report(bytes);
  ASSERT_TRUE(report) << report.error().to_string();
  const auto& r = report->fields();
  EXPECT_TRUE(equal(r.nonce, Bytes(32, 1)));
  EXPECT_TRUE(equal(r.responder_nonce, Bytes(32, 2)));
  EXPECT_TRUE(equal(r.signature, Bytes(96, 0xEE)));
  EXPECT_TRUE(equal(r.signed_range, encode_nvidia_report(in)));
  ASSERT_EQ(r.blocks().size(), 64u);
  EXPECT_TRUE(equal(r.blocks()[9].value, Bytes(48, 9)));
  EXPECT_EQ(r.blocks()[9].value_type, 1);
  EXPECT_EQ(r.driver_version, "550.90.07");
  EXPECT_EQ(r.vbios_version(), "96.00.5E.00.01");
  EXPECT_EQ(r.chip_sku, "882");
  EXPECT_EQ(r.project, "1010");
  EXPECT_EQ(r.project_sku, "0200");
  EXPECT_TRUE(equal(r.fwid, Bytes(48, 0xF1)));
  EXPECT_TRUE(equal(r.pdis, Bytes(16, 7)));
  EXPECT_EQ(r.nvdec0, Toggle::kOff);
  EXPECT_EQ(r.protected_pcie, Toggle::kOn);
  EXPECT_EQ(r.opaque_version, 1);
  EXPECT_EQ(r.feature_flag, 2);
  EXPECT_EQ(r.opaque().back().type, 4711);  // unknown ones are kept
}

TEST(NvidiaReport, ReadsASwitch) {
  const Bytes bytes = encode(sample_nvidia_report(Architecture::kLs10, {}));
  const auto report = parse_report(bytes);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ((*report)->blocks().size(), 31u);
  EXPECT_EQ((*report)->vbios_version(), "96.10.55.00.01");
  EXPECT_EQ((*report)->driver_version, "");
  EXPECT_FALSE((*report)->nvdec0);
}

TEST(NvidiaReport, RefusesEveryShorterReport) {
  const Bytes bytes = encode(content());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(reason(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))),
              "spdm.truncated")
        << size;
  }
}

// Published samples have one; it is under no signature.
TEST(NvidiaReport, ExtraByteAfterTheSignatureIsRefused) {
  Bytes bytes = encode(content());
  bytes.push_back(0);
  EXPECT_EQ(reason(bytes), "spdm.leftover");
}

TEST(NvidiaReport, RefusesOtherRequests) {
  const Bytes good = encode(content());
  for (const std::size_t at : {0u, 1u, 2u, 3u}) {
    Bytes bytes = good;
    bytes[at] ^= 1;
    EXPECT_EQ(reason(bytes), "spdm.request") << at;
  }
  Bytes bytes = good;
  bytes[36] = 0x10;
  EXPECT_EQ(reason(bytes), "spdm.request");
}

TEST(NvidiaReport, RefusesOtherResponses) {
  const Bytes good = encode(content());
  for (const std::size_t at : {37u, 38u, 39u, 40u}) {
    Bytes bytes = good;
    bytes[at] ^= 1;
    EXPECT_EQ(reason(bytes), "spdm.response") << at;
  }
  Bytes other_slot = good;
  other_slot[36] = 1;
  EXPECT_EQ(reason(other_slot), "spdm.response");
  other_slot[40] = 1;
  EXPECT_EQ(reason(other_slot), "parsed");
}

TEST(NvidiaReport, RefusesBlocksThatDoNotFit) {
  const Bytes good = encode(content());
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Bytes bytes = good;
    bytes[at] = value;
    return reason(bytes);
  };
  EXPECT_EQ(with(kCountAt, 63), "spdm.block");  // bytes left over
  EXPECT_EQ(with(kCountAt, 65), "spdm.block");  // one too many
  EXPECT_EQ(with(kCountAt, 0), "spdm.block");
  EXPECT_EQ(with(kCountAt, 200), "spdm.block");
  EXPECT_EQ(with(kFirstBlockAt, 2), "spdm.block");       // gap, and a duplicate
  EXPECT_EQ(with(kFirstBlockAt + 1, 2), "spdm.block");   // specification
  EXPECT_EQ(with(kFirstBlockAt + 2, 50), "spdm.block");  // size is not value size + 3
  EXPECT_EQ(with(kFirstBlockAt + 5, 47), "spdm.block");  // value size
  EXPECT_EQ(with(kFirstBlockAt + 4, 0x81), "parsed");    // a value type is kept as it is
  EXPECT_NE(with(kRecordSizeAt, 0xC1), "parsed");
}

TEST(NvidiaReport, RefusesOpaqueFieldsThatDoNotFit) {
  auto in = content();
  in.opaque.push_back({static_cast<std::uint16_t>(OpaqueType::kFwid), Bytes(48)});
  EXPECT_EQ(reason(encode(in)), "spdm.opaque");  // twice
  in = content();
  in.opaque.push_back({4711, {}});
  in.opaque.push_back({4711, {}});
  EXPECT_EQ(reason(encode(in)), "spdm.opaque");  // unknown, and twice
  in = content();
  for (std::uint16_t type = 1000; type < 1100; ++type) in.opaque.push_back({type, {}});
  EXPECT_EQ(reason(encode(in)), "spdm.opaque");  // too many
  // The last field claims more than there is.
  in = content();
  in.opaque.push_back({4711, {9, 9}});
  Bytes bytes = encode(in);
  bytes[bytes.size() - kReportSignatureSize - 4] = 3;
  EXPECT_EQ(reason(bytes), "spdm.opaque");
}

TEST(NvidiaReport, RefusesOpaqueValuesOfAnotherForm) {
  const auto with = [](OpaqueType type, Bytes data) {
    auto in = content();
    in.set(type, std::move(data));
    return reason(encode(in));
  };
  for (const OpaqueType type : {OpaqueType::kDriverVersion, OpaqueType::kChipSku,
                                OpaqueType::kProject, OpaqueType::kProjectSku}) {
    EXPECT_EQ(with(type, to_bytes("1.2")), "parsed");
    EXPECT_EQ(with(type, {'1', 0, 0, 0}), "parsed");
    EXPECT_EQ(with(type, {}), "spdm.opaque_value");
    EXPECT_EQ(with(type, {0, 0}), "spdm.opaque_value");
    EXPECT_EQ(with(type, {'1', 0, '2', 0}), "spdm.opaque_value");
    EXPECT_EQ(with(type, {'1', '\n', 0}), "spdm.opaque_value");
    EXPECT_EQ(with(type, {'1', ' ', 0}), "spdm.opaque_value");
    EXPECT_EQ(with(type, Bytes(65, '1')), "spdm.opaque_value");
  }
  EXPECT_EQ(with(OpaqueType::kVbiosVersion, Bytes(7)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kVbiosVersion, {1, 2, 3, 4, 5, 0, 0, 1}), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kVbiosVersion, to_bytes("96.10.55.00.0g")), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kVbiosVersion, to_bytes("96.10.55.00-01")), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kVbiosVersion, to_bytes("96.10.55.00.01.02")), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kNvdec0Status, Bytes(2)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kProtectedPcie, {}), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kMeasurementCounts, Bytes(5)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kBoardId, Bytes(3)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kFwid, Bytes(47)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kSwitchPdis, Bytes(12)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kOpaqueVersion, Bytes(1)), "spdm.opaque_value");
  EXPECT_EQ(with(OpaqueType::kFeatureFlag, Bytes(4)), "spdm.opaque_value");
}

TEST(NvidiaReport, VbiosVersionIsFourBytesReversedAndOneMore) {
  auto in = content();
  in.set(OpaqueType::kVbiosVersion, {0x00, 0x88, 0x00, 0x97, 0x0F, 0, 0, 0});
  const Bytes bytes = encode(in);
  EXPECT_EQ((*parse_report(bytes))->vbios_version(), "97.00.88.00.0F");
}

}  // namespace
}  // namespace atoma::evidence::nvidia
