#include "disk.h"

namespace atoma::sim {

using store::File;
using store::Path;

void Disk::Inode::write(std::size_t offset, ByteView bytes) {
  if (current.size() < offset + bytes.size()) current.resize(offset + bytes.size());
  std::ranges::copy(bytes, current.begin() + static_cast<std::ptrdiff_t>(offset));
  unsynced.push_back({offset, to_bytes(bytes)});
}

void Disk::Inode::sync() {
  durable.resize(current.size());
  for (const Write& write : unsynced) {
    const std::size_t end = std::min(write.offset + write.bytes.size(), durable.size());
    for (std::size_t i = write.offset; i < end; ++i) durable[i] = write.bytes[i - write.offset];
  }
  unsynced.clear();
}

void Disk::put(const std::string& name, Bytes bytes) {
  auto inode = std::make_shared<Inode>();
  inode->current = inode->durable = std::move(bytes);
  names_[name] = durable_names_[name] = std::move(inode);
}

std::shared_ptr<Disk> Disk::survive(Random* random) const {
  auto out = std::make_shared<Disk>();
  const bool renamed = random == nullptr || random->one_in(2);
  for (const auto& [name, inode] : renamed ? names_ : durable_names_) {
    if (random == nullptr) {
      out->put(name, inode->current);
      continue;
    }
    Inode left;
    left.current = inode->durable;
    // Cut or grown by what was not synced, with zeros where nothing was written.
    if (inode->current.size() < left.current.size() && random->one_in(2)) {
      left.current.resize(inode->current.size());
    }
    for (const auto& write : inode->unsynced) {
      const std::size_t size = write.bytes.size();
      const std::size_t kept = random->one_in(2) ? size : random->below(size + 1);
      if (random->one_in(3)) continue;
      left.write(write.offset, ByteView(write.bytes).first(kept));
    }
    out->put(name, std::move(left.current));
  }
  return out;
}

std::shared_ptr<Disk> Disk::with_folder_of(const Disk* from, std::string_view folder) const {
  auto out = std::make_shared<Disk>();
  for (const auto& [name, inode] : names_) {
    if (!name.starts_with(folder)) out->put(name, inode->current);
  }
  if (from == nullptr) return out;
  for (const auto& [name, inode] : from->names_) {
    if (name.starts_with(folder)) out->put(name, inode->current);
  }
  return out;
}

class SimFiles::SimLock final : public store::Lock {
 public:
  SimLock(std::shared_ptr<Disk> disk, std::string name)
      : disk_(std::move(disk)), name_(std::move(name)) {}
  SimLock(const SimLock&) = delete;
  SimLock& operator=(const SimLock&) = delete;
  ~SimLock() override { disk_->locked_.erase(name_); }

 private:
  std::shared_ptr<Disk> disk_;
  std::string name_;
};

class SimFiles::SimFile final : public File {
 public:
  SimFile(SimFiles& files, std::shared_ptr<Disk::Inode> inode)
      : files_(files), inode_(std::move(inode)) {}

  Result<std::size_t> read(std::uint64_t offset, MutableByteView out) const override {
    const ByteView all(inode_->current);
    if (offset >= all.size()) return 0;
    const auto from = static_cast<std::size_t>(offset);
    const std::size_t size = std::min(out.size(), all.size() - from);
    std::ranges::copy(all.subspan(from, size), out.begin());
    return size;
  }
  Status write(std::uint64_t offset, ByteView data) override {
    const auto at = static_cast<std::size_t>(offset);
    return files_.change([&] { inode_->write(at, data); },
                         [&] {
                           const auto some = files_.random().below(data.size() + 1);
                           inode_->write(at, data.first(some));
                         });
  }
  // As in a kernel, what a failed sync did not write is read, and no later sync writes it.
  Status sync() override {
    const auto time = files_.faults_.sync_time.count();
    if (time > 0) {
      files_.process_.sleep(Span(files_.random().below(static_cast<std::uint64_t>(time) + 1)));
    }
    const Status done = files_.change([&] { inode_->sync(); });
    if (!done) inode_->unsynced.clear();
    return done;
  }
  Status truncate(std::uint64_t size) override {
    return files_.change([&] {
      inode_->current.resize(static_cast<std::size_t>(size));
      for (auto& write : inode_->unsynced) {
        const std::size_t room = std::max(inode_->current.size(), write.offset) - write.offset;
        write.bytes.resize(std::min(write.bytes.size(), room));
      }
    });
  }
  Result<std::uint64_t> size() const override { return inode_->current.size(); }

 private:
  SimFiles& files_;
  std::shared_ptr<Disk::Inode> inode_;
};

Status SimFiles::change(const std::function<void()>& all, const std::function<void()>& some) {
  const auto failed = [] { return fail(Code::kUnavailable, "store.io", "simulated"); };
  if (!process_.alive()) {
    all();
    return {};
  }
  const bool dies = random().chance(faults_.crash);
  if (dies && random().one_in(2)) {
    die_();
    return failed();
  }
  if (!random().chance(faults_.error)) {
    all();
    if (dies) die_();
    return {};
  }
  const std::uint64_t how = random().below(3);
  if (how == 1) all();
  if (how == 2 && some) some();
  return failed();
}

Result<std::unique_ptr<File>> SimFiles::open(const Path& path, store::OpenMode mode) {
  const std::string name = path.string();
  if (mode == store::OpenMode::kCreate) {
    ATOMA_TRY_VOID(change([&] {
      auto& inode = disk_->names_[name];
      if (!inode) inode = std::make_shared<Disk::Inode>();
      inode->current.clear();
      inode->unsynced.clear();
    }));
  }
  const auto found = disk_->names_.find(name);
  if (found == disk_->names_.end()) return fail(Code::kNotFound, "store.missing", name);
  return std::make_unique<SimFile>(*this, found->second);
}

Result<bool> SimFiles::exists(const Path& path) const {
  return disk_->names_.contains(path.string());
}

Status SimFiles::rename(const Path& from, const Path& to) {
  return change([&] {
    auto node = disk_->names_.extract(from.string());
    if (!node.empty()) disk_->names_[to.string()] = node.mapped();
  });
}

Status SimFiles::remove(const Path& path) {
  if (!disk_->names_.contains(path.string())) {
    return fail(Code::kNotFound, "store.missing", path.string());
  }
  return change([&] { disk_->names_.erase(path.string()); });
}

Result<std::vector<std::string>> SimFiles::list(const Path& path) const {
  std::vector<std::string> out;
  for (const auto& [name, inode] : disk_->names_) {
    if (Path(name).parent_path() == path) out.push_back(Path(name).filename().string());
  }
  return out;
}

Status SimFiles::sync_directory(const Path&) {
  return change([&] { disk_->durable_names_ = disk_->names_; });
}

Result<std::unique_ptr<store::Lock>> SimFiles::lock(const Path& path) {
  if (!disk_->locked_.insert(path.string()).second) {
    return fail(Code::kFailedPrecondition, "store.locked", "held");
  }
  return std::make_unique<SimLock>(disk_, path.string());
}

}  // namespace atoma::sim
