// A log on disk: a directory with
//
//   entries.log      8 bytes magic, then frames (frame.h), one per committed batch
//   leaves, groups   hashes of whole tiles (tree_files.h), which entries.log has once more
//   checkpoint       a checkpoint that may have been shown, with everything below it durable
//   lock             held by the process that writes
//
// A batch is committed when its frame is written and synced. Then it is told, and the checkpoint
// file follows a moment later. So entries.log is never behind the checkpoint file; what is in it
// beyond that may have been acknowledged. A frame is begun only when the one before it is durable,
// so that a crash can tear the last one alone, and one that was acknowledged is whole. On opening:
//
//   whole frames beyond the checkpoint    are kept; the last is written again, and synced
//   a torn last frame beyond it           is cut off
//   fewer entries than the checkpoint     "store.rollback": truncated, or an old copy restored
//   another root at its size              "store.fork": two histories under one key
//   anything else                         "store.corrupt", with where, expected and found
//
// What this can't see: a whole directory put back to an earlier state, and damage done to the last
// frame within the moment before a crash, which looks like a torn one. That takes witnesses.
//
// Opening reads the tree's upper part from `groups`, compares its root with a signed one in
// entries.log, and goes on from there: its time depends on the last moments before the end, and on
// a few bytes an entry. When that root is wrong or the files are away, it reads everything and
// makes them again.
#pragma once

#include <memory>

#include "atoma/store/entry_reader.h"
#include "atoma/store/file.h"
#include "atoma/store/frame.h"
#include "atoma/store/log_tree.h"
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
  // Goes on from where a frame is known to begin.
  void seek(std::uint64_t offset) { offset_ = offset; }
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

// Checks a frame against the tree before it, of `size` leaves, and the `root` that its own leaves
// make of that: the index, the note's size and root, and its signature unless `key` is null.
// Errors: "store.corrupt".
Result<tlog::SignedCheckpoint> verify_frame(const StoredFrame& stored, const tlog::VerifierKey* key,
                                            std::uint64_t size, const merkle::Hash& root);

// The checkpoint file. Errors: "store.missing", "store.checkpoint" when it does not verify.
Result<tlog::SignedCheckpoint> read_checkpoint(FileSystem& files, const Path& directory,
                                               const tlog::VerifierKey& key);
// Makes the tree's files durable and then this the checkpoint file.
Status write_checkpoint(FileSystem& files, const Path& directory, LogTree& tree,
                        const tlog::SignedCheckpoint& checkpoint);

struct Recovered {
  std::unique_ptr<File> entries;
  std::uint64_t end = 0;  // where the next frame goes
  std::unique_ptr<LogTree> tree;
  tlog::SignedCheckpoint checkpoint;
  std::uint64_t frames = 0;           // that were read
  std::uint64_t torn_bytes = 0;       // cut off
  std::uint64_t entries_rescued = 0;  // found whole beyond the checkpoint file and kept
};

// Opens and repairs as above. The caller holds the lock. Errors: those above, "store.missing",
// "store.checkpoint", "store.checkpoint_missing", "store.io".
Result<Recovered> recover(FileSystem& files, const Path& directory, const tlog::VerifierKey& key);

// An empty log: entries.log without a frame, then the checkpoint of size 0. Can be repeated when it
// was interrupted. Errors: "store.exists" when there is a checkpoint or a frame, "store.io".
Status create_log(FileSystem& files, const Path& directory, const tlog::NoteSigner& signer);

}  // namespace atoma::store
