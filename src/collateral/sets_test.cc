#include "atoma/collateral/sets.h"

#include "atoma/evidence/intel/verify.h"
#include "test_world.h"

namespace atoma::collateral {
namespace {

using atoma::store::TemporaryDirectory;
using test::kNow;
using test::outcome;
using test::world;

std::vector<AuthenticRecord> authentic(const std::vector<Record>& records) {
  std::vector<AuthenticRecord> out;
  for (const auto& record : records) {
    auto checked = verify_record(record, world().anchors);
    EXPECT_TRUE(checked) << record.item.name();
    if (checked) out.push_back(*std::move(checked));
  }
  return out;
}

std::vector<std::string> names(const std::vector<FileSet>& sets) {
  std::vector<std::string> out;
  for (const auto& set : sets) {
    for (const auto& file : set.files) out.push_back(set.name + "/" + file.name);
  }
  std::ranges::sort(out);
  return out;
}

std::vector<Record> read_back(const std::vector<FileSet>& sets, std::vector<std::string>& unread) {
  std::vector<Record> out;
  for (const auto& set : sets) {
    auto records = records_of(set, kNow, unread);
    EXPECT_TRUE(records) << set.name << ": " << records.error().to_string();
    if (records) std::ranges::move(*records, std::back_inserter(out));
  }
  return out;
}

TEST(Sets, AreFoldersThatVerifiersRead) {
  const std::string fmspc = world().fmspc();
  const auto sets = make_sets(authentic(world().records()));
  const std::string tdx = "intel-tdx-" + fmspc + "-platform";
  const auto all = names(sets);
  for (const std::string file : {"tcb_info.json", "qe_identity.json", "tcb_signing_chain.pem",
                                 "root_crl.der", "pck_crl.der", "pck_crl_issuer_chain.pem"}) {
    EXPECT_TRUE(std::ranges::contains(all, tdx + "/" + file)) << file;
  }
  EXPECT_TRUE(std::ranges::contains(all, "nvidia/NV_GPU_DRIVER_GH100_550.90.07.xml"));
  EXPECT_TRUE(std::ranges::contains(all, "amd-milan-vlek/asvk_ark.pem"));
  const auto parsed = parse_sets(sets);
  EXPECT_EQ(parsed.collateral.size(), 2u);
  ASSERT_EQ(parsed.endorsements.size(), 1u);
  EXPECT_NE(parsed.endorsements.front()->crl(), nullptr);
  // A quote is authentic by what came out.
  evidence::intel::Verifier verifier(world().anchors);
  const Bytes bytes = world().intel.quote_td({});
  const auto quote = evidence::intel::parse_quote(bytes);
  ASSERT_TRUE(quote);
  std::size_t good = 0;
  for (const auto& set : parsed.collateral) {
    evidence::Findings findings(evidence::Detail::kAll);
    good += verifier.verify(*quote, *set, kNow, findings).quote.has_value() ? 1 : 0;
  }
  EXPECT_EQ(good, 1u);
}

TEST(Sets, GiveServicesManifestsAndAnswers) {
  const auto parsed = parse_sets(make_sets(authentic(world().records())));
  ASSERT_EQ(parsed.rims.size(), 1u);
  EXPECT_EQ(parsed.rims[0]->rim.version(), "550.90.07");
  EXPECT_EQ(parsed.ocsp.size(), 1u);
  EXPECT_TRUE(
      parse_sets(std::vector<FileSet>{{.name = "s", .files = {{"a.xml", to_bytes("<a/>")}}}})
          .rims.empty());
}

TEST(Sets, AreTheSameBytesEachTime) {
  auto records = authentic(world().records());
  const auto once = make_sets(records);
  std::ranges::reverse(records);
  const auto again = make_sets(records);
  ASSERT_EQ(names(once), names(again));
  for (std::size_t i = 0; i < once.size(); ++i) {
    for (const auto& file : once[i].files) EXPECT_EQ(*again[i].find(file.name), file.bytes);
  }
}

TEST(Sets, GoThroughAFolderAndBack) {
  const TemporaryDirectory directory;
  const auto folder = directory.path() / "bundle";
  const auto sets = make_sets(authentic(world().records()));
  ASSERT_TRUE(write_sets(folder, sets));
  EXPECT_EQ(outcome(write_sets(folder, sets)), "collateral.export");
  const auto read = read_sets(folder);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(names(*read), names(sets));
  std::vector<std::string> unread;
  std::set<std::string> found;
  for (auto& record : read_back(*read, unread)) {
    const auto checked = verify_record(record, world().anchors);
    EXPECT_TRUE(checked) << record.item.name() << ": " << checked.error().to_string();
    found.insert(record.item.name());
  }
  for (const auto& record : world().records()) {
    EXPECT_TRUE(found.contains(record.item.name())) << record.item.name();
  }
  EXPECT_TRUE(unread.empty());
}

TEST(Sets, SayWhatTheyDoNotRead) {
  std::vector<std::string> unread;
  auto files = world().files();
  const FileSet set{.name = "s",
                    .files = {{"tcb_info.json", files.tcb_info},
                              {"tcb_signing_chain.pem", files.tcb_signing_chain},
                              {"pck_crl.der", files.pck_crl},
                              {"README", {}}}};
  EXPECT_EQ(read_back({set}, unread).size(), 1u);
  EXPECT_EQ(unread, (std::vector<std::string>{"s/pck_crl.der", "s/README"}));
  const FileSet broken{.name = "s", .files = {{"tcb_info.json", to_bytes("{")}}};
  EXPECT_EQ(outcome(records_of(broken, kNow, unread)), "json.syntax");
  const FileSet manifest{.name = "s", .files = {{"a b.xml", {}}}};
  EXPECT_EQ(outcome(records_of(manifest, kNow, unread)), "collateral.item");
}

TEST(Sets, NeedAFolder) {
  const TemporaryDirectory directory;
  EXPECT_EQ(outcome(read_sets(directory.path())), "collateral.import");
  EXPECT_EQ(outcome(read_sets(directory.path() / "absent")), "collateral.import");
  for (std::size_t i = 0; i <= kSetFilesMax; ++i) {
    ASSERT_TRUE(atoma::store::posix_file_system().open(directory.path() / std::to_string(i),
                                                       atoma::store::OpenMode::kCreate));
  }
  EXPECT_EQ(outcome(read_sets(directory.path())), "collateral.import");
}

// Real collateral of Intel's, as others recorded it, under Intel's own root.
TEST(Sets, ReadRecordedCollateral) {
  const char* const vectors = std::getenv("ATOMA_VECTORS");
  if (vectors == nullptr) GTEST_SKIP() << "no vectors";
  const auto sets = read_sets(atoma::store::Path(vectors) / "tdx" / "collateral");
  ASSERT_TRUE(sets) << sets.error().to_string();
  std::vector<std::string> unread;
  std::size_t count = 0;
  for (const auto& record : read_back(*sets, unread)) {
    const auto checked = verify_record(record, {});
    ASSERT_TRUE(checked) << record.item.name() << ": " << checked.error().to_string();
    EXPECT_EQ(checked->root(), evidence::RootKind::kVendor);
    ++count;
  }
  EXPECT_GE(count, 30u);
}

TEST(Sets, ReadRecordedManifests) {
  const char* const vectors = std::getenv("ATOMA_VECTORS");
  if (vectors == nullptr) GTEST_SKIP() << "no vectors";
  const auto bytes = atoma::store::read_file(
      atoma::store::posix_file_system(),
      atoma::store::Path(vectors) / "nvidia/rims/NV_GPU_DRIVER_GH100_550.144.03.xml", kContentMax);
  ASSERT_TRUE(bytes);
  const auto record = [&](const char* name) {
    return outcome(verify_record(test::make_record(name, *bytes, {}), {}));
  };
  EXPECT_EQ(record("nvidia/rim/NV_GPU_DRIVER_GH100_550.144.03"), "ok");
  EXPECT_EQ(record("nvidia/rim/NV_GPU_DRIVER_GH100_550.144.04"), "collateral.mismatch");
}

}  // namespace
}  // namespace atoma::collateral
