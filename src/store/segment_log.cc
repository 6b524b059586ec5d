#include "atoma/store/segment_log.h"

#include <deque>
#include <format>
#include <mutex>
#include <shared_mutex>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/store/log_directory.h"

namespace atoma::store {
namespace {

using tlog::Ledger;
using tlog::Receipt;

// How much is read for an entry: its group, as a rule.
constexpr std::size_t kEntryChunk = 8 * 1024;
constexpr std::size_t kBundleChunk = 128 * 1024;

// What is appended at once fits a frame, whatever else: its entries are half of what that holds, so
// that hashes and note always fit.
static_assert(kAppendEntriesMax <= kFrameEntriesMax && kAppendBytesMax <= kFrameBytesMax / 2);

// What one caller wants appended; exactly one of the two is told.
struct Pending {
  std::vector<Bytes> entries;
  std::vector<merkle::Hash> leaves;
  std::size_t bytes = 0;
  std::optional<std::uint64_t> at;  // the number that the first one must get
  Ledger::Done done;                // with one entry
  SegmentLog::Written written;

  void fail(const Error& error) {
    if (done) return done(std::unexpected(error));
    written(std::unexpected(error));
  }
};

Error stopped() {
  return {Code::kUnavailable, "ledger.stopped",
          "the log takes no more entries and must be reopened; this one was not written"};
}

// For the path of one entry: what is below its tile's root has been read and checked.
class PathNodes final : public merkle::NodeSource {
 public:
  PathNodes(const LogTree& tree, const TreeFiles::Place& place, std::uint64_t entry)
      : tree_(tree), place_(place), entry_(entry) {}
  Result<merkle::Hash> node(unsigned level, std::uint64_t index) const override {
    const unsigned height = level < kGroupHeight ? kGroupHeight : merkle::kTileHeight;
    const bool own = level < height && index >> (height - level) == entry_ >> height;
    return own ? place_.node(level, index) : tree_.node(level, index);
  }

 private:
  const LogTree& tree_;
  const TreeFiles::Place& place_;
  const std::uint64_t entry_;
};

std::unexpected<Error> corrupt(std::uint64_t index) {
  return fail(Code::kDataLoss, "store.corrupt",
              std::format("{}: entry {} is not what was written there", kEntriesFile, index));
}

std::size_t entries_of(const std::vector<Pending>& batch) {
  std::size_t out = 0;
  for (const Pending& pending : batch) out += pending.entries.size();
  return out;
}

Status check_entries(std::span<const Bytes> entries) {
  for (const Bytes& entry : entries) {
    if (!entry.empty() && entry.size() <= limits::kLogEntryMax) continue;
    return malformed("ledger.entry_size",
                     std::format("{} bytes, from 1 to {}", entry.size(), limits::kLogEntryMax));
  }
  return {};
}

// Checks and hashes, which needs no lock.
Status prepare(Pending& pending) {
  ATOMA_TRY_VOID(check_entries(pending.entries));
  for (const Bytes& entry : pending.entries) {
    pending.leaves.push_back(merkle::leaf_hash(entry));
    pending.bytes += entry.size();
  }
  if (!pending.entries.empty() && pending.entries.size() <= kAppendEntriesMax &&
      pending.bytes <= kAppendBytesMax) {
    return {};
  }
  return malformed(
      "ledger.batch_size",
      std::format("{} entries of {} bytes at once, from 1 to {} of {}", pending.entries.size(),
                  pending.bytes, kAppendEntriesMax, kAppendBytesMax));
}

}  // namespace

class SegmentLog::Impl {
 public:
  Impl(const Options& options, std::unique_ptr<Lock> lock)
      : options_(options), lock_(std::move(lock)) {}

  Status start();
  void close();
  void append(std::vector<Pending> all);
  tlog::SignedCheckpoint latest_checkpoint() const {
    const std::shared_lock guard(committed_mutex_);
    return checkpoint_;
  }
  Result<Bytes> entry(std::uint64_t index) const;
  Result<Bytes> tile(const merkle::Tile& tile) const;
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const;
  Result<merkle::Proof> prove_consistency(std::uint64_t old_size, std::uint64_t new_size) const;
  const Opened& opened() const { return opened_; }

