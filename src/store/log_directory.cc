#include "atoma/store/log_directory.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"

namespace atoma::store {
namespace {

constexpr std::string_view kMagic = "ATOMALG2";
// How much of entries.log opening reads at once, to find a frame's end.
constexpr std::size_t kReadChunk = 256 * 1024;

std::unexpected<Error> corrupt(std::uint64_t offset, std::uint64_t index, std::string_view what) {
  return fail(
      Code::kDataLoss, "store.corrupt",
      std::format("{} at byte {}, entry {}: {}. Restore the directory from a copy that is as "
                  "new as the newest checkpoint shown, or find the disk's fault; do not "
                  "delete files to get past this",
                  kEntriesFile, offset, index, what));
}

Result<Bytes> read_range(const File& file, std::uint64_t offset, std::size_t size) {
  Bytes out(size);
  ATOMA_TRY(const std::size_t got, file.read(offset, out));
  out.resize(got);
  return out;
}

Result<tlog::SignedCheckpoint> read_note(std::string_view text, const tlog::VerifierKey* key) {
  if (key != nullptr) return tlog::verify_checkpoint(text, *key);
  ATOMA_TRY(const tlog::Note note, tlog::parse_note(text));
  ATOMA_TRY(tlog::Checkpoint checkpoint, tlog::parse_checkpoint(note.text));
  return tlog::SignedCheckpoint{std::move(checkpoint), std::string(text)};
}

// A frame's note against the tree that ends with it; the frame begins with entry `first`.
Result<tlog::SignedCheckpoint> verify_note(std::string_view note, const tlog::VerifierKey* key,
                                           std::uint64_t offset, std::uint64_t first,
                                           std::uint64_t size, const merkle::Hash& root) {
  auto checkpoint = read_note(note, key);
  if (!checkpoint) {
    return corrupt(offset, first, "the frame's checkpoint: " + checkpoint.error().to_string());
  }
  const tlog::Checkpoint& signed_tree = checkpoint->checkpoint;
  if (signed_tree.size == size && signed_tree.root == root) return checkpoint;
  return corrupt(
      offset, first,
      std::format("entries {} to {} are not those that were signed: expected size {} and "
                  "root {}, found size {} and root {}",
                  first, size - 1, signed_tree.size, wire::hex_encode(signed_tree.root), size,
                  wire::hex_encode(root)));
}

}  // namespace

FrameReader::FrameReader(const File& file, std::uint64_t file_size)
    : file_(&file), file_size_(file_size), offset_(kMagic.size()) {}

Result<FrameReader> FrameReader::open(const File& file) {
  ATOMA_TRY(const std::uint64_t size, file.size());
  ATOMA_TRY(const Bytes magic, read_range(file, 0, kMagic.size()));
  if (as_text(magic) != kMagic) return corrupt(0, 0, "the file does not begin as a log");
  return FrameReader(file, size);
}

Result<StoredFrame> FrameReader::next() {
  StoredFrame out;
  out.offset = offset_;
  ATOMA_TRY(const Bytes head, read_range(*file_, offset_, kFrameHeaderSize));
  ATOMA_TRY(const FrameHeader header, parse_frame_header(head));
  ATOMA_TRY(out.bytes, read_range(*file_, offset_, header.frame_size()));
  ATOMA_TRY(out.frame, parse_frame(out.bytes));
  offset_ = out.end();
  return out;
}

Result<bool> FrameReader::looks_torn() const {
  if (file_size_ - offset_ > kFrameBytesMax) return false;
  ATOMA_TRY(const Bytes head, read_range(*file_, offset_, kFrameHeaderSize));
  const auto header = parse_frame_header(head);
  return !header || offset_ + header->frame_size() >= file_size_;
}

Result<tlog::SignedCheckpoint> verify_frame(const StoredFrame& stored, const tlog::VerifierKey* key,
                                            std::uint64_t size, const merkle::Hash& root) {
  const Frame& frame = stored.frame;
  if (frame.first_index != size) {
    return corrupt(stored.offset, size,
                   std::format("expected a frame that begins with entry {}, found {}", size,
                               frame.first_index));
  }
  return verify_note(frame.note, key, stored.offset, size, size + frame.entries.size(), root);
}

Result<tlog::SignedCheckpoint> read_checkpoint(FileSystem& files, const Path& directory,
                                               const tlog::VerifierKey& key) {
  const Path path = directory / kCheckpointFile;
  ATOMA_TRY(const Bytes note, read_file(files, path, limits::kNoteMax));
  auto checkpoint = tlog::verify_checkpoint(as_text(note), key);
  const bool empty = checkpoint && checkpoint->checkpoint.size == 0;
  if (checkpoint && (!empty || checkpoint->checkpoint.root == merkle::empty_root())) {
    return checkpoint;
  }
  return fail(
      Code::kDataLoss, "store.checkpoint",
      std::format("{}: {}", path.string(),
                  checkpoint ? "size 0 with a root of entries" : checkpoint.error().to_string()));
}

Status write_checkpoint(FileSystem& files, const Path& directory, LogTree& tree,
                        const tlog::SignedCheckpoint& checkpoint) {
  ATOMA_TRY_VOID(tree.sync());
  return replace_file(files, directory / kCheckpointFile, as_bytes(checkpoint.note));
}

namespace {

class Recovery {
 public:
  Recovery(FileSystem& files, const Path& directory, const tlog::VerifierKey& key)
      : files_(files), directory_(directory), key_(key) {}

