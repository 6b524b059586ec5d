// A disk that knows what is durable, and the file system that one process sees of it. When the
// process dies the world goes on with what the disk then holds, and the ghost keeps the old one.
#pragma once

#include <map>
#include <set>

#include "atoma/store/file.h"
#include "scheduler.h"

namespace atoma::sim {

struct DiskFaults {
  std::uint64_t error = 0;  // of each operation that changes something, in millionths
  std::uint64_t crash = 0;  // the process is killed at the operation, before or after it
  Span sync_time{};         // up to
};

class Disk {
 public:
  // After kill -9: what was written is there.
  std::shared_ptr<Disk> as_left() const { return survive(nullptr); }
  // After a power cut: of what was not synced, each write is there, or a part of it, or nothing.
  std::shared_ptr<Disk> after_power_cut(Random& random) const { return survive(&random); }
  // Another disk with the files below a folder as they are in `from`; none where it is null.
  std::shared_ptr<Disk> with_folder_of(const Disk* from, std::string_view folder) const;

  void put(const std::string& name, Bytes bytes);  // durable

 private:
  friend class SimFiles;
  struct Inode {
    struct Write {
      std::size_t offset = 0;
      Bytes bytes;
    };
    Bytes current;
    Bytes durable;
    std::vector<Write> unsynced;

    void write(std::size_t offset, ByteView bytes);
    void sync();
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  std::shared_ptr<Disk> survive(Random* random) const;

  Names names_, durable_names_;
  std::set<std::string> locked_;
};

class SimFiles final : public store::FileSystem {
 public:
  // `die` kills the process that this is the file system of.
  SimFiles(std::shared_ptr<Disk> disk, Process& process, const DiskFaults& faults,
           std::function<void()> die)
      : disk_(std::move(disk)), process_(process), faults_(faults), die_(std::move(die)) {}

  Result<std::unique_ptr<store::File>> open(const store::Path& path, store::OpenMode mode) override;
  Result<bool> exists(const store::Path& path) const override;
  Status rename(const store::Path& from, const store::Path& to) override;
  Status sync_directory(const store::Path& path) override;
  Status remove(const store::Path& path) override;
  Result<std::vector<std::string>> list(const store::Path& path) const override;
  Status make_directory(const store::Path&) override { return {}; }
  Result<std::unique_ptr<store::Lock>> lock(const store::Path& path) override;

 private:
  class SimFile;
  class SimLock;

  // Does an operation, or a part of it, or none; and says what the caller hears. `some` is done
  // where a part is; null when there is no part.
  Status change(const std::function<void()>& all, const std::function<void()>& some = nullptr);
  Random& random() { return process_.scheduler().random(); }

  std::shared_ptr<Disk> disk_;
  Process& process_;
  const DiskFaults& faults_;
  std::function<void()> die_;
};

}  // namespace atoma::sim
