#include "atoma/collateral/item.h"

#include <gtest/gtest.h>

#include "atoma/collateral/record.h"
#include "atoma/collateral/store.h"
#include "test_world.h"

namespace atoma::collateral {
namespace {

using evidence::amd::Product;
using test::outcome;

const std::string kChip(128, 'a');
const std::string kDigest(64, '0');

TEST(Item, NamesWhatCanBeFetched) {
  const std::pair<std::string, Kind> names[] = {
      {"intel/tcb_info/tdx/00806f050000", Kind::kTcbInfo},
      {"intel/tcb_info/sgx/00806f050000", Kind::kTcbInfo},
      {"intel/qe_identity/sgx", Kind::kQeIdentity},
      {"intel/pck_crl/processor", Kind::kPckCrl},
      {"intel/root_crl", Kind::kRootCrl},
      {"amd/cert_chain/genoa", Kind::kAmdChain},
      {"amd/vlek_cert_chain/milan", Kind::kAmdVlekChain},
      {"amd/crl/turin", Kind::kAmdCrl},
      {"amd/vcek/milan/" + kChip + "-4.0.24.217", Kind::kVcek},
      {"amd/vcek/turin/0123456789abcdef-1.4.0.24.217", Kind::kVcek},
      {"nvidia/rim/NV_GPU_DRIVER_GH100_550.144.03", Kind::kRim},
      {"nvidia/ocsp/" + kDigest, Kind::kOcsp}};
  for (const auto& [name, kind] : names) {
    const auto item = Item::parse(name);
    ASSERT_TRUE(item) << name;
    EXPECT_EQ(item->kind(), kind);
    EXPECT_EQ(item->name(), name);
    EXPECT_EQ(item_of_file(file_name(*item)), *item);
  }
}

TEST(Item, RefusesOtherNames) {
  for (const std::string& name :
       std::vector<std::string>{"",
                                "intel",
                                "intel/",
                                "intel/tcb_info",
                                "intel/tcb_info/tdx",
                                "intel/tcb_info/tdx/",
                                "intel/tcb_info/cca/00806f050000",
                                "intel/tcb_info/tdx/00806F050000",
                                "intel/tcb_info/tdx/00806f05000",
                                "intel/tcb_info/tdx/00806f050000/",
                                "intel/qe_identity/tdx/",
                                "intel/qe_identity/tdx/x",
                                "intel/pck_crl/root",
                                "intel/root_crl/",
                                "intel/root_crlx",
                                "amd/crl/Milan",
                                "amd/crl/rome",
                                "amd/vcek/milan/" + kChip,
                                "amd/vcek/milan/" + kChip + "-",
                                "amd/vcek/milan/" + kChip + "-4.0.24",
                                "amd/vcek/milan/" + kChip + "-4.0.24.256",
                                "amd/vcek/milan/" + kChip + "-4.0.24.01",
                                "amd/vcek/milan/" + kChip + "-1.4.0.24.217",
                                "amd/vcek/milan/" + kChip + "-4.0.24.217.",
                                "amd/vcek/milan/ab-4.0.24.217",
                                "amd/vcek/turin/0123456789abcdef-4.0.24.217",
                                "nvidia/rim/",
                                "nvidia/rim/..",
                                "nvidia/rim/a/b",
                                "nvidia/rim/a+b",
                                "nvidia/rim/a%2Fb",
                                "nvidia/rim/a b",
                                "nvidia/ocsp/00",
                                "nvidia/rim/" + std::string(129, 'A'),
                                "INTEL/root_crl"}) {
    EXPECT_EQ(outcome(Item::parse(name)), "collateral.item") << name;
  }
  EXPECT_EQ(outcome(vcek_item(Product::kUnknown, Bytes(64), {})), "collateral.item");
  EXPECT_EQ(outcome(vcek_item(Product::kMilan, Bytes(8), {})), "collateral.item");
}

TEST(Item, ReadsAVcekBack) {
  const evidence::amd::TcbVersion tcb{
      .fmc = 1, .bootloader = 4, .tee = 0, .snp = 24, .microcode = 217};
  const auto item = vcek_item(Product::kTurin, Bytes(8, 0xAB), tcb);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->name(), "amd/vcek/turin/abababababababab-1.4.0.24.217");
  EXPECT_EQ(item->product(), Product::kTurin);
  EXPECT_EQ(item->chip_id(), "abababababababab");
  EXPECT_EQ(item->tcb(), tcb);
}

TEST(Item, IsNoFileOfAnotherKind) {
  for (const char* name : {"lock", "intel+root_crl", "intel+root_crl.json.new",
                           "intel/root_crl.json", "x.json", ".json"}) {
    EXPECT_FALSE(item_of_file(name)) << name;
  }
}

TEST(Record, ReadsBackWhatItWrote) {
  auto record = test::make_record("intel/root_crl", Bytes{1, 2, 3}, to_bytes("chain"));
  record.etag = "\"abc\"";
  const std::string text = encode_record(record);
  const auto again = parse_record(text);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(encode_record(*again), text);
  EXPECT_EQ(again->content, record.content);
  EXPECT_EQ(again->etag, record.etag);
  EXPECT_EQ(again->fetched_at, record.fetched_at);
}

TEST(Record, RefusesEveryOtherText) {
  const std::string good = encode_record(test::make_record("intel/root_crl", Bytes{1}, {}));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& text :
       {with("atoma-collateral/1", "atoma-collateral/2"), with("\"AQ==\"", "\"AQ\""),
        with("\"AQ==\"", "1"), with("\"etag\":\"\"", "\"etag\":\"a b\""), with("\n", ""),
        with("{", "{ "), with("\"etag\"", "\"tag\""), with("2026-01-01T", "2026-13-01T"),
        std::string("{}"), std::string("[]"), with("\"etag\":\"\",", "")}) {
    EXPECT_EQ(outcome(parse_record(text)), "collateral.record") << text;
  }
  EXPECT_EQ(outcome(parse_record(std::string(kRecordMax + 1, ' '))), "collateral.record");
  EXPECT_EQ(outcome(parse_record("{")), "json.syntax");
  EXPECT_EQ(outcome(parse_record(with("intel/root_crl", "intel/x"))), "collateral.item");
}

}  // namespace
}  // namespace atoma::collateral