 private:
  std::optional<Error> enqueue_locked(Pending& pending);
  void write_loop();
  std::vector<Pending> take_batch();
  Status commit(std::vector<Pending>& batch);
  Status settle();
  void acknowledge(std::vector<Pending>& batch);
  void stop(std::vector<Pending>& batch, const Error& error);
  bool settled() const { return settled_size_ == tree_->size(); }
  runtime::Moment settle_at() const { return last_settled_ + options_.settle_interval; }
  Status check_size(std::uint64_t size) const;
  Result<Bytes> read_entry(const LogTree::Location& at, std::uint64_t index) const;
  Result<Bytes> hash_tile(const merkle::Tile& tile) const;
  Result<Bytes> bundle(const merkle::Tile& tile) const;
  Result<Bytes> whole_bundle(const merkle::Tile& tile, const merkle::Hash& root) const;

  const Options options_;
  const std::unique_ptr<Lock> lock_;
  Opened opened_;
  runtime::Thread writer_;

  // Owned by the writer after start().
  std::unique_ptr<File> entries_;  // others read the committed part
  std::uint64_t end_ = 0;
  std::uint64_t settled_size_ = 0;  // of the checkpoint file
  runtime::Moment last_settled_;

  // What readers see; the writer alone changes it, under the lock.
  mutable std::shared_mutex committed_mutex_;
  std::unique_ptr<LogTree> tree_;
  tlog::SignedCheckpoint checkpoint_;

  std::mutex queue_mutex_;
  runtime::Condition queue_changed_{*options_.runtime};
  std::deque<Pending> queue_;
  std::size_t queue_entries_ = 0;
  std::uint64_t next_index_ = 0;  // behind all that is queued
  std::size_t queue_bytes_ = 0;
  bool open_ = true;  // false: close() was called or the log stopped
};

Status SegmentLog::Impl::start() {
  FileSystem& files = *options_.files;
  if (options_.create) {
    const auto made = create_log(files, options_.directory, *options_.signer);
    if (!made && made.error().reason != "store.exists") return made;
  }
  ATOMA_TRY(Recovered recovered,
            recover(files, options_.directory, options_.signer->verifier_key()));
  entries_ = std::move(recovered.entries);
  end_ = recovered.end;
  tree_ = std::move(recovered.tree);
  settled_size_ = next_index_ = tree_->size();
  last_settled_ = options_.runtime->now();
  checkpoint_ = std::move(recovered.checkpoint);
  opened_ = {recovered.frames, recovered.torn_bytes, recovered.entries_rescued};
  writer_ = runtime::Thread(*options_.runtime, [this] { write_loop(); });
  return {};
}

void SegmentLog::Impl::close() {
  {
    const std::lock_guard guard(queue_mutex_);
    open_ = false;
  }
  queue_changed_.notify_all();
  writer_.join();
}

// What is queued together is written together, unless it is too much.
void SegmentLog::Impl::append(std::vector<Pending> all) {
  std::vector<std::pair<Pending, Error>> refused;
  const auto refuse = [&](Pending& pending, Error why) {
    refused.emplace_back(std::move(pending), std::move(why));
  };
  for (Pending& pending : all) {
    if (const auto good = prepare(pending); !good) refuse(pending, good.error());
  }
  {
    const std::lock_guard guard(queue_mutex_);
    for (Pending& pending : all) {
      if (pending.entries.empty()) continue;  // refused
      if (auto why = enqueue_locked(pending)) refuse(pending, *std::move(why));
    }
  }
  queue_changed_.notify_all();
  for (auto& [pending, why] : refused) pending.fail(why);
}

std::optional<Error> SegmentLog::Impl::enqueue_locked(Pending& pending) {
  if (!open_) return stopped();
  if (pending.at && *pending.at != next_index_) {
    return Error{Code::kAborted, "ledger.moved",
                 std::format("the next entry is number {}, not {}", next_index_, *pending.at)};
  }
  if (queue_entries_ + pending.entries.size() > options_.queue_entries_max ||
      queue_bytes_ + pending.bytes > options_.queue_bytes_max) {
    return Error{Code::kResourceExhausted, "ledger.busy",
                 "the queue of entries to write is full; try again"};
  }
  queue_entries_ += pending.entries.size();
  next_index_ += pending.entries.size();
  queue_bytes_ += pending.bytes;
  queue_.push_back(std::move(pending));
  return std::nullopt;
}

void SegmentLog::Impl::write_loop() {
  for (;;) {
    std::vector<Pending> batch = take_batch();
    if (batch.empty()) {
      const auto status = settle();
      if (!status) return stop(batch, status.error());
      const std::lock_guard guard(queue_mutex_);
      if (!open_ && queue_.empty()) return;
      continue;
    }
    if (const auto status = commit(batch); !status) return stop(batch, status.error());
    acknowledge(batch);
    if (settled() || options_.runtime->now() < settle_at()) continue;
    if (const auto status = settle(); !status) {
      batch.clear();
      return stop(batch, status.error());
    }
  }
}

// Waits for entries; empty when the checkpoint file is due, or the log closed and nothing is left.
std::vector<Pending> SegmentLog::Impl::take_batch() {
  std::unique_lock guard(queue_mutex_);
  const auto something = [this] { return !queue_.empty() || !open_; };
  if (settled()) {
    queue_changed_.wait(guard, something);
  } else {
    queue_changed_.wait_until(guard, settle_at(), something);
  }
  std::vector<Pending> batch;
  std::size_t entries = 0;
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    Pending& next = queue_.front();
    entries += next.entries.size();
    bytes += next.bytes;
    if (!batch.empty() && (entries > kFrameEntriesMax || bytes > kAppendBytesMax)) break;
    queue_entries_ -= next.entries.size();
    queue_bytes_ -= next.bytes;
    batch.push_back(std::move(next));
    queue_.pop_front();
  }
  return batch;
}