  Result<Recovered> run() {
    ATOMA_TRY_VOID(load());
    ATOMA_TRY(FrameReader reader, FrameReader::open(*out_.entries));
    ATOMA_TRY_VOID(begin(reader));
    ATOMA_TRY_VOID(read_frames(reader));
    ATOMA_TRY_VOID(check_shown());
    ATOMA_TRY_VOID(repair());
    return std::move(out_);
  }

 private:
  Status load() {
    auto shown = read_checkpoint(files_, directory_, key_);
    const bool missing = !shown && shown.error().reason == "store.missing";
    if (!shown && !missing) return std::unexpected(shown.error());
    ATOMA_TRY(out_.entries, files_.open(directory_ / kEntriesFile, OpenMode::kReadWrite));
    if (missing) {
      return fail(
          Code::kDataLoss, "store.checkpoint_missing",
          std::format("{} has entries but no checkpoint file, so nobody knows how many were "
                      "acknowledged",
                      directory_.string()));
    }
    shown_ = *std::move(shown);
    out_.checkpoint = shown_;
    return {};
  }

  Status empty_tree() {
    ATOMA_TRY(LogTree tree, LogTree::open(files_, directory_));
    out_.tree = std::make_unique<LogTree>(std::move(tree));
    return {};
  }

  // Begins behind the whole tiles that are on disk, or at the first entry.
  Status begin(FrameReader& reader) {
    ATOMA_TRY_VOID(empty_tree());
    ATOMA_TRY(const std::uint64_t there, out_.tree->files().tiles());
    // Those below the checkpoint file were made durable before it.
    const std::uint64_t tiles = std::min(there, shown_.checkpoint.size / merkle::kTileWidth);
    remade_ = tiles < shown_.checkpoint.size / merkle::kTileWidth;
    if (tiles == 0) return {};
    const auto next_frame = go_on(tiles);
    if (next_frame) {
      reader.seek(*next_frame);
      return {};
    }
    if (next_frame.error().reason == "store.io") return std::unexpected(next_frame.error());
    remade_ = true;
    return empty_tree();
  }

  // To the end of the frame in which the last of these tiles ends; its note says whether they are
  // the log's. Returns where the next frame begins.
  Result<std::uint64_t> go_on(std::uint64_t tiles) {
    LogTree& tree = *out_.tree;
    ATOMA_TRY_VOID(tree.load(tiles));
    ATOMA_TRY(const auto last, tree.files().groups(tiles * kTileGroups - 1, 1));
    EntryReader reader(*out_.entries, last.front().position, kReadChunk);
    for (unsigned i = 0; i < kGroupSize; ++i) ATOMA_TRY_VOID(reader.next());
    std::vector<merkle::Hash> leaves;
    std::vector<std::uint64_t> positions;
    for (;;) {
      const std::uint64_t position = reader.position();
      ATOMA_TRY(const auto entry, reader.next_in_frame());
      if (!entry) break;
      leaves.push_back(merkle::leaf_hash(*entry));
      positions.push_back(position);
      if (leaves.size() > kFrameEntriesMax) return corrupt(position, tree.size(), "no frame's end");
    }
    const std::uint64_t offset = reader.position();
    ATOMA_TRY(const std::string note, reader.end_frame());
    LogTree::Growth growth = tree.grow(leaves, positions);
    ATOMA_TRY_VOID(verify_note(note, &key_, offset, tree.size(), growth.size, growth.root));
    ATOMA_TRY_VOID(tree.write(growth));
    tree.apply(std::move(growth));
    return reader.position();
  }

  Status read_frames(FrameReader& reader) {
    while (!reader.at_end()) {
      const std::uint64_t offset = reader.offset();
      auto stored = reader.next();
      if (!stored && stored.error().reason == "store.io") return std::unexpected(stored.error());
      if (!stored) {
        ATOMA_TRY_VOID(check_torn(reader, stored.error()));
        out_.torn_bytes = reader.file_size() - offset;
        break;
      }
      ATOMA_TRY_VOID(take(*stored));
      last_ = *std::move(stored);
    }
    out_.end = reader.offset();
    return {};
  }

