// The few file operations that durable code needs, as an interface, so that tests can fail, tear
// and lose each one. Safe from any thread; a File may be read while it is written elsewhere.
//
// Errors of every call: "store.io" with path, operation and the system's reason.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::store {

using Path = std::filesystem::path;

class File {
 public:
  virtual ~File() = default;
  // Fills `out` from `offset`; fewer bytes only at the end of the file.
  virtual Result<std::size_t> read(std::uint64_t offset, MutableByteView out) const = 0;
  // All of `data`, or an error after which any part of it may be in the file.
  virtual Status write(std::uint64_t offset, ByteView data) = 0;
  // Returns when data and size are durable. After an error nobody knows what is.
  virtual Status sync() = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() const = 0;
};

// Held until destroyed, or until the process ends however it ends.
class Lock {
 public:
  virtual ~Lock() = default;
};

// kCreate makes the file, or empties it when it is there.
enum class OpenMode : std::uint8_t { kRead, kReadWrite, kCreate };

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Also "store.missing".
  virtual Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) = 0;
  virtual Result<bool> exists(const Path& path) const = 0;
  // Atomic; durable after sync_directory.
  virtual Status rename(const Path& from, const Path& to) = 0;
  virtual Status sync_directory(const Path& path) = 0;
  // Durable after sync_directory. Errors: also "store.missing".
  virtual Status remove(const Path& path) = 0;
  // The names of all files in a folder, in no order and without folders; none where it is not
  // there.
  virtual Result<std::vector<std::string>> list(const Path& path) const = 0;
  // With parents, for the owner only; fine when it is there.
  virtual Status make_directory(const Path& path) = 0;
  // Also "store.locked" when any process, this one included, holds it.
  virtual Result<std::unique_ptr<Lock>> lock(const Path& path) = 0;
};

// The system's files: mode 0600, directories 0700, no symbolic link as last component.
FileSystem& posix_file_system();

// The whole file. Errors: also "store.missing", "store.size".
Result<Bytes> read_file(FileSystem& files, const Path& path, std::size_t size_max);
// Replaces the file at once: whoever reads sees the old contents or `data`, and after a success
// `data` is durable. Writes through "<path>.new".
Status replace_file(FileSystem& files, const Path& path, ByteView data);

}  // namespace atoma::store
