#include "atoma/store/segment_log.h"

#include <condition_variable>
#include <deque>
#include <format>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/store/log_directory.h"
#include "atoma/wire/reader.h"

namespace atoma::store {
namespace {

using tlog::Ledger;
using tlog::Receipt;

// What is appended at once fits a frame, whatever else: its entries are half of what that holds, so
// that hashes and note always fit.
static_assert(kAppendEntriesMax <= kFrameEntriesMax && kAppendBytesMax <= kFrameBytesMax / 2);

// What one caller wants appended; exactly one of the two is told.
struct Pending {
  std::vector<Bytes> entries;
  std::vector<merkle::Hash> leaves;
  std::size_t bytes = 0;
  Ledger::Done done;  // with one entry
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

}  // namespace

class SegmentLog::Impl {
 public:
  Impl(const Options& options, std::unique_ptr<Lock> lock)
      : options_(options), lock_(std::move(lock)) {}

  Status start();
  void close();
  void append(Pending pending);
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
  void index_frame(std::uint64_t entries_at, std::span<const ByteView> entries,
                   std::span<const merkle::Hash> leaves);
  void write_loop();
  std::vector<Pending> take_batch();
  Status commit(std::vector<Pending>& batch);
  void acknowledge(std::vector<Pending>& batch);
  void stop(std::vector<Pending>& batch, const Error& error);
  Status check_size(std::uint64_t size) const;

  const Options options_;
  const std::unique_ptr<Lock> lock_;
  Opened opened_;
  std::thread writer_;

  // Owned by the writer after start().
  std::unique_ptr<File> entries_;  // others read the committed part
  std::uint64_t end_ = 0;
  merkle::Frontier frontier_;

  // What readers see; the writer alone changes it, under the lock.
  mutable std::shared_mutex committed_mutex_;
  merkle::MemoryTree tree_;
  std::deque<std::uint64_t> offsets_;
  tlog::SignedCheckpoint checkpoint_;

