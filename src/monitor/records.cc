#include "atoma/monitor/records.h"

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"

namespace atoma::monitor {
namespace {

using store::Path;

constexpr std::string_view kCheckpointFile = "checkpoint";
constexpr std::string_view kShownFile = "shown";
constexpr std::string_view kAlarmFile = "alarm";
constexpr std::string_view kEvidenceFolder = "evidence";
constexpr std::size_t kAlarmMax = 16 * 1024;

// What shows, with the two notes beside it, that the larger tree did not grow from the smaller.
std::string growth_json(const Contradiction& pair) {
  wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
  out.begin_object().member("format", "atoma-equivocation/1");
  out.member("says",
             "root is what the larger checkpoint's tree has at the smaller one's size: growth is a "
             "consistency proof (RFC 9162) from it to the larger root");
  out.member("smaller_size", pair.smaller.checkpoint.size);
  out.member("larger_size", pair.larger.checkpoint.size);
  out.member("root", wire::base64_encode(pair.root)).key("growth").begin_array();
  for (const Hash& hash : pair.growth) out.value(wire::base64_encode(hash));
  out.end_array().end_object();
  return out.take() + "\n";
}

Result<std::optional<tlog::SignedCheckpoint>> load_note(store::FileSystem& files, const Path& path,
                                                        const tlog::LogKey& log) {
  ATOMA_TRY(const bool there, files.exists(path));
  if (!there) return std::optional<tlog::SignedCheckpoint>();
  ATOMA_TRY(const Bytes note, store::read_file(files, path, limits::kNoteMax));
  auto kept = tlog::verify_checkpoint(as_text(note), log);
  if (kept) return std::optional(*std::move(kept));
  return fail(Code::kDataLoss, "monitor.state",
              path.string() + " is not of the log " + tlog::name_of(log) +
                  " by the key that was given: " + kept.error().to_string());
}

}  // namespace

Result<Records> Records::open(store::FileSystem& files, Path directory, const tlog::LogKey& log) {
  Records out(files, std::move(directory));
  ATOMA_TRY_VOID(files.make_directory(out.directory_ / kEvidenceFolder));
  ATOMA_TRY(out.lock_, files.lock(out.directory_ / "lock"));
  const Path alarm = out.directory_ / kAlarmFile;
  ATOMA_TRY(const bool alarmed, files.exists(alarm));
  if (alarmed) {
    ATOMA_TRY(const Bytes text, store::read_file(files, alarm, kAlarmMax));
    out.alarm_ = as_text(text);
  }
  ATOMA_TRY(out.kept_, load_note(files, out.directory_ / kCheckpointFile, log));
  ATOMA_TRY(auto shown, load_note(files, out.directory_ / kShownFile, log));
  if (shown) out.shown_ = std::move(shown->note);
  return out;
}

Status Records::keep(const tlog::SignedCheckpoint& checkpoint) {
  ATOMA_CHECK(!kept_ || checkpoint.checkpoint.size >= kept_->checkpoint.size);
  if (kept_ && kept_->note == checkpoint.note) return {};
  ATOMA_TRY_VOID(
      store::replace_file(*files_, directory_ / kCheckpointFile, as_bytes(checkpoint.note)));
  kept_ = checkpoint;
  return {};
}

Status Records::keep_shown(std::string note) {
  if (note == shown_) return {};
  ATOMA_TRY_VOID(store::replace_file(*files_, directory_ / kShownFile, as_bytes(note)));
  shown_ = std::move(note);
  return {};
}

Status Records::keep_evidence(Finding& finding) {
  if (finding.notes.size() != 2) return {};
  std::string what(finding.id.substr(finding.id.find('.') + 1));
  // One pair, one name, however often it is found.
  const Bytes both = to_bytes(finding.notes[0] + finding.notes[1]);
  const Hash digest =
      finding.proof
          ? crypto::sha256(as_bytes(tlog::encode_checkpoint(finding.proof->smaller.checkpoint) +
                                    tlog::encode_checkpoint(finding.proof->larger.checkpoint)))
          : crypto::sha256(both);
  const std::string stem = what + "-" + wire::hex_encode(ByteView(digest).first(8));
  const Path folder = directory_ / kEvidenceFolder;
  const auto name = [&](std::string_view suffix) { return folder / (stem + std::string(suffix)); };
  const bool proved = finding.proof && finding.proof->smaller.checkpoint.size !=
                                           finding.proof->larger.checkpoint.size;
  finding.files = {name(".smaller.note").string(), name(".larger.note").string()};
  if (proved) finding.files.push_back(name(".growth.json").string());
  ATOMA_TRY(const bool there, files_->exists(finding.files.back()));
  if (!there && written_ >= kContradictionsMax) finding.files.clear();
  if (!there && !finding.files.empty()) {
    ++written_;
    for (std::size_t i = 0; i < 2; ++i) {
      ATOMA_TRY_VOID(store::replace_file(*files_, finding.files[i], as_bytes(finding.notes[i])));
    }
    if (proved) {
      ATOMA_TRY_VOID(
          store::replace_file(*files_, finding.files[2], as_bytes(growth_json(*finding.proof))));
    }
  }
  if (!finding.proof || !alarm_.empty()) return {};
  std::string alarm = finding.text;
  for (const std::string& file : finding.files) alarm += "\n" + file;
  ATOMA_TRY_VOID(store::replace_file(*files_, directory_ / kAlarmFile, as_bytes(alarm)));
  alarm_ = std::move(alarm);
  return {};
}

}  // namespace atoma::monitor
