#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <system_error>
#include <utility>

#include "atoma/store/file.h"

namespace atoma::store {
namespace {

std::unexpected<Error> io_error(const Path& path, const char* operation, int error) {
  return fail(
      Code::kUnavailable, "store.io",
      std::format("{}: {}: {}", path.string(), operation, std::generic_category().message(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<Descriptor> open_descriptor(const Path& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return Descriptor(fd);
  if (errno == ENOENT) {
    return fail(Code::kNotFound, "store.missing", std::format("{} does not exist", path.string()));
  }
  return io_error(path, "open", errno);
}

class PosixFile final : public File {
 public:
  PosixFile(Path path, Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<std::size_t> read(std::uint64_t offset, MutableByteView out) const override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = ::pread(fd_.get(), out.data() + done, out.size() - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return io_error(path_, "read", errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Status write(std::uint64_t offset, ByteView data) override {
    while (!data.empty()) {
      const ssize_t put = ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return io_error(path_, "write", errno);
      data = data.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
    return {};
  }

  Status sync() override {
    // Never retried: after one failure the kernel may have dropped the pages and report success.
    if (::fdatasync(fd_.get()) != 0) return io_error(path_, "fdatasync", errno);
    return {};
  }

  Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      return io_error(path_, "ftruncate", errno);
    }
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return io_error(path_, "fstat", errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  Path path_;
  Descriptor fd_;
};

class PosixLock final : public Lock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;  // flock belongs to the open file and ends with it
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead        ? O_RDONLY
                      : mode == OpenMode::kReadWrite ? O_RDWR
                                                     : O_RDWR | O_CREAT | O_TRUNC;
    ATOMA_TRY(Descriptor fd, open_descriptor(path, flags));
    return std::make_unique<PosixFile>(path, std::move(fd));
  }

  Result<bool> exists(const Path& path) const override {
    struct stat info{};
    if (::lstat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return io_error(path, "lstat", errno);
  }

  Status rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return io_error(from, "rename", errno);
    return {};
  }

  Status sync_directory(const Path& path) override {
    const Path directory = path.empty() ? Path(".") : path;
    ATOMA_TRY(const Descriptor fd, open_descriptor(directory, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0) return io_error(directory, "fsync", errno);
    return {};
  }

  Status remove(const Path& path) override {
    if (::unlink(path.c_str()) == 0) return {};
    if (errno == ENOENT) {
      return fail(Code::kNotFound, "store.missing",
                  std::format("{} does not exist", path.string()));
    }
    return io_error(path, "unlink", errno);
  }

  Result<std::vector<std::string>> list(const Path& path) const override {
    std::vector<std::string> out;
    std::error_code error;
    for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
         at.increment(error)) {
      const bool folder = at->is_directory(error);
      if (error) break;
      if (!folder) out.push_back(at->path().filename().string());
    }
    if (!error || error == std::errc::no_such_file_or_directory) return out;
    return io_error(path, "list", error.value());
  }

  Status make_directory(const Path& path) override {
    if (path.has_parent_path() && path.parent_path() != path) {
      ATOMA_TRY(const bool there, exists(path.parent_path()));
      if (!there) ATOMA_TRY_VOID(make_directory(path.parent_path()));
    }
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(path.parent_path());
    if (errno == EEXIST) return {};
    return io_error(path, "mkdir", errno);
  }

  Result<std::unique_ptr<Lock>> lock(const Path& path) override {
    ATOMA_TRY(Descriptor fd, open_descriptor(path, O_RDWR | O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      return std::make_unique<PosixLock>(std::move(fd));
    }
    if (errno != EWOULDBLOCK) return io_error(path, "flock", errno);
    return fail(Code::kFailedPrecondition, "store.locked",
                std::format("{} is held: another process has this directory open", path.string()));
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace atoma::store
