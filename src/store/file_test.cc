#include "atoma/store/file.h"

#include "test_support.h"

namespace atoma::store {
namespace {

TEST(PosixFiles, WriteReadTruncate) {
  TemporaryDirectory directory;
  FileSystem& files = posix_file_system();
  const auto file = files.open(directory.path() / "a", OpenMode::kCreate);
  ASSERT_TRUE(file) << file.error().to_string();
  ASSERT_TRUE((*file)->write(0, as_bytes("hello world")));
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE((*file)->truncate(8));
  EXPECT_EQ(*(*file)->size(), 8u);
  Bytes out(20);
  EXPECT_EQ(*(*file)->read(6, out), 2u);
  EXPECT_EQ(as_text(ByteView(out).first(2)), "wo");
  EXPECT_EQ(*(*file)->read(100, out), 0u);
}

TEST(PosixFiles, NamesWhatFailed) {
  TemporaryDirectory directory;
  FileSystem& files = posix_file_system();
  EXPECT_EQ(files.open(directory.path() / "none", OpenMode::kRead).error().reason, "store.missing");
  const auto error = files.open(directory.path(), OpenMode::kReadWrite).error();
  EXPECT_EQ(error.reason, "store.io");
  EXPECT_NE(error.message.find(directory.path().string()), error.message.npos) << error.message;
  EXPECT_EQ(files.rename(directory.path() / "none", directory.path() / "b").error().reason,
            "store.io");
  std::filesystem::create_symlink("a", directory.path() / "link");
  EXPECT_EQ(files.open(directory.path() / "link", OpenMode::kCreate).error().reason, "store.io");
}

TEST(PosixFiles, DirectoriesAreForTheOwner) {
  TemporaryDirectory directory;
  FileSystem& files = posix_file_system();
  const Path deep = directory.path() / "a" / "b";
  ASSERT_TRUE(files.make_directory(deep));
  ASSERT_TRUE(files.make_directory(deep));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(deep).permissions(), perms::owner_all);
  ASSERT_TRUE(replace_file(files, deep / "f", as_bytes("x")));
  EXPECT_EQ(std::filesystem::status(deep / "f").permissions(),
            perms::owner_read | perms::owner_write);
}

TEST(PosixFiles, ALockIsHeldByOne) {
  TemporaryDirectory directory;
  FileSystem& files = posix_file_system();
  auto lock = files.lock(directory.path() / "lock");
  ASSERT_TRUE(lock) << lock.error().to_string();
  EXPECT_EQ(files.lock(directory.path() / "lock").error().reason, "store.locked");
  lock->reset();
  EXPECT_TRUE(files.lock(directory.path() / "lock"));
}

TEST(ReplaceFile, ReplacesAndReads) {
  TemporaryDirectory directory;
  FileSystem& files = posix_file_system();
  const Path path = directory.path() / "f";
  ASSERT_TRUE(replace_file(files, path, as_bytes("a longer first text")));
  ASSERT_TRUE(replace_file(files, path, as_bytes("second")));
  EXPECT_EQ(as_text(*read_file(files, path, 6)), "second");
  EXPECT_EQ(read_file(files, path, 5).error().reason, "store.size");
  EXPECT_EQ(read_file(files, directory.path() / "g", 5).error().reason, "store.missing");
}

}  // namespace
}  // namespace atoma::store