  // The first frame that can't be read: a torn write, or damage?
  Status check_torn(const FrameReader& reader, const Error& error) {
    const std::uint64_t size = out_.tree->size();
    ATOMA_TRY(const bool torn, reader.looks_torn());
    if (torn && size >= shown_.checkpoint.size) return {};
    return corrupt(reader.offset(), size,
                   std::format("expected a frame ({} entries are acknowledged), found: {}",
                               shown_.checkpoint.size, error.message));
  }

  Status take(const StoredFrame& stored) {
    LogTree& tree = *out_.tree;
    const Frame& frame = stored.frame;
    LogTree::Growth growth = tree.grow(frame.leaves, entry_positions(stored.offset, frame.entries));
    // Below the checkpoint file its root binds them all.
    const bool covered = growth.size < shown_.checkpoint.size;
    ATOMA_TRY(tlog::SignedCheckpoint checkpoint,
              verify_frame(stored, covered ? nullptr : &key_, tree.size(), growth.root));
    ATOMA_TRY_VOID(tree.write(growth));
    tree.apply(std::move(growth));
    ++out_.frames;
    if (tree.size() > shown_.checkpoint.size) out_.checkpoint = std::move(checkpoint);
    return {};
  }

  Status check_shown() {
    const tlog::Checkpoint& shown = shown_.checkpoint;
    const std::uint64_t size = out_.tree->size();
    if (size < shown.size) {
      return fail(
          Code::kDataLoss, "store.rollback",
          std::format("{} ends after {} entries, but a checkpoint of {} was shown: the file "
                      "was cut, or put back from an older copy. Restore the newer one; "
                      "going on would fork the log",
                      kEntriesFile, size, shown.size));
    }
    ATOMA_TRY(const merkle::Hash root, merkle::root_at(*out_.tree, shown.size));
    if (root != shown.root) {
      return fail(Code::kDataLoss, "store.fork",
                  std::format("the checkpoint that was shown has size {} and root {}; {} has there "
                              "the root {}: two histories under one key. Stop and find out where "
                              "the other one came from",
                              shown.size, wire::hex_encode(shown.root), kEntriesFile,
                              wire::hex_encode(root)));
    }
    out_.entries_rescued = size - shown.size;
    return {};
  }

  Status repair() {
    if (out_.torn_bytes > 0) {
      ATOMA_TRY_VOID(out_.entries->truncate(out_.end));
      ATOMA_TRY_VOID(out_.entries->sync());
    }
    if (out_.entries_rescued == 0) return remade_ ? out_.tree->sync() : Status{};
    // Written again, because its sync may have failed: the kernel then shows pages that are not on
    // the disk and calls them clean. Those before it were synced, or it had not been begun.
    if (last_) {
      ATOMA_TRY_VOID(out_.entries->write(last_->offset, last_->bytes));
      ATOMA_TRY_VOID(out_.entries->sync());
    }
    return write_checkpoint(files_, directory_, *out_.tree, out_.checkpoint);
  }

  FileSystem& files_;
  const Path& directory_;
  const tlog::VerifierKey& key_;
  Recovered out_;
  tlog::SignedCheckpoint shown_;
  std::optional<StoredFrame> last_;
  bool remade_ = false;  // tiles below the checkpoint were written again
};

}  // namespace

Result<Recovered> recover(FileSystem& files, const Path& directory, const tlog::VerifierKey& key) {
  return Recovery(files, directory, key).run();
}

Status create_log(FileSystem& files, const Path& directory, const tlog::NoteSigner& signer) {
  const Path entries = directory / kEntriesFile;
  ATOMA_TRY(const bool shown, files.exists(directory / kCheckpointFile));
  ATOMA_TRY(const bool started, files.exists(entries));
  std::uint64_t size = 0;
  if (started) {
    ATOMA_TRY(const auto file, files.open(entries, OpenMode::kRead));
    ATOMA_TRY(size, file->size());
  }
  if (shown || size > kMagic.size()) {
    return fail(Code::kAlreadyExists, "store.exists",
                std::format("{} already holds a log", directory.string()));
  }
  {
    ATOMA_TRY(const auto file, files.open(entries, OpenMode::kCreate));
    ATOMA_TRY_VOID(file->write(0, as_bytes(kMagic)));
    ATOMA_TRY_VOID(file->sync());
  }
  ATOMA_TRY_VOID(files.sync_directory(directory));
  const tlog::Checkpoint empty{signer.verifier_key().name(), 0, merkle::empty_root()};
  return replace_file(files, directory / kCheckpointFile,
                      as_bytes(tlog::sign_checkpoint(empty, signer).note));
}

}  // namespace atoma::store
