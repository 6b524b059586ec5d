#include "atoma/store/kv.h"

#include <format>

#include "test_support.h"

namespace atoma::store {
namespace {

class KvTest : public testing::Test {
 protected:
  Result<Kv> open(std::size_t bytes_max = 1 << 22) {
    return Kv::open(directory_.path() / "kv", {.tables = {"a", "b"}, .bytes_max = bytes_max});
  }
  TemporaryDirectory directory_;
};

std::string text_of(const Result<std::optional<Bytes>>& value) {
  if (!value) return value.error().to_string();
  return *value ? std::string(as_text(**value)) : "absent";
}

TEST_F(KvTest, KeepsWhatWasPut) {
  {
    auto kv = open();
    ASSERT_TRUE(kv) << kv.error().to_string();
    ASSERT_TRUE(kv->put("a", "k", as_bytes("old")));
    ASSERT_TRUE(kv->put("a", "k", as_bytes("new")));
    ASSERT_TRUE(kv->put("a", "empty", {}));
  }
  auto kv = open();
  ASSERT_TRUE(kv) << kv.error().to_string();
  EXPECT_EQ(text_of(kv->get("a", "k")), "new");
  EXPECT_EQ(text_of(kv->get("a", "empty")), "");
  EXPECT_EQ(text_of(kv->get("b", "k")), "absent");
  EXPECT_TRUE(*kv->erase("a", "k"));
  EXPECT_FALSE(*kv->erase("a", "k"));
  EXPECT_EQ(text_of(kv->get("a", "k")), "absent");
}

TEST_F(KvTest, ATransactionIsAllOrNothing) {
  auto kv = *open();
  const auto refused = kv.update([](Kv::Transaction& t) -> Status {
    ATOMA_TRY_VOID(t.put("a", "k", as_bytes("v")));
    ATOMA_TRY(const auto seen, t.get("a", "k"));
    EXPECT_TRUE(seen);
    return malformed("test.changed_my_mind", "");
  });
  EXPECT_EQ(refused.error().reason, "test.changed_my_mind");
  EXPECT_EQ(text_of(kv.get("a", "k")), "absent");
  ASSERT_TRUE(kv.update([](Kv::Transaction& t) -> Status {
    ATOMA_TRY_VOID(t.put("a", "k", as_bytes("1")));
    return t.put("b", "k", as_bytes("2"));
  }));
  EXPECT_EQ(text_of(kv.get("a", "k")) + text_of(kv.get("b", "k")), "12");
}

TEST_F(KvTest, ListsByPrefixInPages) {
  auto kv = *open();
  for (const char* key : {"x/1", "x/2", "x/3", "x", "y/1", "w"}) {
    ASSERT_TRUE(kv.put("a", key, as_bytes("v")));
  }
  using Keys = std::vector<std::string>;
  EXPECT_EQ(*kv.list("a", "x/", 10), (Keys{"x/1", "x/2", "x/3"}));
  EXPECT_EQ(*kv.list("a", "x/", 2), (Keys{"x/1", "x/2"}));
  EXPECT_EQ(*kv.list("a", "x/", 2, "x/2"), (Keys{"x/3"}));
  EXPECT_EQ(*kv.list("a", "x/", 2, "z"), Keys{});
  EXPECT_EQ(*kv.list("a", "x/", 2, "a"), (Keys{"x/1", "x/2"}));
  EXPECT_EQ(kv.list("a", "", 10)->size(), 6u);
  EXPECT_EQ(*kv.list("b", "", 10), Keys{});
  EXPECT_EQ(*kv.list("a", "zz", 10), Keys{});
}

TEST_F(KvTest, BoundsKeysAndValues) {
  auto kv = *open();
  EXPECT_EQ(kv.put("a", "", {}).error().reason, "store.kv_key");
  EXPECT_EQ(kv.get("a", std::string(kKvKeyMax + 1, 'k')).error().reason, "store.kv_key");
  EXPECT_EQ(kv.erase("a", "").error().reason, "store.kv_key");
  EXPECT_EQ(kv.list("a", std::string(kKvKeyMax + 1, 'k'), 1).error().reason, "store.kv_key");
  EXPECT_TRUE(kv.put("a", std::string(kKvKeyMax, 'k'), {}));
  EXPECT_EQ(kv.put("a", "k", Bytes(kKvValueMax + 1)).error().reason, "store.kv_value");
  EXPECT_TRUE(kv.put("a", "k", Bytes(kKvValueMax)));
}

TEST_F(KvTest, SaysWhenItIsFullAndGoesOn) {
  auto kv = *open(1 << 20);
  Status status;
  int stored = 0;
  for (; status; ++stored) status = kv.put("a", std::format("{}", stored), Bytes(100'000));
  EXPECT_EQ(status.error().reason, "store.kv_full");
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_GT(stored, 3);
  EXPECT_TRUE(*kv.get("a", "0"));
}

TEST_F(KvTest, OneAtATime) {
  auto kv = open();
  ASSERT_TRUE(kv);
  EXPECT_EQ(open().error().reason, "store.locked");
  *kv = Kv(std::move(*kv));  // moving keeps it
  EXPECT_EQ(open().error().reason, "store.locked");
}

TEST_F(KvTest, RefusesADamagedFile) {
  {
    ASSERT_TRUE(open()->put("a", "k", as_bytes("v")));
  }
  auto file =
      *posix_file_system().open(directory_.path() / "kv" / "data.mdb", OpenMode::kReadWrite);
  ASSERT_TRUE(file->write(0, Bytes(8192, 0x55)));
  EXPECT_EQ(open().error().reason, "store.kv");
}

TEST_F(KvTest, FilesAreForTheOwner) {
  ASSERT_TRUE(open());
  using std::filesystem::perms;
  const auto mode = std::filesystem::status(directory_.path() / "kv" / "data.mdb").permissions();
  EXPECT_EQ(mode, perms::owner_read | perms::owner_write);
}

}  // namespace
}  // namespace atoma::store
