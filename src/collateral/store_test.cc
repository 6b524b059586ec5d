#include "atoma/collateral/store.h"

#include "test_world.h"

namespace atoma::collateral {
namespace {

using atoma::store::posix_file_system;
using atoma::store::TemporaryDirectory;
using test::kDay;
using test::kNow;
using test::make_record;
using test::outcome;
using test::world;

std::unique_ptr<Store> open(const atoma::store::Path& path,
                            Store::Access access = Store::Access::kWrite) {
  auto store = Store::open(posix_file_system(), path, access);
  EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
  return store ? *std::move(store) : nullptr;
}

std::string admitted(Store& store, const Record& record, Time now = kNow) {
  return outcome(store.admit(record, world().anchors, now));
}

TEST(CollateralStore, KeepsWhatWasAdmitted) {
  const TemporaryDirectory directory;
  const auto records = world().records();
  {
    const auto store = open(directory.path());
    for (const auto& record : records) EXPECT_EQ(admitted(*store, record), "ok");
  }
  const auto store = open(directory.path(), Store::Access::kRead);
  const auto items = store->list();
  ASSERT_TRUE(items);
  EXPECT_EQ(items->size(), records.size());
  for (const auto& record : records) {
    const auto again = store->load_verified(record.item, world().anchors);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->record().content, record.content);
    EXPECT_EQ(again->record().issuer_chain, record.issuer_chain);
  }
}

TEST(CollateralStore, BelievesNothingForBeingOnDisk) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  const auto record = world().records().front();
  ASSERT_EQ(admitted(*store, record), "ok");
  const auto path = directory.path() / file_name(record.item);
  const auto put = [&](const Record& changed) {
    ASSERT_TRUE(
        atoma::store::replace_file(posix_file_system(), path, as_bytes(encode_record(changed))));
  };
  auto forged = record;
  const std::string_view level = "UpToDate";
  auto text = std::string(as_text(forged.content));
  text.replace(text.find(level), level.size(), "Revoked\"");
  forged.content = to_bytes(text);
  put(forged);
  EXPECT_NE(outcome(store->load_verified(record.item, world().anchors)), "ok");
  auto unsigned_chain = record;
  unsigned_chain.issuer_chain = world().pck_ca_pem();
  put(unsigned_chain);
  EXPECT_EQ(outcome(store->load_verified(record.item, world().anchors)), "collateral.issuer");
  put(world().records()[1]);
  EXPECT_EQ(outcome(store->load(record.item)), "collateral.record");
  ASSERT_TRUE(atoma::store::replace_file(posix_file_system(), path, as_bytes("{}")));
  EXPECT_EQ(outcome(store->load(record.item)), "collateral.record");
  // What is on disk and is not good does not stand in the way of what is.
  EXPECT_EQ(admitted(*store, record), "ok");
}

TEST(CollateralStore, RefusesWhatIsNotGoodNow) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  const auto record = world().records().front();
  EXPECT_EQ(admitted(*store, record, test::kWindow.not_after + Duration{1}), "collateral.validity");
  EXPECT_EQ(admitted(*store, record, test::kWindow.not_before - Duration{1}),
            "collateral.validity");
  EXPECT_TRUE(store->list()->empty());
}

TEST(CollateralStore, RefusesWhatIsTooLarge) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  auto record = world().records().front();
  record.issuer_chain.resize(kIssuerChainMax + 1, ' ');  // white space is PEM, too
  EXPECT_EQ(admitted(*store, record), "collateral.too_large");
  record.issuer_chain = world().files().tcb_signing_chain;
  record.content.resize(kContentMax + 1, ' ');
  EXPECT_EQ(admitted(*store, record), "collateral.too_large");
}

TEST(CollateralStore, DoesNotGoBack) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  const auto older = world().records().front();
  const ValidityWindow later{kNow, kNow + Duration{30 * kDay.s}};
  const auto newer = world().records(later).front();
  ASSERT_EQ(admitted(*store, newer), "ok");
  EXPECT_EQ(admitted(*store, older), "collateral.rollback");
  EXPECT_EQ(store->load(newer.item)->content, newer.content);
  EXPECT_EQ(admitted(*store, newer), "ok");
  // An expired one is nothing to go back from.
  const ValidityWindow short_lived{kNow, kNow + Duration{60}};
  const TemporaryDirectory elsewhere;
  const auto other = open(elsewhere.path());
  ASSERT_EQ(admitted(*other, world().records(short_lived).front()), "ok");
  EXPECT_EQ(admitted(*other, older, kNow + Duration{61}), "ok");
}

TEST(CollateralStore, HasOneWriter) {
  const TemporaryDirectory directory;
  const auto writer = open(directory.path());
  EXPECT_EQ(outcome(Store::open(posix_file_system(), directory.path(), Store::Access::kWrite)),
            "store.locked");
  EXPECT_NE(open(directory.path(), Store::Access::kRead), nullptr);
  EXPECT_EQ(
      outcome(Store::open(posix_file_system(), directory.path() / "absent", Store::Access::kRead)),
      "store.missing");
  EXPECT_EQ(outcome(writer->load(*Item::parse("intel/root_crl"))), "store.missing");
}

TEST(CollateralStore, IsBounded) {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  for (std::size_t i = 0; i < kRecordsMax; ++i) {
    const auto name = std::format("nvidia/rim/X{}", i);
    ASSERT_TRUE(atoma::store::replace_file(posix_file_system(),
                                           directory.path() / file_name(*Item::parse(name)), {}));
  }
  EXPECT_EQ(admitted(*store, world().records().front()), "collateral.full");
  std::filesystem::remove(directory.path() / file_name(*Item::parse("nvidia/rim/X0")));
  EXPECT_EQ(admitted(*store, world().records().front()), "ok");
}

}  // namespace
}  // namespace atoma::collateral
