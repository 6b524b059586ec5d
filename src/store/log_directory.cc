#include "atoma/store/log_directory.h"

#include <format>

#include "atoma/base/limits.h"
#include "atoma/wire/text.h"

namespace atoma::store {
namespace {

constexpr std::string_view kMagic = "ATOMALG1";

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
                                            merkle::Frontier& frontier) {
  const Frame& frame = stored.frame;
  const std::uint64_t size = frontier.size();
  if (frame.first_index != size) {
    return corrupt(stored.offset, size,
                   std::format("expected a frame that begins with entry {}, found {}", size,
                               frame.first_index));
  }
  for (std::size_t i = 0; i < frame.entries.size(); ++i) {
    const merkle::Hash leaf = merkle::leaf_hash(frame.entries[i]);
    if (leaf != frame.leaves[i]) {
      return corrupt(stored.offset, size + i,
                     std::format("the entry's hash was {}, is now {}",
                                 wire::hex_encode(frame.leaves[i]), wire::hex_encode(leaf)));
    }
    frontier.append(leaf);
  }
  auto checkpoint = read_note(frame.note, key);
  if (!checkpoint) {
    return corrupt(stored.offset, size,
                   "the frame's checkpoint: " + checkpoint.error().to_string());
  }
  const tlog::Checkpoint& signed_tree = checkpoint->checkpoint;
  if (signed_tree.size == frontier.size() && signed_tree.root == frontier.root()) {
    return checkpoint;
  }
  return corrupt(
      stored.offset, size,
      std::format("entries {} to {} are not those that were signed: expected size {} and "
                  "root {}, found size {} and root {}",
                  size, frontier.size() - 1, signed_tree.size, wire::hex_encode(signed_tree.root),
                  frontier.size(), wire::hex_encode(frontier.root())));
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

namespace {

class Recovery {
 public:
  Recovery(FileSystem& files, const Path& directory, const tlog::VerifierKey& key)
      : files_(files), directory_(directory), key_(key) {}

  Result<Recovered> run(const std::function<void(const StoredFrame&)>& visit) {
    ATOMA_TRY_VOID(load());
    ATOMA_TRY(FrameReader reader, FrameReader::open(*out_.entries));
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
      visit(*stored);
    }
    out_.end = reader.offset();
    ATOMA_TRY_VOID(check_rollback());
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

  // The first frame that can't be read: a torn write, or damage?
  Status check_torn(const FrameReader& reader, const Error& error) {
    const std::uint64_t size = out_.frontier.size();
    ATOMA_TRY(const bool torn, reader.looks_torn());
    // Only what lies beyond the checkpoint was never acknowledged.
    if (torn && size >= shown_.checkpoint.size) return {};
    return corrupt(reader.offset(), size,
                   std::format("expected a frame ({} entries are acknowledged), found: {}",
                               shown_.checkpoint.size, error.message));
  }

  Status take(const StoredFrame& stored) {
    const std::uint64_t before = out_.frontier.size();
    const tlog::Checkpoint& shown = shown_.checkpoint;
    const bool covered = before + stored.frame.entries.size() < shown.size;
    ATOMA_TRY(tlog::SignedCheckpoint checkpoint,
              verify_frame(stored, covered ? nullptr : &key_, out_.frontier));
    ++out_.frames;
    const tlog::Checkpoint& here = checkpoint.checkpoint;
    // The checkpoint shown ends a frame, and with the same root.
    if (before < shown.size && here.size >= shown.size && here != shown) {
      return fail(Code::kDataLoss, "store.fork",
                  std::format("the checkpoint that was shown has size {} and root {}; {} goes from "
                              "size {} to size {} with root {}: two histories under one key. Stop "
                              "and find out where the other one came from",
                              shown.size, wire::hex_encode(shown.root), kEntriesFile, before,
                              here.size, wire::hex_encode(here.root)));
    }
    if (here.size > shown.size) {
      out_.entries_rescued += here.size - before;
      rescued_.push_back({stored.offset, stored.bytes});
      out_.checkpoint = std::move(checkpoint);
    }
    return {};
  }

  Status check_rollback() const {
    if (out_.frontier.size() >= shown_.checkpoint.size) return {};
    return fail(
        Code::kDataLoss, "store.rollback",
        std::format("{} ends after {} entries, but a checkpoint of {} was shown: the file was "
                    "cut, or put back from an older copy. Restore the newer one; going on "
                    "would fork the log",
                    kEntriesFile, out_.frontier.size(), shown_.checkpoint.size));
  }

  Status repair() {
    if (out_.torn_bytes > 0) {
      ATOMA_TRY_VOID(out_.entries->truncate(out_.end));
      ATOMA_TRY_VOID(out_.entries->sync());
    }
    if (rescued_.empty()) return {};
    // Written again, because their sync may have failed: the kernel then shows pages that are not
    // on the disk and calls them clean.
    for (const auto& [offset, bytes] : rescued_) {
      ATOMA_TRY_VOID(out_.entries->write(offset, bytes));
    }
    ATOMA_TRY_VOID(out_.entries->sync());
    return replace_file(files_, directory_ / kCheckpointFile, as_bytes(out_.checkpoint.note));
  }

  struct Rescued {
    std::uint64_t offset;
    Bytes bytes;
  };

  FileSystem& files_;
  const Path& directory_;
  const tlog::VerifierKey& key_;
  Recovered out_;
  tlog::SignedCheckpoint shown_;
  std::vector<Rescued> rescued_;
};

}  // namespace

Result<Recovered> recover(FileSystem& files, const Path& directory, const tlog::VerifierKey& key,
                          const std::function<void(const StoredFrame&)>& visit) {
  return Recovery(files, directory, key).run(visit);
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
