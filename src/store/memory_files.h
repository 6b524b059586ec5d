// A file system in memory that knows what is durable, fails on command, and can crash: for tests.
//
//   files.fault = {.at = 7, .kind = Fault::kTear};   // the eighth operation that changes anything
//   …
//   files.crash(Crash::kLoseUnsynced);
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "atoma/base/check.h"
#include "atoma/store/file.h"

namespace atoma::store {

// kFail does nothing and fails; kTear does half (of a write) and fails; kLie does all and fails.
enum class Fault : std::uint8_t { kNone, kFail, kTear, kLie };
// What the disk has after the power is back: only what was synced, all of it, or half of each
// write.
enum class Crash : std::uint8_t { kLoseUnsynced, kKeepAll, kKeepHalf };

class MemoryFiles final : public FileSystem {
 public:
  struct Plan {
    int at = -1;  // counts operations that change something, from 0
    Fault kind = Fault::kNone;
  };

  Plan fault;
  int operations = 0;
  bool fired = false;

  void arm(Plan plan) {
    fault = plan;
    operations = 0;
    fired = false;
  }

  void crash(Crash how) {
    const std::lock_guard guard(mutex_);
    ATOMA_CHECK(locked_.empty());
    if (how != Crash::kKeepAll) names_ = how == Crash::kLoseUnsynced ? durable_names_ : names_;
    for (auto& [path, inode] : names_) {
      if (how == Crash::kLoseUnsynced) inode->current = inode->durable;
      if (how == Crash::kKeepHalf) halve(*inode);
    }
    // Whatever survived is what the disk has now.
    for (auto& [path, inode] : names_) {
      inode->durable = inode->current;
      inode->dirty.clear();
    }
    durable_names_ = names_;
  }

  Bytes& contents(const Path& path) {
    const auto found = names_.find(path.string());
    ATOMA_CHECK(found != names_.end());
    return found->second->current;
  }
  // Without counting: somebody else did it.
  void lose(const Path& path) { names_.erase(path.string()); }

  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
    const std::lock_guard guard(mutex_);
    auto found = names_.find(path.string());
    if (mode == OpenMode::kCreate) {
      const Fault f = next();
      if (f == Fault::kFail || f == Fault::kTear) return io();
      if (found == names_.end()) {
        found = names_.emplace(path.string(), std::make_shared<Inode>()).first;
      }
      found->second->current.clear();
      found->second->dirty.clear();
      if (f != Fault::kNone) return io();
    }
    if (found == names_.end()) return fail(Code::kNotFound, "store.missing", path.string());
    return std::make_unique<MemoryFile>(*this, found->second);
  }

  Result<bool> exists(const Path& path) const override {
    const std::lock_guard guard(mutex_);
    return names_.contains(path.string());
  }

  Status rename(const Path& from, const Path& to) override {
    const std::lock_guard guard(mutex_);
    const Fault f = next();
    if (f == Fault::kFail || f == Fault::kTear) return io();
    auto node = names_.extract(from.string());
    ATOMA_CHECK(!node.empty());
    names_[to.string()] = node.mapped();
    if (f != Fault::kNone) return io();
    return {};
  }

  Status remove(const Path& path) override {
    const std::lock_guard guard(mutex_);
    const Fault f = next();
    if (f == Fault::kFail || f == Fault::kTear) return io();
    if (names_.erase(path.string()) == 0) {
      return fail(Code::kNotFound, "store.missing", path.string());
    }
    if (f != Fault::kNone) return io();
    return {};
  }

