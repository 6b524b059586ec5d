// A log on disk: a directory with
//
//   entries.log   8 bytes magic, then frames (frame.h), one per committed batch
//   checkpoint    the newest checkpoint that may have been shown: the commit point
//   lock          held by the process that writes
//
// A batch is committed in this order: frame written and synced, checkpoint file replaced, only then
// anybody told. So entries.log is never behind the checkpoint file, and what is in it beyond that
// was never acknowledged. On opening:
//
//   a whole frame beyond the checkpoint   is kept: written again, synced, and shown
//   a torn frame beyond the checkpoint    is cut off
//   fewer entries than the checkpoint     "store.rollback": truncated, or an old copy restored
//   another root at its size              "store.fork": two histories under one key
//   anything else                         "store.corrupt", with where, expected and found
//
// What this can't see is a whole directory put back to an earlier state: that takes witnesses.
#pragma once

#include <functional>
#include <memory>

#include "atoma/merkle/frontier.h"
#include "atoma/store/file.h"
#include "atoma/store/frame.h"
#include "atoma/tlog/checkpoint.h"

namespace atoma::store {

inline constexpr std::string_view kEntriesFile = "entries.log";
inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kLockFile = "lock";

// A frame with its bytes, as it lies in entries.log.
struct StoredFrame {
  std::uint64_t offset = 0;
  Bytes bytes;
  Frame frame;  // points into bytes

  std::uint64_t end() const { return offset + bytes.size(); }
};

// Reads frames in order; nothing is trusted beyond the check of each frame.
class FrameReader {
 public:
  // Errors: "store.corrupt" when the file does not begin as one.
  static Result<FrameReader> open(const File& file);

  bool at_end() const { return offset_ == file_size_; }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t file_size() const { return file_size_; }
  // Errors: "store.frame_header" or "store.frame" when no whole frame begins at offset().
  Result<StoredFrame> next();
  // After next() failed: can this be the one write that a crash cut short? It can when what is
  // left is at most one frame and no readable header says that the file goes on behind it.
  Result<bool> looks_torn() const;

 private:
  FrameReader(const File& file, std::uint64_t file_size);

  const File* file_;
  std::uint64_t file_size_;
  std::uint64_t offset_;
};

// Checks a frame against the tree before it and grows the tree: index, every entry against its leaf
// hash, root and size against the note, and the note's signature unless `key` is null. When an
// entry is wrong the tree ends before it. Errors: "store.corrupt".
Result<tlog::SignedCheckpoint> verify_frame(const StoredFrame& stored, const tlog::VerifierKey* key,
                                            merkle::Frontier& frontier);

// The checkpoint file. Errors: "store.missing", "store.checkpoint" when it does not verify.
Result<tlog::SignedCheckpoint> read_checkpoint(FileSystem& files, const Path& directory,
                                               const tlog::VerifierKey& key);

struct Recovered {
  std::unique_ptr<File> entries;
  std::uint64_t end = 0;  // where the next frame goes
  merkle::Frontier frontier;
  tlog::SignedCheckpoint checkpoint;
  std::uint64_t frames = 0;
  std::uint64_t torn_bytes = 0;       // cut off
  std::uint64_t entries_rescued = 0;  // found whole beyond the checkpoint and kept
};

// Verifies every entry and repairs the tail as above; calls `visit` for each frame kept. Of frames
// below the checkpoint the signature is not checked again: its root binds them. The caller holds
// the lock. Errors: those above, "store.missing", "store.checkpoint", "store.checkpoint_missing",
// "store.io".
Result<Recovered> recover(FileSystem& files, const Path& directory, const tlog::VerifierKey& key,
                          const std::function<void(const StoredFrame&)>& visit);

// An empty log: entries.log without a frame, then the checkpoint of size 0. Can be repeated when it
// was interrupted. Errors: "store.exists" when there is a checkpoint or a frame, "store.io".
Status create_log(FileSystem& files, const Path& directory, const tlog::NoteSigner& signer);

}  // namespace atoma::store
