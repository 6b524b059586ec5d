// Firmware parsing and launch digests on a small firmware made here. e2e/measure_test.py compares
// the digests with a second implementation.
#include <gtest/gtest.h>

#include "atoma/launch/snp.h"
#include "atoma/launch/tdx.h"
#include "atoma/wire/reader.h"
#include "atoma/wire/text.h"

namespace atoma::launch {
namespace {

using wire::append_le;

Bytes guid(std::string_view hex) { return *wire::hex_decode(hex); }
const Bytes kFooter = guid("de82b596b21ff745baeaa366c55a082d");
const Bytes kSnp = guid("666588dc4a989847a75e5585a7bf67cc");
const Bytes kTdx = guid("35657ae44a989847865e4685a7bf8ec2");
const Bytes kHashes = guid("1f3755723b3a044b927b1da6efa8d454");
const Bytes kReset = guid("de71f7007e1acb4f890e68c77e2fb44e");

// An image of two pages: metadata at its start, the footer at its end.
struct TestFirmware {
  std::vector<std::array<std::uint32_t, 3>> snp{{0x800000, 0x1000, 1},
                                                {0x801000, 0x1000, 2},
                                                {0x802000, 0x1000, 3},
                                                {0x803000, 0x1000, 0x10}};
  struct Td {
    std::uint32_t offset, size;
    std::uint64_t address, memory;
    std::uint32_t type, attributes;
  };
  std::vector<Td> tdx{{0, 0x2000, 0xFFFFE000, 0x2000, 0, 1}, {0, 0, 0x809000, 0x1000, 2, 0}};
  std::uint32_t hash_address = 0x803C00, hash_size = 0x400;
  bool with_hashes = true, with_reset = true, with_snp = true, with_tdx = true;

  Bytes image() const {
    Bytes out(0x2000, 0xA5);
    const auto place = [&](std::size_t at, const Bytes& bytes) {
      std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(at));
    };
    Bytes asev, tdvf, table;
    for (const std::uint32_t v : {0x56455341u, 16u, 1u, static_cast<std::uint32_t>(snp.size())}) {
      append_le(asev, v, 4);
    }
    for (const auto& section : snp) {
      for (const auto v : section) append_le(asev, v, 4);
    }
    for (const std::uint32_t v : {0x46564454u, 16u, 1u, static_cast<std::uint32_t>(tdx.size())}) {
      append_le(tdvf, v, 4);
    }
    for (const auto& s : tdx) {
      append_le(tdvf, s.offset, 4);
      append_le(tdvf, s.size, 4);
      append_le(tdvf, s.address, 8);
      append_le(tdvf, s.memory, 8);
      append_le(tdvf, s.type, 4);
      append_le(tdvf, s.attributes, 4);
    }
    place(0x100, asev);
    place(0x400, tdvf);
    const auto entry = [&](const Bytes& id, std::initializer_list<std::uint32_t> values) {
      for (const auto v : values) append_le(table, v, 4);
      append_le(table, 4 * values.size() + 18, 2);
      append(table, id);
    };
    if (with_snp) entry(kSnp, {0x2000 - 0x100});
    if (with_tdx) entry(kTdx, {0x2000 - 0x400});
    if (with_hashes) entry(kHashes, {hash_address, hash_size});
    if (with_reset) entry(kReset, {0x0080B004});
    append_le(table, table.size() + 18, 2);
    append(table, kFooter);
    place(0x2000 - 32 - table.size(), table);
    return out;
  }
};

std::string parse_error(const Bytes& image) {
  const auto firmware = parse_firmware(image);
  return firmware ? "" : std::string(firmware.error().reason);
}

TEST(Firmware, FindsItsMetadata) {
  const Bytes image = TestFirmware{}.image();
  const auto firmware = parse_firmware(image);
  ASSERT_TRUE(firmware) << firmware.error().message;
  EXPECT_EQ(firmware->snp_sections.size(), 4u);
  EXPECT_EQ(firmware->tdvf_sections.size(), 2u);
  EXPECT_TRUE(firmware->tdvf_sections[0].extended);
  EXPECT_EQ(firmware->hash_table->address, 0x803C00u);
  EXPECT_EQ(firmware->ap_reset, 0x80B004u);
  EXPECT_EQ(firmware->address(), 0xFFFFE000u);
}

TEST(Firmware, Refuses) {
  EXPECT_EQ(parse_error({}), "firmware.size");
  EXPECT_EQ(parse_error(Bytes(5000)), "firmware.size");
  EXPECT_EQ(parse_error(Bytes(4096)), "firmware.footer");
  Bytes table = TestFirmware{}.image();
  table[0x2000 - 32 - 17] = 0xFF;  // longer than the image
  EXPECT_EQ(parse_error(table), "firmware.footer");
  Bytes entry = TestFirmware{}.image();
  entry[0x2000 - 32 - 18 - 18] = 3;  // shorter than its own header
  EXPECT_EQ(parse_error(entry), "firmware.footer");
  Bytes value = TestFirmware{.with_hashes = false, .with_snp = false, .with_tdx = false}.image();
  value[0x2000 - 32 - 18 - 18] = 18;
  value[0x2000 - 32 - 18] = 36;
  EXPECT_EQ(parse_error(value), "firmware.footer");
  TestFirmware type;
  type.snp[0][2] = 9;
  EXPECT_EQ(parse_error(type.image()), "firmware.snp_metadata");
  TestFirmware unaligned;
  unaligned.snp[0][0] = 0x800001;
  EXPECT_EQ(parse_error(unaligned.image()), "firmware.snp_metadata");
  Bytes magic = TestFirmware{}.image();
  magic[0x100] = 0;
  EXPECT_EQ(parse_error(magic), "firmware.snp_metadata");
  TestFirmware outside;
  outside.tdx[0].offset = 0x1000;
  EXPECT_EQ(parse_error(outside.image()), "firmware.tdx_metadata");
  TestFirmware attributes;
  attributes.tdx[1].attributes = 4;
  EXPECT_EQ(parse_error(attributes.image()), "firmware.tdx_metadata");
  Bytes version = TestFirmware{}.image();
  version[0x408] = 2;
  EXPECT_EQ(parse_error(version), "firmware.tdx_metadata");
}

struct Launch {
  Bytes image;
  Firmware firmware;
  SnpLaunch snp;