  Result<std::vector<std::string>> list(const Path& path) const override {
    const std::lock_guard guard(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, inode] : names_) {
      if (Path(name).parent_path() == path) out.push_back(Path(name).filename().string());
    }
    return out;
  }

  Status sync_directory(const Path&) override {
    const std::lock_guard guard(mutex_);
    const Fault f = next();
    if (f == Fault::kFail || f == Fault::kTear) return io();
    durable_names_ = names_;
    if (f != Fault::kNone) return io();
    return {};
  }

  Status make_directory(const Path&) override { return {}; }

  Result<std::unique_ptr<Lock>> lock(const Path& path) override {
    if (!locked_.insert(path.string()).second) {
      return fail(Code::kFailedPrecondition, "store.locked", "held");
    }
    return std::make_unique<MemoryLock>(*this, path);
  }

 private:
  // Which bytes the next sync will make durable. As in a kernel, a sync that fails forgets them:
  // they are still read, and no later sync writes them.
  struct Inode {
    Bytes current;
    Bytes durable;
    std::vector<std::pair<std::size_t, std::size_t>> dirty;

    void flush() {
      durable.resize(current.size());
      for (const auto& [begin, end] : dirty) {
        for (std::size_t i = begin; i < std::min(end, current.size()); ++i) durable[i] = current[i];
      }
      dirty.clear();
    }
  };

  class MemoryLock final : public Lock {
   public:
    MemoryLock(MemoryFiles& files, const Path& path) : files_(files), path_(path.string()) {}
    MemoryLock(const MemoryLock&) = delete;
    MemoryLock& operator=(const MemoryLock&) = delete;
    ~MemoryLock() override { files_.locked_.erase(path_); }

   private:
    MemoryFiles& files_;
    std::string path_;
  };

  class MemoryFile final : public File {
   public:
    MemoryFile(MemoryFiles& files, std::shared_ptr<Inode> inode)
        : files_(files), inode_(std::move(inode)) {}

    Result<std::size_t> read(std::uint64_t offset, MutableByteView out) const override {
      const std::lock_guard guard(files_.mutex_);
      const Bytes& data = inode_->current;
      if (offset >= data.size()) return 0;
      const std::size_t size = std::min(out.size(), data.size() - static_cast<std::size_t>(offset));
      std::ranges::copy(ByteView(data).subspan(static_cast<std::size_t>(offset), size),
                        out.begin());
      return size;
    }

    Status write(std::uint64_t offset, ByteView data) override {
      const std::lock_guard guard(files_.mutex_);
      const Fault f = files_.next();
      if (f == Fault::kFail) return io();
      if (f == Fault::kTear) data = data.first(data.size() / 2);
      const std::size_t end = static_cast<std::size_t>(offset) + data.size();
      if (inode_->current.size() < end) inode_->current.resize(end);
      std::ranges::copy(data, inode_->current.begin() + static_cast<std::ptrdiff_t>(offset));
      inode_->dirty.emplace_back(offset, end);
      if (f != Fault::kNone) return io();
      return {};
    }

    Status sync() override {
      const std::lock_guard guard(files_.mutex_);
      const Fault f = files_.next();
      if (f == Fault::kFail) {
        inode_->dirty.clear();
        return io();
      }
      if (f == Fault::kTear) halve(*inode_);
      inode_->flush();
      if (f != Fault::kNone) return io();
      return {};
    }

    Status truncate(std::uint64_t size) override {
      const std::lock_guard guard(files_.mutex_);
      const Fault f = files_.next();
      if (f == Fault::kFail || f == Fault::kTear) return io();
      inode_->current.resize(static_cast<std::size_t>(size));
      if (f != Fault::kNone) return io();
      return {};
    }

    Result<std::uint64_t> size() const override {
      const std::lock_guard guard(files_.mutex_);
      return inode_->current.size();
    }

   private:
    MemoryFiles& files_;
    std::shared_ptr<Inode> inode_;
  };

  static std::unexpected<Error> io() { return fail(Code::kUnavailable, "store.io", "injected"); }

  // The first half of what was written beyond the durable part.
  static void halve(Inode& inode) {
    if (inode.current.size() > inode.durable.size()) {
      inode.current.resize((inode.current.size() + inode.durable.size()) / 2);
    }
  }

  Fault next() {
    if (operations++ != fault.at) return Fault::kNone;
    fired = true;
    return fault.kind;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Inode>> names_;
  std::map<std::string, std::shared_ptr<Inode>> durable_names_;
  std::set<std::string> locked_;
};

}  // namespace atoma::store
