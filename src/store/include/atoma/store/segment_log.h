// An append-only log on one disk with group commit: one writer thread owns the file, takes whatever
// has queued while the last batch was synced, and commits it as one frame (log_directory.h).
//
//   ATOMA_TRY(auto log, SegmentLog::open({.directory = dir, .signer = &signer}));
//   log->append(to_bytes("entry"), [](Result<tlog::Receipt> r) { … });
//
// The first failed write or sync stops the log for good: what the disk then holds is not known, so
// nothing more is signed. Reads go on; reopening settles it. Whatever is read from the disk is
// compared with a signed root before it is given. Memory: that of log_tree.h, and the queue.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "atoma/merkle/tile.h"
#include "atoma/runtime/runtime.h"
#include "atoma/store/file.h"
#include "atoma/tlog/ledger.h"

namespace atoma::store {

inline constexpr std::size_t kAppendEntriesMax = 4096;
inline constexpr std::size_t kAppendBytesMax = 8 * 1024 * 1024;

class SegmentLog {
 public:
  struct Options {
    Path directory;
    const tlog::NoteSigner* signer = nullptr;  // outlives the log; only the writer thread signs
    FileSystem* files = &posix_file_system();
    runtime::Runtime* runtime = &runtime::system_runtime();
    bool create = false;  // make an empty log where there is none
    std::size_t queue_entries_max = 16 * 1024;
    std::size_t queue_bytes_max = 64 * 1024 * 1024;
    // How far the checkpoint file may stay behind. At 0 it is replaced with each batch, before
    // anybody is told: three more syncs, and no moment in which damage looks like a torn write.
    std::chrono::milliseconds settle_interval{250};
  };

  struct Opened {
    std::uint64_t frames = 0;
    std::uint64_t torn_bytes = 0;
    std::uint64_t entries_rescued = 0;
  };

  // Errors: "store.locked", and those of create_log and recover.
  static Result<std::unique_ptr<SegmentLog>> open(const Options& options);
  // close().
  ~SegmentLog();
  SegmentLog(const SegmentLog&) = delete;
  SegmentLog& operator=(const SegmentLog&) = delete;

  // The index of the first of some entries.
  using Written = std::move_only_function<void(Result<std::uint64_t>)>;
  // Entries that stand together in the log, in one batch: all of them or none, at most
  // kAppendEntriesMax and kAppendBytesMax. `done` is called as that of append is, without proofs.
  // Errors: also "ledger.batch_size".
  void append_all(std::vector<Bytes> entries, Written done);
  // A tile of hashes or a bundle of entries (c2sp.org/tlog-tiles), of any width up to what the
  // latest checkpoint covers. Errors: "ledger.tile", "store.corrupt".
  Result<Bytes> tile(const merkle::Tile& tile) const;

  // As tlog::Ledger says of each.
  void append(Bytes entry, tlog::Ledger::Done done);
  void append_at(std::uint64_t index, Bytes entry, tlog::Ledger::Done done);
  void append_each(std::vector<Bytes> entries, std::vector<tlog::Ledger::Done> done);
  tlog::SignedCheckpoint latest_checkpoint() const;
  Result<Bytes> entry(std::uint64_t index) const;
  Result<merkle::Proof> prove_inclusion(std::uint64_t index, std::uint64_t size) const;
  Result<merkle::Proof> prove_consistency(std::uint64_t old_size, std::uint64_t new_size) const;

  const Opened& opened() const;
  // Commits what is queued, answers it and ends the writer; later appends get "ledger.stopped".
  // Not from a callback of append.
  void close();

 private:
  class Impl;
  explicit SegmentLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atoma::store