  explicit Launch(const TestFirmware& made = {})
      : image(made.image()), firmware(*parse_firmware(image)) {
    snp.firmware = &firmware;
    snp.vcpu_signature = *vcpu_signature("EPYC-v4");
  }
  std::string run() const {
    const auto digest = measure_snp(snp);
    return digest ? wire::hex_encode(*digest) : std::string(digest.error().reason);
  }
};

TEST(Snp, EverythingThatIsMeasuredChangesTheDigest) {
  std::vector<std::string> seen{Launch{}.run()};
  const auto differs = [&](const std::string& digest) {
    EXPECT_EQ(digest.size(), 96u) << digest;
    EXPECT_FALSE(std::ranges::contains(seen, digest));
    seen.push_back(digest);
  };
  Launch vcpus;
  vcpus.snp.vcpus = 2;
  differs(vcpus.run());
  Launch model;
  model.snp.vcpu_signature = *vcpu_signature("EPYC-Milan");
  differs(model.run());
  Launch features;
  features.snp.guest_features = 0x21;
  differs(features.run());
  Launch boot;
  boot.snp.boot = DirectBoot{as_bytes("kernel"), as_bytes("initrd"), "quiet"};
  differs(boot.run());
  boot.snp.boot->kernel = as_bytes("other");
  differs(boot.run());
  boot.snp.boot->initrd = {};
  differs(boot.run());
  boot.snp.boot->command_line = "quiet ";
  differs(boot.run());
  TestFirmware moved;
  moved.snp[0][0] = 0x900000;
  differs(Launch(moved).run());
}

TEST(Snp, Refuses) {
  EXPECT_EQ(Launch({.with_snp = false}).run(), "launch.snp.metadata");
  Launch none;
  none.snp.vcpus = 0;
  EXPECT_EQ(none.run(), "launch.snp.vcpus");
  Launch reset({.with_reset = false});
  EXPECT_EQ(reset.run().size(), 96u);
  reset.snp.vcpus = 2;
  EXPECT_EQ(reset.run(), "launch.snp.ap_reset");
  const auto boot = [](const TestFirmware& made) {
    Launch launch(made);
    launch.snp.boot = DirectBoot{as_bytes("kernel"), {}, ""};
    return launch.run();
  };
  EXPECT_EQ(boot({.with_hashes = false}), "launch.snp.hash_table");
  EXPECT_EQ(boot({.hash_address = 0x804C00}), "launch.snp.hash_table");
  EXPECT_EQ(boot({.hash_size = 16}), "launch.snp.hash_table");
  EXPECT_EQ(boot({.hash_address = 0x803FF0}), "launch.snp.hash_table");
  TestFirmware section;
  section.snp.pop_back();
  EXPECT_EQ(boot(section), "launch.snp.hash_table");
}

TEST(Snp, KnowsModels) {
  EXPECT_EQ(vcpu_signature("EPYC-v4"), 0x00800F12u);
  EXPECT_EQ(vcpu_signature("EPYC-Milan"), 0x00A00F11u);
  EXPECT_EQ(vcpu_signature("EPYC-Genoa-v2"), 0x00A10F10u);
  EXPECT_EQ(vcpu_signature("Opteron"), std::nullopt);
  EXPECT_EQ(vcpu_signature("EPYC-vX"), std::nullopt);
}

TEST(Tdx, MrtdDependsOnOrderAndContents) {
  const Launch launch;
  const auto by_page = measure_mrtd(launch.firmware, PageOrder::kPageByPage);
  const auto by_section = measure_mrtd(launch.firmware, PageOrder::kPagesThenContents);
  ASSERT_TRUE(by_page && by_section);
  EXPECT_NE(*by_page, *by_section);
  TestFirmware unmeasured;
  unmeasured.tdx[0].attributes = 0;
  EXPECT_NE(*by_page, *measure_mrtd(Launch(unmeasured).firmware, PageOrder::kPageByPage));
  TestFirmware augmented;
  augmented.tdx[1].attributes = 2;  // not added at launch
  TestFirmware without;
  without.tdx.pop_back();
  // The metadata stand in the measured image, so only firmware with unmeasured contents compare.
  augmented.tdx[0].attributes = without.tdx[0].attributes = 0;
  EXPECT_EQ(*measure_mrtd(Launch(augmented).firmware, PageOrder::kPageByPage),
            *measure_mrtd(Launch(without).firmware, PageOrder::kPageByPage));
  EXPECT_EQ(
      measure_mrtd(Launch({.with_tdx = false}).firmware, PageOrder::kPageByPage).error().reason,
      "launch.tdx.metadata");
}

// A PE32+ image with one section and certificates after it.
Bytes pe_image(std::size_t certificates) {
  Bytes out(0x400);
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    Bytes bytes;
    append_le(bytes, value, size);
    std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0x3C, 0x80, 4);
  put(0x80, 0x4550, 4);
  put(0x86, 1, 2);     // sections
  put(0x94, 0xF0, 2);  // size of the optional header
  put(0x98, 0x20B, 2);
  put(0x98 + 60, 0x200, 4);               // size of headers
  put(0x98 + 112 + 36, certificates, 4);  // certificate table's size
  put(0x98 + 0xF0 + 16, 0x200, 4);        // raw size
  put(0x98 + 0xF0 + 20, 0x200, 4);        // raw offset
  out.resize(out.size() + certificates, 0xCE);
  return out;
}

