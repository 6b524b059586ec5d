#include "atoma/evidence/amd/report.h"

#include <gtest/gtest.h>

#include "amd/test_platform.h"

namespace atoma::evidence::amd {
namespace {

using sample_tee::AmdReportTemplate;
using sample_tee::encode_amd_report;

AmdReportTemplate numbered(std::uint32_t version, Product product) {
  AmdReportTemplate in;
  in.version = version;
  in.product = product;
  in.guest_svn = 0x01020304;
  in.policy = 0x30102 | 1u << 19;
  in.family_id.fill(1);
  in.image_id.fill(2);
  in.vmpl = 3;
  in.platform_info = 0xA1;
  in.author_key_enabled = true;
  in.signing_key = SigningKey::kVlek;
  in.report_data.fill(3);
  in.measurement.fill(4);
  in.host_data.fill(5);
  in.id_key_digest.fill(6);
  in.author_key_digest.fill(7);
  in.report_id.fill(8);
  in.report_id_ma.fill(9);
  in.current_tcb = {0, 1, 2, 3, 4};
  in.reported_tcb = {0, 5, 6, 7, 8};
  in.committed_tcb = {0, 9, 10, 11, 12};
  in.launch_tcb = {0, 13, 14, 15, 16};
  in.chip_id.fill(10);
  in.current_firmware = {1, 55, 40};
  in.committed_firmware = {1, 54, 30};
  in.launch_mitigations = 0x11;
  in.current_mitigations = 0x33;
  return in;
}

bool filled(ByteView view, std::size_t size, std::uint8_t value) {
  return equal(view, Bytes(size, value));
}

void expect_fields(const SnpReport& report, std::uint32_t version) {
  EXPECT_EQ(report->version, version);
  EXPECT_EQ(report->guest_svn, 0x01020304u);
  EXPECT_EQ(report->policy.abi_major(), 1);
  EXPECT_EQ(report->policy.abi_minor(), 2);
  EXPECT_TRUE(report->policy.smt_allowed());
  EXPECT_TRUE(report->policy.debug_allowed());
  EXPECT_FALSE(report->policy.migration_allowed());
  EXPECT_TRUE(filled(report->family_id, 16, 1));
  EXPECT_TRUE(filled(report->image_id, 16, 2));
  EXPECT_EQ(report->vmpl, 3u);
  EXPECT_TRUE(report->alias_check_complete());
  EXPECT_TRUE(report->author_key_enabled);
  EXPECT_FALSE(report->mask_chip_key);
  EXPECT_EQ(report->signing_key, SigningKey::kVlek);
  EXPECT_TRUE(filled(report->report_data, 64, 3));
  EXPECT_TRUE(filled(report->measurement, 48, 4));
  EXPECT_TRUE(filled(report->host_data, 32, 5));
  EXPECT_TRUE(filled(report->id_key_digest, 48, 6));
  EXPECT_TRUE(filled(report->author_key_digest, 48, 7));
  EXPECT_TRUE(filled(report->report_id, 32, 8));
  EXPECT_TRUE(filled(report->report_id_ma, 32, 9));
  EXPECT_TRUE(filled(report->chip_id, 64, 10));
  EXPECT_EQ(report->current_firmware, (FirmwareVersion{1, 55, 40}));
  EXPECT_EQ(report->committed_firmware, (FirmwareVersion{1, 54, 30}));
}

TEST(SnpReport, ReadsEveryField) {
  for (const std::uint32_t version : {2u, 3u, 5u}) {
    for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
      const Bytes bytes = encode_amd_report(numbered(version, product));
      const auto report = parse_report(bytes);
      ASSERT_TRUE(report) << report.error().to_string();
      expect_fields(*report, version);
      const auto& r = report->fields();
      EXPECT_EQ(decode_tcb(r.current_tcb, product), (TcbVersion{0, 1, 2, 3, 4}));
      EXPECT_EQ(decode_tcb(r.reported_tcb, product), (TcbVersion{0, 5, 6, 7, 8}));
      EXPECT_EQ(decode_tcb(r.committed_tcb, product), (TcbVersion{0, 9, 10, 11, 12}));
      EXPECT_EQ(decode_tcb(r.launch_tcb, product), (TcbVersion{0, 13, 14, 15, 16}));
      EXPECT_EQ(product_of_cpuid(r.cpuid.family, r.cpuid.model),
                version == 2 ? Product::kUnknown : product);
      EXPECT_EQ(r.launch_mitigations, version == 5 ? 0x11u : 0u);
      EXPECT_EQ(r.current_mitigations, version == 5 ? 0x33u : 0u);
    }
  }
}

TEST(SnpReport, RefusesEveryOtherSize) {
  const Bytes bytes = encode_amd_report({});
  for (const std::size_t size : {0u, 1u, 672u, 1183u}) {
    EXPECT_EQ(parse_report(ByteView(bytes).first(size)).error().reason, "snp.size");
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(parse_report(longer).error().reason, "snp.size");
}

TEST(SnpReport, RefusesUnknownVersions) {
  for (const std::uint32_t version : {0u, 1u, 4u, 6u, 0x102u, 0xFFFFFFFFu}) {
    AmdReportTemplate in;
    in.version = version;
    EXPECT_EQ(parse_report(encode_amd_report(in)).error().reason, "snp.version") << version;
  }
}

// Which bytes each version leaves undefined (56860, by the table's offsets).
std::vector<std::pair<std::size_t, std::size_t>> reserved_ranges(std::uint32_t version) {
  return {{0x4C, 0x50},
          {version == 2 ? 0x188 : 0x18B, 0x1A0},
          {0x1EB, 0x1EC},
          {0x1EF, 0x1F0},
          {version == 5 ? 0x208 : 0x1F8, 0x2A0}};
}

TEST(SnpReport, RefusesEachReservedByte) {
  for (const std::uint32_t version : {2u, 3u, 5u}) {
    AmdReportTemplate in;
    in.version = version;
    const Bytes good = encode_amd_report(in);
    for (const auto& [first, last] : reserved_ranges(version)) {
      for (std::size_t i = first; i < last; ++i) {
        Bytes bytes = good;
        bytes[i] = 0x80;
        EXPECT_EQ(parse_report(bytes).error().reason, "snp.reserved") << version << " " << i;
      }
    }
    for (const unsigned bit : {5u, 8u, 16u, 31u}) {
      Bytes bytes = good;
      bytes[0x48 + bit / 8] |= static_cast<std::uint8_t>(1u << bit % 8);
      EXPECT_EQ(parse_report(bytes).error().reason, "snp.reserved") << bit;
    }
  }
}

TEST(SnpReport, RefusesPolicyBits) {
  AmdReportTemplate in;
  in.policy = 0;  // bit 17 is always one
  EXPECT_EQ(parse_report(encode_amd_report(in)).error().reason, "snp.policy");
  for (unsigned bit = 26; bit < 64; ++bit) {
    in.policy = 1u << 17 | std::uint64_t{1} << bit;
    EXPECT_EQ(parse_report(encode_amd_report(in)).error().reason, "snp.policy") << bit;
  }
  in.policy = 0x3FFFFFF;
  EXPECT_TRUE(parse_report(encode_amd_report(in)));
}

TEST(SnpReport, RefusesPlatformInfoBits) {
  AmdReportTemplate in;
  in.platform_info = 0xBF;
  EXPECT_TRUE(parse_report(encode_amd_report(in)));
  for (const unsigned bit : {6u, 8u, 31u, 63u}) {
    in.platform_info = std::uint64_t{1} << bit;
    EXPECT_EQ(parse_report(encode_amd_report(in)).error().reason, "snp.platform_info") << bit;
  }
}

TEST(SnpReport, RefusesOtherSignatureAlgorithms) {
  for (const std::uint32_t algorithm : {0u, 2u, 3u, 0x101u}) {
    AmdReportTemplate in;
    in.signature_algorithm = algorithm;
    EXPECT_EQ(parse_report(encode_amd_report(in)).error().reason, "snp.signature_algorithm");
  }
}

TEST(SnpReport, RefusesReservedSigningKeys) {
  for (unsigned key = 0; key < 8; ++key) {
    AmdReportTemplate in;
    in.signing_key = static_cast<SigningKey>(key);
    const auto report = parse_report(encode_amd_report(in));
    const bool known = key == 0 || key == 1 || key == 7;
    ASSERT_EQ(report.has_value(), known) << key;
    if (!known) {
      EXPECT_EQ(report.error().reason, "snp.signing_key");
    }
  }
}

TEST(SnpReport, RefusesSignaturePadding) {
  const Bytes good = encode_amd_report({});
  for (std::size_t i = kReportSignedSize; i < kReportSize; ++i) {
    const std::size_t in_number = (i - kReportSignedSize) % 72;
    const bool number = i < kReportSignedSize + 144 && in_number < 48;
    Bytes bytes = good;
    bytes[i] = 1;
    const auto report = parse_report(bytes);
    ASSERT_EQ(report.has_value(), number) << i;
    if (!number) {
      EXPECT_EQ(report.error().reason, "snp.signature_padding") << i;
    }
  }
}

TEST(Tcb, ComponentsCompareOneByOne) {
  const TcbVersion base{1, 2, 3, 4, 5};
  EXPECT_TRUE(base.at_least(base));
  for (auto member : {&TcbVersion::fmc, &TcbVersion::bootloader, &TcbVersion::tee, &TcbVersion::snp,
                      &TcbVersion::microcode}) {
    TcbVersion higher{9, 9, 9, 9, 9};
    higher.*member = static_cast<std::uint8_t>(base.*member - 1);
    EXPECT_FALSE(higher.at_least(base));
  }
}

TEST(Tcb, LayoutsReserveTheirBytes) {
  for (std::size_t i = 0; i < 8; ++i) {
    RawTcb raw{};
    raw[i] = 1;
    EXPECT_EQ(tcb_reserved_zero(raw, Product::kMilan), i < 2 || i > 5) << i;
    EXPECT_EQ(tcb_reserved_zero(raw, Product::kGenoa), i < 2 || i > 5) << i;
    EXPECT_EQ(tcb_reserved_zero(raw, Product::kTurin), i < 4 || i > 6) << i;
    EXPECT_FALSE(tcb_reserved_zero(raw, Product::kUnknown));
  }
}

TEST(Product, ByCpuidFailsClosed) {
  EXPECT_EQ(product_of_cpuid(0x19, 0x00), Product::kMilan);
  EXPECT_EQ(product_of_cpuid(0x19, 0x0F), Product::kMilan);
  EXPECT_EQ(product_of_cpuid(0x19, 0x10), Product::kGenoa);
  EXPECT_EQ(product_of_cpuid(0x19, 0x1F), Product::kGenoa);
  EXPECT_EQ(product_of_cpuid(0x19, 0xA0), Product::kGenoa);
  EXPECT_EQ(product_of_cpuid(0x19, 0xAF), Product::kGenoa);
  EXPECT_EQ(product_of_cpuid(0x1A, 0x00), Product::kTurin);
  EXPECT_EQ(product_of_cpuid(0x1A, 0x11), Product::kTurin);
  for (const auto& [family, model] : {std::pair{0x19, 0x20},
                                      {0x19, 0x9F},
                                      {0x19, 0xB0},
                                      {0x1A, 0x12},
                                      {0, 0},
                                      {0x17, 1},
                                      {0x1B, 0}}) {
    EXPECT_EQ(product_of_cpuid(std::uint8_t(family), std::uint8_t(model)), Product::kUnknown);
  }
}

TEST(Product, ByName) {
  EXPECT_EQ(product_of_name("Milan-B0"), Product::kMilan);
  EXPECT_EQ(product_of_name("Genoa"), Product::kGenoa);
  EXPECT_EQ(product_of_name("Turin-C1"), Product::kTurin);
  for (const auto* name : {"", "-", "milan", "Milan ", "MilanB0", "Naples-A1"}) {
    EXPECT_EQ(product_of_name(name), Product::kUnknown) << name;
  }
}

}  // namespace
}  // namespace atoma::evidence::amd