  std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::deque<Pending> queue_;
  std::size_t queue_entries_ = 0;
  std::size_t queue_bytes_ = 0;
  bool open_ = true;  // false: close() was called or the log stopped
};

Status SegmentLog::Impl::start() {
  FileSystem& files = *options_.files;
  if (options_.create) {
    const auto made = create_log(files, options_.directory, *options_.signer);
    if (!made && made.error().reason != "store.exists") return made;
  }
  const auto visit = [this](const StoredFrame& stored) {
    const Frame& frame = stored.frame;
    const std::size_t at = frame_entries_at(frame.entries.size(), frame.note.size());
    index_frame(stored.offset + at, frame.entries, frame.leaves);
  };
  ATOMA_TRY(Recovered recovered,
            recover(files, options_.directory, options_.signer->verifier_key(), visit));
  entries_ = std::move(recovered.entries);
  end_ = recovered.end;
  frontier_ = std::move(recovered.frontier);
  checkpoint_ = std::move(recovered.checkpoint);
  opened_ = {recovered.frames, recovered.torn_bytes, recovered.entries_rescued};
  writer_ = std::thread(&Impl::write_loop, this);
  return {};
}

void SegmentLog::Impl::close() {
  {
    const std::lock_guard guard(queue_mutex_);
    open_ = false;
  }
  queue_changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void SegmentLog::Impl::index_frame(std::uint64_t entries_at, std::span<const ByteView> entries,
                                   std::span<const merkle::Hash> leaves) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    tree_.append(leaves[i]);
    offsets_.push_back(entries_at);
    entries_at += 2 + entries[i].size();
  }
}

void SegmentLog::Impl::append(Pending pending) {
  if (const auto good = check_entries(pending.entries); !good) return pending.fail(good.error());
  for (const Bytes& entry : pending.entries) {
    pending.leaves.push_back(merkle::leaf_hash(entry));
    pending.bytes += entry.size();
  }
  if (pending.entries.empty() || pending.entries.size() > kAppendEntriesMax ||
      pending.bytes > kAppendBytesMax) {
    return pending.fail(
        {Code::kInvalidArgument, "ledger.batch_size",
         std::format("{} entries of {} bytes at once, from 1 to {} of {}", pending.entries.size(),
                     pending.bytes, kAppendEntriesMax, kAppendBytesMax)});
  }
  std::unique_lock guard(queue_mutex_);
  if (!open_) {
    guard.unlock();
    return pending.fail(stopped());
  }
  if (queue_entries_ + pending.entries.size() > options_.queue_entries_max ||
      queue_bytes_ + pending.bytes > options_.queue_bytes_max) {
    guard.unlock();
    return pending.fail({Code::kResourceExhausted, "ledger.busy",
                         "the queue of entries to write is full; try again"});
  }
  queue_entries_ += pending.entries.size();
  queue_bytes_ += pending.bytes;
  queue_.push_back(std::move(pending));
  guard.unlock();
  queue_changed_.notify_one();
}

void SegmentLog::Impl::write_loop() {
  for (;;) {
    std::vector<Pending> batch = take_batch();
    if (batch.empty()) return;
    const auto status = commit(batch);
    if (!status) return stop(batch, status.error());
    acknowledge(batch);
  }
}

// Waits for entries; empty when the log is closed and nothing is left.
std::vector<Pending> SegmentLog::Impl::take_batch() {
  std::unique_lock guard(queue_mutex_);
  queue_changed_.wait(guard, [this] { return !queue_.empty() || !open_; });
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

// Frame durable, then checkpoint durable, then visible.
Status SegmentLog::Impl::commit(std::vector<Pending>& batch) {
  merkle::Frontier next = frontier_;
  std::vector<ByteView> views;
  std::vector<merkle::Hash> leaves;
  for (const Pending& pending : batch) {
    views.insert(views.end(), pending.entries.begin(), pending.entries.end());
    leaves.insert(leaves.end(), pending.leaves.begin(), pending.leaves.end());
  }
  for (const merkle::Hash& leaf : leaves) next.append(leaf);
  const tlog::NoteSigner& signer = *options_.signer;
  tlog::SignedCheckpoint checkpoint =
      tlog::sign_checkpoint({signer.verifier_key().name(), next.size(), next.root()}, signer);
  const Bytes bytes = encode_frame(frontier_.size(), views, leaves, checkpoint.note);
  ATOMA_TRY_VOID(entries_->write(end_, bytes));
  ATOMA_TRY_VOID(entries_->sync());
  ATOMA_TRY_VOID(replace_file(*options_.files, options_.directory / kCheckpointFile,
                              as_bytes(checkpoint.note)));
  const std::uint64_t entries_at = end_ + frame_entries_at(views.size(), checkpoint.note.size());
  {
    const std::unique_lock guard(committed_mutex_);
    index_frame(entries_at, views, leaves);
    checkpoint_ = std::move(checkpoint);
  }
  frontier_ = std::move(next);
  end_ += bytes.size();
  return {};
}

void SegmentLog::Impl::acknowledge(std::vector<Pending>& batch) {
  const std::uint64_t size = frontier_.size();
  std::uint64_t index = size - entries_of(batch);
  for (Pending& pending : batch) {
    if (pending.done) {
      // Only this thread changes tree and checkpoint, so it reads them without the lock.
      auto proof = merkle::prove_inclusion(tree_, index, size);
      ATOMA_CHECK(proof);
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
  std::uint64_t offset = 0;
  merkle::Hash leaf;
  {
    const std::shared_lock guard(committed_mutex_);
    if (index >= offsets_.size()) {
      return fail(Code::kNotFound, "ledger.index",
                  std::format("entry {} of a log of {}", index, offsets_.size()));
    }
    offset = offsets_[index];
    ATOMA_TRY(leaf, tree_.node(0, index));
  }
  ByteArray<2> length{};
  ATOMA_TRY(const std::size_t head, entries_->read(offset, length));
  Bytes out(wire::load_be(length));
  ATOMA_TRY(const std::size_t body, entries_->read(offset + length.size(), out));
  if (head == length.size() && body == out.size() && merkle::leaf_hash(out) == leaf) return out;
  return fail(Code::kDataLoss, "store.corrupt",
              std::format("{} at byte {}: entry {} is not what was written there", kEntriesFile,
                          offset, index));
}

Result<Bytes> SegmentLog::Impl::tile(const merkle::Tile& tile) const {
  {
    const std::shared_lock guard(committed_mutex_);
    const unsigned width = merkle::tile_width(tile.level, tile.index, tree_.size());
    if (tile.width == 0 || tile.width > width) {
      return fail(Code::kNotFound, "ledger.tile",
                  std::format("{} of a log of {}", merkle::tile_path(tile), tree_.size()));
    }
    if (tile.kind == merkle::TileKind::kHashes) {
      const std::uint64_t first = tile.index * merkle::kTileWidth;
      Bytes out;
      out.reserve(tile.width * sizeof(merkle::Hash));
      for (unsigned i = 0; i < tile.width; ++i) {
        ATOMA_TRY(const auto hash, tree_.node(tile.level * merkle::kTileHeight, first + i));
        atoma::append(out, hash);
      }
      return out;
    }
  }
  Bytes out;
  for (unsigned i = 0; i < tile.width; ++i) {
    ATOMA_TRY(const Bytes bytes, entry(tile.index * merkle::kTileWidth + i));
    merkle::append_bundle_entry(out, bytes);
  }
  return out;
}

Status SegmentLog::Impl::check_size(std::uint64_t size) const {
  if (size <= tree_.size()) return {};
  return fail(Code::kOutOfRange, "ledger.size",
              std::format("size {} of a log of {}", size, tree_.size()));
}

Result<merkle::Proof> SegmentLog::Impl::prove_inclusion(std::uint64_t index,
                                                        std::uint64_t size) const {
  const std::shared_lock guard(committed_mutex_);
  ATOMA_TRY_VOID(check_size(size));
  return merkle::prove_inclusion(tree_, index, size);
}

Result<merkle::Proof> SegmentLog::Impl::prove_consistency(std::uint64_t old_size,
                                                          std::uint64_t new_size) const {
  const std::shared_lock guard(committed_mutex_);
  ATOMA_TRY_VOID(check_size(new_size));
  return merkle::prove_consistency(tree_, old_size, new_size);
}

SegmentLog::SegmentLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentLog::~SegmentLog() { close(); }

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(const Options& options) {
  ATOMA_CHECK(options.signer != nullptr && options.files != nullptr);
  if (options.create) ATOMA_TRY_VOID(options.files->make_directory(options.directory));
  ATOMA_TRY(auto lock, options.files->lock(options.directory / kLockFile));
  auto impl = std::make_unique<Impl>(options, std::move(lock));
  ATOMA_TRY_VOID(impl->start());
  return std::unique_ptr<SegmentLog>(new SegmentLog(std::move(impl)));
}

void SegmentLog::close() { impl_->close(); }
void SegmentLog::append(Bytes entry, Ledger::Done done) {
  Pending pending;
  pending.done = std::move(done);
  pending.entries.push_back(std::move(entry));
  impl_->append(std::move(pending));
}
void SegmentLog::append_all(std::vector<Bytes> entries, Written done) {
  Pending pending;
  pending.entries = std::move(entries);
  pending.written = std::move(done);
  impl_->append(std::move(pending));
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