// Frame durable, then visible.
Status SegmentLog::Impl::commit(std::vector<Pending>& batch) {
  std::vector<ByteView> views;
  std::vector<merkle::Hash> leaves;
  for (const Pending& pending : batch) {
    views.insert(views.end(), pending.entries.begin(), pending.entries.end());
    leaves.insert(leaves.end(), pending.leaves.begin(), pending.leaves.end());
  }
  LogTree::Growth growth = tree_->grow(leaves, entry_positions(end_, views));
  const tlog::NoteSigner& signer = *options_.signer;
  tlog::SignedCheckpoint checkpoint =
      tlog::sign_checkpoint({signer.verifier_key().name(), growth.size, growth.root}, signer);
  const Bytes bytes = encode_frame(tree_->size(), views, leaves, checkpoint.note);
  ATOMA_TRY_VOID(entries_->write(end_, bytes));
  ATOMA_TRY_VOID(entries_->sync());
  ATOMA_TRY_VOID(tree_->write(growth));
  end_ += bytes.size();
  {
    const std::unique_lock guard(committed_mutex_);
    tree_->apply(std::move(growth));
    checkpoint_ = std::move(checkpoint);
  }
  return options_.settle_interval.count() == 0 ? settle() : Status{};
}

// The checkpoint file says how much must be there when the log is opened again.
Status SegmentLog::Impl::settle() {
  if (settled()) return {};
  ATOMA_TRY_VOID(write_checkpoint(*options_.files, options_.directory, *tree_, checkpoint_));
  settled_size_ = tree_->size();
  last_settled_ = options_.runtime->now();
  return {};
}

void SegmentLog::Impl::acknowledge(std::vector<Pending>& batch) {
  const std::uint64_t size = tree_->size();
  std::uint64_t index = size - entries_of(batch);
  for (Pending& pending : batch) {
    if (pending.done) {
      // Only this thread changes tree and checkpoint, so it reads them without the lock.
      auto proof = merkle::prove_inclusion(*tree_, index, size);
      ATOMA_CHECK(proof);  // the batch's tiles are in memory
      pending.done(Receipt{index, pending.leaves.front(), checkpoint_, *std::move(proof)});
    } else {
      pending.written(index);
    }
    index += pending.entries.size();
  }
}

void SegmentLog::Impl::stop(std::vector<Pending>& batch, const Error& error) {
  std::deque<Pending> queued;
  {
    const std::lock_guard guard(queue_mutex_);
    open_ = false;
    queued.swap(queue_);
    queue_entries_ = queue_bytes_ = 0;
  }
  for (Pending& pending : batch) {
    pending.fail({Code::kUnknown, "ledger.unknown_outcome",
                  "the write failed and the entry may be in the log after it is reopened: " +
                      error.to_string()});
  }
  for (Pending& pending : queued) pending.fail(stopped());
}

