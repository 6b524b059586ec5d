// `atoma log evidence`: what an entry stands on, as files, and how to judge it again.
#include <cstdio>
#include <filesystem>
#include <format>

#include "atoma/evidence/intel/collateral.h"
#include "atoma/store/file.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "evidence_fetch.h"
#include "remote_log.h"

namespace atoma::app {
namespace {

using ledger::EvidenceRef;
namespace media = ledger::media;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string log_key;
  std::uint64_t index = 0;
  std::string out;
  EvidenceSource source;
};

// What `atoma verify` takes of one kind.
struct FileOf {
  std::string_view media_type;
  std::string_view name;  // before a number where there may be several
  std::string_view ending;
  std::string_view option;  // "": the evidence itself
  bool many = false;
};
constexpr FileOf kFiles[] = {{media::kCpuEvidence, "evidence", ".bin", ""},
                             {media::kTpmEvidence, "evidence", ".json", ""},
                             {media::kComposite, "evidence", ".json", ""},
                             {media::kEventLog, "event-log-", ".bin", "--event-log", true},
                             {media::kRim, "rim-", ".xml", "--rim", true},
                             {media::kPlatformKeys, "platform-keys", ".json", "--endorsements"},
                             {media::kPolicy, "policy", ".yaml", "--policy"},
                             {media::kJwt, "ear", ".jwt", "--replay"},
                             {media::kCwt, "ear", ".cwt", "--replay"},
                             {media::kJwks, "jwks", ".json", "--replay-keys"}};

class Files {
 public:
  explicit Files(std::string folder) : folder_(std::move(folder)) {}

  Status make() { return files().make_directory(folder_); }

  Status take(const EvidenceRef& ref, ByteView bytes) {
    if (ref.media_type == media::kCollateral) return take_vendor_set(bytes);
    if (ref.media_type == media::kOcsp) return take_list(bytes, "ocsp", "--ocsp");
    const auto found = std::ranges::find(kFiles, ref.media_type, &FileOf::media_type);
    // Whatever it is, it is not for `atoma verify`.
    if (found == std::end(kFiles)) return write(wire::hex_encode(ref.sha256), bytes);
    std::string name(found->name);
    if (found->many) name += std::to_string(++count_[name]);
    name += found->ending;
    if (!found->option.empty()) arguments_.emplace_back(found->option);
    arguments_.push_back(folder_ + "/" + name);
    return write(name, bytes);
  }

  // Of `atoma verify`.
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  static store::FileSystem& files() { return store::posix_file_system(); }
  Status write(const std::string& name, ByteView bytes) {
    return store::replace_file(files(), store::Path(folder_) / name, bytes);
  }

  // As a request brings them: {"collateral": {…}} or {"endorsements": […]}.
  Status take_vendor_set(ByteView bytes) {
    ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(bytes)));
    const auto* parts = document.root().find("collateral");
    if (parts == nullptr) return take_list(bytes, "endorsements", "--endorsements");
    ATOMA_TRY_VOID(files().make_directory(store::Path(folder_) / "collateral"));
    for (const auto& part : evidence::intel::kCollateralParts) {
      const auto* text = parts->find(part.name);
      if (text == nullptr) continue;
      ATOMA_TRY(const auto file, wire::base64_decode(text->text()));
      ATOMA_TRY_VOID(write("collateral/" + std::string(part.file), file));
    }
    arguments_.insert(arguments_.end(), {"--collateral", folder_ + "/collateral"});
    return {};
  }

  Status take_list(ByteView bytes, std::string_view member, std::string_view option) {
    ATOMA_TRY(const auto document, wire::JsonDocument::parse(as_text(bytes)));
    const auto* list = document.root().find(member);
    if (list == nullptr)
      return malformed("evidence.form", "no list of files in " + std::string(member));
    arguments_.emplace_back(option);
    for (const auto& item : list->items()) {
      ATOMA_TRY(const auto file, wire::base64_decode(item.text()));
      const std::string name = std::format("{}-{}.der", member, ++count_[std::string(member)]);
      ATOMA_TRY_VOID(write(name, file));
      arguments_.push_back(folder_ + "/" + name);
    }
    return {};
  }

  const std::string folder_;
  std::map<std::string, int> count_;
  std::vector<std::string> arguments_;
};

void print(const Context& context, const Options& options, const std::vector<EvidenceRef>& refs,
           const Files& files) {
  if (context.json) {
    wire::JsonWriter out(wire::JsonWriter::Style::kIndented);
    out.begin_object().member("index", options.index).key("evidence").begin_array();
    for (const auto& ref : refs) {
      out.begin_object().member("sha256", wire::hex_encode(ref.sha256)).member("size", ref.size);
      out.member("media_type", ref.media_type).end_object();
    }
    out.end_array().key("verify").begin_array();
    for (const auto& argument : files.arguments()) out.value(argument);
    std::printf("%s\n", out.end_array().end_object().take().c_str());
    return;
  }
  for (const auto& ref : refs) {
    std::printf("  %s  %s  %8llu  %s\n", context.good("pass").c_str(),
                wire::hex_encode(ref.sha256).c_str(), static_cast<unsigned long long>(ref.size),
                ref.media_type.c_str());
  }
  std::string line;
  for (const auto& argument : files.arguments()) line += " " + argument;
  if (!refs.empty()) std::printf("to judge it again:\n  atoma verify%s\n", line.c_str());
}

RemoteResult<std::vector<EvidenceRef>> refs_of(const Options& options) {
  ATOMA_TRY(const auto log, RemoteLog::open(options.server, options.log_key));
  ATOMA_TRY(const auto entry, log.entry(options.index));
  ATOMA_TRY(const auto parsed, ledger::parse_entry(entry.bytes));
  ATOMA_TRY(auto refs, ledger::read_evidence_refs(parsed.statement));
  return refs;
}

RemoteResult<std::vector<EvidenceRef>> fetch_all(Options options, Files& files) {
  ATOMA_TRY(auto refs, refs_of(options));
  if (options.source.server.empty()) options.source.server = options.server;
  ATOMA_TRY(const auto fetcher, EvidenceFetcher::create(options.source));
  ATOMA_TRY_VOID(files.make());
  for (const auto& ref : refs) {
    ATOMA_TRY(const auto bytes, fetcher.fetch(ref));
    ATOMA_TRY_VOID(files.take(ref, bytes));
  }
  return refs;
}

void run(Context& context, const Options& options) {
  Files files(options.out);
  const auto refs = fetch_all(options, files);
  if (!refs) {
    // What came and does not hold is refused.
    const bool came = refs.error().reason.starts_with("evidence.");
    return context.report(refs.error(), came ? kExitRefused : exit_code_of(refs.error()));
  }
  print(context, options, *refs, files);
}

constexpr const char* kFooter =
    "Examples:\n"
    "  atoma log evidence 7 --log-key log.vkey --evidence-token evidence.token --out case\n"
    "The entry is proved to be on the log, each file has the digest and the size that it names.\n"
    "The last line printed judges the verdict again, from the log alone.";

}  // namespace

void add_log_evidence(CLI::App& log, Context& context) {
  auto* command = log.add_subcommand("evidence", "What an entry stands on, as files");
  auto options = std::make_shared<Options>();
  command->add_option("INDEX", options->index, "Position in the log")->required();
  command->add_option("--server", options->server, "URL of a running Atoma")->capture_default_str();
  command->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it");
  command->add_option("--out", options->out, "Folder for the files")->required();
  add_evidence_options(*command, options->source);
  command->footer(kFooter);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace atoma::app
