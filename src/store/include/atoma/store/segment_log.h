// An append-only log on one disk with group commit: one writer thread owns the file, takes whatever
// has queued while the last batch was synced, and commits it as one frame (log_directory.h).
//
//   ATOMA_TRY(auto log, SegmentLog::open({.directory = dir, .signer = &signer}));
//   log->append(to_bytes("entry"), [](Result<tlog::Receipt> r) { … });
//
// The first failed write or sync stops the log for good: what the disk then holds is not known, so
// nothing more is signed. Reads go on; reopening settles it. Memory: 72 bytes an entry (offset,
// complete subtrees) and the queue.
#pragma once

#include <memory>

#include "atoma/store/file.h"
#include "atoma/tlog/ledger.h"

namespace atoma::store {

class SegmentLog {
 public:
  struct Options {
    Path directory;
    const tlog::NoteSigner* signer = nullptr;  // outlives the log; only the writer thread signs
    FileSystem* files = &posix_file_system();
    bool create = false;  // make an empty log where there is none
    std::size_t queue_entries_max = 16 * 1024;
    std::size_t queue_bytes_max = 64 * 1024 * 1024;
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

  // As tlog::Ledger says of each.
  void append(Bytes entry, tlog::Ledger::Done done);
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