TEST(Authenticode, LeavesOutChecksumAndCertificates) {
  const Bytes plain = pe_image(0);
  const auto digest = authenticode_sha384(plain);
  ASSERT_TRUE(digest) << digest.error().message;
  Bytes checksum = plain;
  checksum[0x98 + 64] = 1;
  EXPECT_EQ(*authenticode_sha384(checksum), *digest);
  EXPECT_EQ(*authenticode_sha384(pe_image(16)), *digest);
  Bytes code = plain;
  code[0x300] = 1;
  EXPECT_NE(*authenticode_sha384(code), *digest);
  EXPECT_EQ(authenticode_sha384({}).error().reason, "launch.pe");
  EXPECT_EQ(authenticode_sha384(Bytes(1024)).error().reason, "launch.pe");
  Bytes section = plain;
  section[0x98 + 0xF0 + 22] = 1;
  EXPECT_EQ(authenticode_sha384(section).error().reason, "launch.pe");
  for (std::size_t size = 0; size < plain.size(); ++size) {
    EXPECT_FALSE(authenticode_sha384(ByteView(plain).first(size))) << size;
  }
}

TEST(DirectBoot, RegistersOfTheKernelItsCommandLineAndInitrd) {
  const crypto::Digest384 a{}, b{1};
  EXPECT_NE(rtmr1_of_direct_boot(a), rtmr1_of_direct_boot(b));
  const auto line = crypto::sha384(ByteArray<4>{'x', 0, 0, 0});
  const auto first = crypto::sha384({crypto::Digest384{}, line});
  EXPECT_EQ(rtmr2_of_direct_boot("x", as_bytes("i")),
            crypto::sha384({first, crypto::sha384(as_bytes("i"))}));
}

}  // namespace
}  // namespace atoma::launch
