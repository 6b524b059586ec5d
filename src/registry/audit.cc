#include "atoma/registry/audit.h"

#include <algorithm>
#include <format>
#include <map>

#include "atoma/ledger/bodies.h"
#include "atoma/registry/registry.h"
#include "atoma/store/log_directory.h"
#include "atoma/wire/text.h"

namespace atoma::registry {
namespace {

using ledger::AuditStep;
using store::FrameReader;
using store::StoredFrame;

constexpr std::size_t kChunk = 64 * 1024;

AuditStep step_of(const char* id, bool ok, std::string text) { return {id, ok, std::move(text)}; }

class LogAudit {
 public:
  LogAudit(const tlog::VerifierKey& trusted, const AuditOptions& options, bool generic)
      : trusted_(trusted), options_(options), generic_(generic) {}

  Result<AuditReport> run(const store::Path& log_directory) {
    note_known();
    // Before the entries: of a log in use, they are then at least as many.
    ATOMA_TRY_VOID(read_shown(log_directory));
    ATOMA_TRY(const auto file,
              options_.files->open(log_directory / store::kEntriesFile, store::OpenMode::kRead));
    ATOMA_TRY_VOID(read_entries(*file));
    if (report_.first_bad_entry) name_bad_entry(log_directory, *file);
    add("complete", complete());
    if (generic_) genesis_ = "none: a generic log, which takes any bytes";
    add("genesis", genesis_);
    for (const std::string& note : options_.checkpoints) add("known_checkpoint", known(note));
    for (const tlog::ProofBundle& b : options_.bundles) add("known_bundle", known(b));
    return std::move(report_);
  }

 private:
  // A step fails with this error's text, or passes with the text.
  using Outcome = std::expected<std::string, std::string>;

  void add(const char* id, const Outcome& outcome) {
    report_.steps.push_back(
        step_of(id, outcome.has_value(), outcome ? outcome.value() : outcome.error()));
  }

  // Sizes at which somebody saw a root: filled in while the tree grows past them.
  void note_known() {
    for (const std::string& note : options_.checkpoints) note_checkpoint(note);
    for (const tlog::ProofBundle& bundle : options_.bundles) note_checkpoint(bundle.checkpoint);
  }

  void note_checkpoint(std::string_view note) {
    const auto opened = tlog::verify_checkpoint(note, trusted_);
    if (opened) note_size(opened->checkpoint.size);
  }

  void note_size(std::uint64_t size) {
    roots_at_[size] = std::nullopt;
    if (size == 0) roots_at_[size] = merkle::empty_root();
  }

  Status read_shown(const store::Path& log_directory) {
    shown_ = store::read_checkpoint(*options_.files, log_directory, trusted_);
    if (!shown_ && shown_.error().reason == "store.io") return std::unexpected(shown_.error());
    if (!shown_) {
      add("checkpoint_file", std::unexpected(shown_.error().to_string()));
      return {};
    }
    const tlog::Checkpoint& checkpoint = shown_->checkpoint;
    note_size(checkpoint.size);
    add("checkpoint_file", std::format("signed by {}: {} entries, root {}", trusted_.name(),
                                       checkpoint.size, wire::base64_encode(checkpoint.root)));
    return {};
  }

  Status read_entries(const store::File& file) {
    record_root();
    auto reader = FrameReader::open(file);
    if (!reader) {
      fail_entries(0, reader.error().to_string());
      return {};
    }
    while (!reader->at_end()) {
      auto stored = reader->next();
      if (!stored && stored.error().reason == "store.io") return std::unexpected(stored.error());
      if (!stored) return unreadable(*reader, stored.error());
      if (!take(*stored)) return {};
      if (options_.progress) {
        options_.progress(report_.entries, reader->offset(), reader->file_size());
      }
    }
    add("entries", std::format("{} entries in {} batches: each entry, root and signature is right",
                               report_.entries, report_.frames));
    return {};
  }

  // Where no frame can be read: the tail of a write under way, or damage.
  Status unreadable(const FrameReader& reader, const Error& error) {
    ATOMA_TRY(const bool torn, reader.looks_torn());
    if (!torn || !shown_ || report_.entries < shown_->checkpoint.size) {
      bad_frame_at_ = reader.offset();
      fail_entries(report_.entries,
                   std::format("no frame at byte {}: {}", reader.offset(), error.message));
      return {};
    }
    add("entries",
        std::format("{} entries in {} batches are right; {} bytes behind them are a "
                    "write that is under way or was cut short, and acknowledged to "
                    "nobody",
                    report_.entries, report_.frames, reader.file_size() - reader.offset()));
    return {};
  }

