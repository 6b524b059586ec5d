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

// Entries of one batch: half of what a frame may hold, so that hashes and note always fit.
constexpr std::size_t kBatchBytesMax = kFrameBytesMax / 2;

struct Pending {
  Bytes entry;
  merkle::Hash leaf;
  Ledger::Done done;
};

std::unexpected<Error> stopped() {
  return fail(Code::kUnavailable, "ledger.stopped",
              "the log takes no more entries and must be reopened; this one was not written");
}

}  // namespace

class SegmentLog::Impl {
 public:
  Impl(const Options& options, std::unique_ptr<Lock> lock)
      : options_(options), lock_(std::move(lock)) {}

  Status start();
  void close();
  void append(Bytes entry, Ledger::Done done);
  tlog::SignedCheckpoint latest_checkpoint() const {
    const std::shared_lock guard(committed_mutex_);
    return checkpoint_;
  }
  Result<Bytes> entry(std::uint64_t index) const;
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

void SegmentLog::Impl::append(Bytes entry, Ledger::Done done) {
  if (entry.empty() || entry.size() > limits::kLogEntryMax) {
    return done(malformed("ledger.entry_size", std::format("{} bytes, from 1 to {}", entry.size(),
                                                           limits::kLogEntryMax)));
  }
  const merkle::Hash leaf = merkle::leaf_hash(entry);
  std::unique_lock guard(queue_mutex_);
  if (!open_) {
    guard.unlock();
    return done(stopped());
  }
  if (queue_.size() >= options_.queue_entries_max ||
      queue_bytes_ + entry.size() > options_.queue_bytes_max) {
    guard.unlock();
    return done(fail(Code::kResourceExhausted, "ledger.busy",
                     "the queue of entries to write is full; try again"));
  }
  queue_bytes_ += entry.size();
  queue_.push_back({std::move(entry), leaf, std::move(done)});
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
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < kFrameEntriesMax) {
    bytes += queue_.front().entry.size();
    if (!batch.empty() && bytes > kBatchBytesMax) break;
    queue_bytes_ -= queue_.front().entry.size();
    batch.push_back(std::move(queue_.front()));
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
    views.emplace_back(pending.entry);
    leaves.push_back(pending.leaf);
    next.append(pending.leaf);
  }
  const tlog::NoteSigner& signer = *options_.signer;
  tlog::SignedCheckpoint checkpoint =
      tlog::sign_checkpoint({signer.verifier_key().name(), next.size(), next.root()}, signer);
  const Bytes bytes = encode_frame(frontier_.size(), views, leaves, checkpoint.note);
  ATOMA_TRY_VOID(entries_->write(end_, bytes));
  ATOMA_TRY_VOID(entries_->sync());
  ATOMA_TRY_VOID(replace_file(*options_.files, options_.directory / kCheckpointFile,
                              as_bytes(checkpoint.note)));
  const std::uint64_t entries_at = end_ + frame_entries_at(batch.size(), checkpoint.note.size());
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
  const std::uint64_t first = size - batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    // Only this thread changes tree and checkpoint, so it reads them without the lock.
    auto proof = merkle::prove_inclusion(tree_, first + i, size);
    ATOMA_CHECK(proof);
    batch[i].done(Receipt{first + i, batch[i].leaf, checkpoint_, *std::move(proof)});
  }
}

void SegmentLog::Impl::stop(std::vector<Pending>& batch, const Error& error) {
  std::deque<Pending> queued;
  {
    const std::lock_guard guard(queue_mutex_);
    open_ = false;
    queued.swap(queue_);
    queue_bytes_ = 0;
  }
  for (Pending& pending : batch) {
    pending.done(fail(Code::kUnknown, "ledger.unknown_outcome",
                      "the write failed and the entry may be in the log after it is reopened: " +
                          error.to_string()));
  }
  for (Pending& pending : queued) pending.done(stopped());
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
  impl_->append(std::move(entry), std::move(done));
}
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