Result<Bytes> SegmentLog::Impl::entry(std::uint64_t index) const {
  LogTree::Location at;
  {
    const std::shared_lock guard(committed_mutex_);
    if (index >= tree_->size()) {
      return fail(Code::kNotFound, "ledger.index",
                  std::format("entry {} of a log of {}", index, tree_->size()));
    }
    at = tree_->locate(index);
  }
  return read_entry(at, index);
}

Result<Bytes> SegmentLog::Impl::read_entry(const LogTree::Location& at, std::uint64_t index) const {
  std::uint64_t position = at.position;
  merkle::Hash leaf = at.leaf;
  std::uint64_t before = 0;
  if (at.tile_root) {
    ATOMA_TRY(const TreeFiles::Place place, tree_->files().find(index, *at.tile_root));
    position = place.position;
    leaf = place.leaf;
    before = index % kGroupSize;
  }
  EntryReader reader(*entries_, position, kEntryChunk);
  for (; before > 0; --before) ATOMA_TRY_VOID(reader.next());
  ATOMA_TRY(const ByteView entry, reader.next());
  if (merkle::leaf_hash(entry) != leaf) return corrupt(index);
  return to_bytes(entry);
}

Result<Bytes> SegmentLog::Impl::tile(const merkle::Tile& tile) const {
  {
    const std::shared_lock guard(committed_mutex_);
    const unsigned width = merkle::tile_width(tile.level, tile.index, tree_->size());
    if (tile.width == 0 || tile.width > width) {
      return fail(Code::kNotFound, "ledger.tile",
                  std::format("{} of a log of {}", merkle::tile_path(tile), tree_->size()));
    }
  }
  return tile.kind == merkle::TileKind::kHashes ? hash_tile(tile) : bundle(tile);
}

Result<Bytes> SegmentLog::Impl::hash_tile(const merkle::Tile& tile) const {
  std::optional<merkle::Hash> root;
  {
    const std::shared_lock guard(committed_mutex_);
    const std::uint64_t first = tile.index * merkle::kTileWidth;
    if (tile.level == 0 && !tree_->recent(tile.index) && first < tree_->whole().size()) {
      root = tree_->tile_root(tile.index);
    } else {
      Bytes out;
      out.reserve(tile.width * sizeof(merkle::Hash));
      for (unsigned i = 0; i < tile.width; ++i) {
        ATOMA_TRY(const auto hash, tree_->node(tile.level * merkle::kTileHeight, first + i));
        atoma::append(out, hash);
      }
      return out;
    }
  }
  ATOMA_TRY(const merkle::TileTree whole, tree_->files().tile(tile.index, *root));
  return to_bytes(merkle::hash_bytes(whole.level(0).first(tile.width)));
}

Result<Bytes> SegmentLog::Impl::bundle(const merkle::Tile& tile) const {
  const std::uint64_t first = tile.index * merkle::kTileWidth;
  std::vector<LogTree::Location> at;
  {
    const std::shared_lock guard(committed_mutex_);
    if (first < tree_->whole().size()) {
      at = {tree_->locate(first)};
    } else {
      for (unsigned i = 0; i < tile.width; ++i) at.push_back(tree_->locate(first + i));
    }
  }
  if (at.front().tile_root) return whole_bundle(tile, *at.front().tile_root);
  Bytes out;
  for (unsigned i = 0; i < tile.width; ++i) {
    ATOMA_TRY(const Bytes bytes, read_entry(at[i], first + i));
    merkle::append_bundle_entry(out, bytes);
  }
  return out;
}

// All its entries are read to see that they are right, however narrow the bundle is.
Result<Bytes> SegmentLog::Impl::whole_bundle(const merkle::Tile& tile,
                                             const merkle::Hash& root) const {
  const std::uint64_t first = tile.index * merkle::kTileWidth;
  ATOMA_TRY(const TreeFiles::Place place, tree_->files().find(first, root));
  EntryReader reader(*entries_, place.position, kBundleChunk);
  merkle::TileTree tree;
  Bytes out;
  for (unsigned i = 0; i < merkle::kTileWidth; ++i) {
    ATOMA_TRY(const ByteView entry, reader.next());
    tree.append(merkle::leaf_hash(entry));
    if (i < tile.width) merkle::append_bundle_entry(out, entry);
  }
  if (tree.root() != root) return corrupt(first);
  return out;
}