  // In a whole tile the file of hashes tells which entry of a bad frame was changed.
  void name_bad_entry(const store::Path& log_directory, const store::File& entries) {
    const auto leaves =
        options_.files->open(log_directory / store::kLeavesFile, store::OpenMode::kRead);
    if (!leaves) return;
    store::EntryReader reader(entries, bad_frame_at_ + store::kFrameHeaderSize, kChunk);
    for (std::uint64_t i = report_.entries;; ++i) {
      merkle::Hash leaf{};
      const auto got = (*leaves)->read(i * leaf.size(), leaf);
      if (!got || *got != leaf.size()) return;
      const auto entry = reader.next_in_frame();
      if (entry && *entry && merkle::leaf_hash(**entry) == leaf) continue;
      report_.first_bad_entry = i;
      report_.steps.back().text +=
          std::format("; {} has another hash for entry {}", store::kLeavesFile, i);
      return;
    }
  }

  bool take(const StoredFrame& stored) {
    const std::uint64_t before = report_.entries;
    merkle::Frontier next = frontier_;
    for (const merkle::Hash& leaf : stored.frame.leaves) next.append(leaf);
    const auto checkpoint = store::verify_frame(stored, &trusted_, before, next.root());
    if (!checkpoint) {
      bad_frame_at_ = stored.offset;
      fail_entries(before, checkpoint.error().message);
      return false;
    }
    if (before == 0) check_genesis(stored.frame.entries.front());
    for (const merkle::Hash& leaf : stored.frame.leaves) {
      frontier_.append(leaf);
      record_root();
    }
    report_.entries = frontier_.size();
    ++report_.frames;
    return true;
  }

  void record_root() {
    const auto at = roots_at_.find(frontier_.size());
    if (at != roots_at_.end()) at->second = frontier_.root();
  }

  void fail_entries(std::uint64_t index, std::string text) {
    report_.first_bad_entry = index;
    add("entries", std::unexpected(std::format("first bad entry {}: {}", index, text)));
  }

  void check_genesis(ByteView bytes) {
    const auto entry = ledger::parse_entry(bytes);
    if (!entry || entry->statement.type != "genesis") {
      genesis_ = std::unexpected("entry 0 is not a genesis entry");
      return;
    }
    const auto body = ledger::read_genesis(entry->statement.body);
    if (!body || std::ranges::find(body->log_keys, trusted_.to_string()) == body->log_keys.end()) {
      genesis_ = std::unexpected("entry 0 names another log key than the trusted one");
      return;
    }
    genesis_ =
        std::format("made at {} for {}", format_time(entry->statement.time), trusted_.to_string());
  }

  // The root that was signed at some time against that of the entries as they are now.
  Outcome grown_from(const tlog::Checkpoint& old) const {
    const auto found = roots_at_.find(old.size);
    if (found == roots_at_.end() || !found->second) {
      return std::unexpected(
          std::format("{} entries were signed, {} are there and right: entries "
                      "are missing or changed",
                      old.size, report_.entries));
    }
    if (*found->second == old.root) {
      return std::format("the first {} entries have the root {} that was signed", old.size,
                         wire::base64_encode(old.root));
    }
    return std::unexpected(std::format("FORK: at size {} root {} was signed, the entries have {}",
                                       old.size, wire::base64_encode(old.root),
                                       wire::base64_encode(*found->second)));
  }

  Outcome complete() const {
    if (!shown_) return std::unexpected("without the checkpoint file nobody knows");
    return grown_from(shown_->checkpoint);
  }

  Outcome known(std::string_view note) const {
    const auto opened = tlog::verify_checkpoint(note, trusted_);
    if (!opened) return std::unexpected(opened.error().to_string());
    return grown_from(opened->checkpoint);
  }

  // Under a root that the entries still have, inclusion says that the entry is still there.
  Outcome known(const tlog::ProofBundle& bundle) const {
    const auto opened = tlog::verify_checkpoint(bundle.checkpoint, trusted_);
    if (!opened) return std::unexpected(opened.error().to_string());
    const tlog::Checkpoint& old = opened->checkpoint;
    const auto status = merkle::verify_inclusion(
        bundle.index, old.size, merkle::leaf_hash(bundle.entry), bundle.inclusion, old.root);
    if (!status) return std::unexpected("the bundle itself: " + status.error().to_string());
    return grown_from(old);
  }

  const tlog::VerifierKey& trusted_;
  const AuditOptions& options_;
  const bool generic_;
  AuditReport report_;
  std::uint64_t bad_frame_at_ = 0;
  Result<tlog::SignedCheckpoint> shown_;
  merkle::Frontier frontier_;
  std::map<std::uint64_t, std::optional<merkle::Hash>> roots_at_;  // by size
  Outcome genesis_ = std::unexpected("there is no entry 0");
};

}  // namespace

Result<AuditReport> audit_log(const store::Path& directory, const tlog::VerifierKey& trusted,
                              const AuditOptions& options) {
  ATOMA_TRY(const bool generic, options.files->exists(directory / kGenericFile));
  return LogAudit(trusted, options, generic).run(directory / kLogDirectory);
}

}  // namespace atoma::registry