Status SegmentLog::Impl::check_size(std::uint64_t size) const {
  if (size <= tree_->size()) return {};
  return fail(Code::kOutOfRange, "ledger.size",
              std::format("size {} of a log of {}", size, tree_->size()));
}

Result<merkle::Proof> SegmentLog::Impl::prove_inclusion(std::uint64_t index,
                                                        std::uint64_t size) const {
  const std::shared_lock guard(committed_mutex_);
  ATOMA_TRY_VOID(check_size(size));
  const std::uint64_t tile = index / merkle::kTileWidth;
  const bool whole = (tile + 1) * merkle::kTileWidth <= size;
  if (!whole || tree_->recent(tile)) return merkle::prove_inclusion(*tree_, index, size);
  ATOMA_TRY(const TreeFiles::Place place, tree_->files().find(index, tree_->tile_root(tile)));
  return merkle::prove_inclusion(PathNodes(*tree_, place, index), index, size);
}

Result<merkle::Proof> SegmentLog::Impl::prove_consistency(std::uint64_t old_size,
                                                          std::uint64_t new_size) const {
  const std::shared_lock guard(committed_mutex_);
  ATOMA_TRY_VOID(check_size(new_size));
  return merkle::prove_consistency(*tree_, old_size, new_size);
}

SegmentLog::SegmentLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentLog::~SegmentLog() { close(); }

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(const Options& options) {
  ATOMA_CHECK(options.signer != nullptr && options.files != nullptr && options.runtime != nullptr);
  if (options.create) ATOMA_TRY_VOID(options.files->make_directory(options.directory));
  ATOMA_TRY(auto lock, options.files->lock(options.directory / kLockFile));
  auto impl = std::make_unique<Impl>(options, std::move(lock));
  ATOMA_TRY_VOID(impl->start());
  return std::unique_ptr<SegmentLog>(new SegmentLog(std::move(impl)));
}

void SegmentLog::close() { impl_->close(); }
void SegmentLog::append(Bytes entry, Ledger::Done done) {
  std::vector<Pending> one(1);
  one[0].done = std::move(done);
  one[0].entries.push_back(std::move(entry));
  impl_->append(std::move(one));
}
void SegmentLog::append_each(std::vector<Bytes> entries, std::vector<Ledger::Done> done) {
  ATOMA_CHECK(entries.size() == done.size());
  std::vector<Pending> all(entries.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].done = std::move(done[i]);
    all[i].entries.push_back(std::move(entries[i]));
  }
  impl_->append(std::move(all));
}
void SegmentLog::append_at(std::uint64_t index, Bytes entry, Ledger::Done done) {
  std::vector<Pending> one(1);
  one[0].at = index;
  one[0].done = std::move(done);
  one[0].entries.push_back(std::move(entry));
  impl_->append(std::move(one));
}
void SegmentLog::append_all(std::vector<Bytes> entries, Written done) {
  std::vector<Pending> one(1);
  one[0].entries = std::move(entries);
  one[0].written = std::move(done);
  impl_->append(std::move(one));
}
Result<Bytes> SegmentLog::tile(const merkle::Tile& tile) const { return impl_->tile(tile); }
tlog::SignedCheckpoint SegmentLog::latest_checkpoint() const { return impl_->latest_checkpoint(); }
Result<Bytes> SegmentLog::entry(std::uint64_t index) const { return impl_->entry(index); }
Result<merkle::Proof> SegmentLog::prove_inclusion(std::uint64_t index, std::uint64_t size) const {
  return impl_->prove_inclusion(index, size);
}
Result<merkle::Proof> SegmentLog::prove_consistency(std::uint64_t old_size,
                                                    std::uint64_t new_size) const {
  return impl_->prove_consistency(old_size, new_size);
}
const SegmentLog::Opened& SegmentLog::opened() const { return impl_->opened(); }

}  // namespace atoma::store
