#include <cstdio>

#include "atoma/base/limits.h"
#include "atoma/ledger/entry_json.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "command.h"
#include "conformance/files.h"
#include "remote_log.h"

namespace atoma::app {
namespace {

using wire::JsonWriter;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::string log_key;
  std::uint64_t index = 0;
  std::optional<std::uint64_t> entry, from, to, size;
  std::string known;
};

unsigned long long number(std::uint64_t n) { return n; }

// A member for a line of the terminal: what an entry says must not move its cursor.
std::string readable(const wire::JsonValue& value) {
  const auto text = value.text();
  const bool plain = value.is_string() && std::ranges::none_of(text, [](char c) {
                       return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
                     });
  return std::string(plain ? text : value.raw());
}

void print_member(const char* indent, const wire::JsonValue& member) {
  std::printf("  %-20s %s\n", (indent + std::string(member.name())).c_str(),
              readable(member).c_str());
}

void print_checked(const Context& context, const Options& options, const RemoteLog& log) {
  std::printf("%s  against the checkpoint of %llu entries signed by %s\n",
              context.good("checked").c_str(), number(log.size()), log.key().name().c_str());
  if (!options.log_key.empty()) return;
  std::printf("%s\n", context
                          .dim("the log's key is the server's own word; --log-key FILE checks "
                               "against one that you were given")
                          .c_str());
}

void write_hashes(JsonWriter& out, std::string_view name, const merkle::Proof& proof) {
  out.key(name).begin_array();
  for (const auto& hash : proof) out.value(wire::base64_encode(hash));
  out.end_array();
}

void write_tree(JsonWriter& out, std::string_view name, const LogTree& tree) {
  out.key(name).begin_object();
  out.member("size", tree.size).member("root", wire::base64_encode(tree.root));
  write_hashes(out, "to_checkpoint", tree.to_checkpoint);
  out.end_object();
}

void print_json(JsonWriter& out, const Options& options, const RemoteLog& log) {
  out.member("checkpoint", log.note())
      .member("log_key", log.key().to_string())
      .member("log_key_given", !options.log_key.empty())
      .end_object();
  std::printf("%s\n", out.str().c_str());
}

void print_entry(const Context& context, const Options& options, const RemoteLog& log,
                 const LogEntry& entry) {
  const auto typed = ledger::parse_entry(entry.bytes);
  JsonWriter readable_form;
  if (typed) ledger::write_entry_json(readable_form, *typed);
  if (context.json) {
    JsonWriter out;
    out.begin_object()
        .member("index", options.index)
        .member("leaf_hash", wire::base64_encode(entry.leaf_hash))
        .member("entry", wire::base64_encode(entry.bytes));
    if (typed) out.key("json").raw(readable_form.str());
    return print_json(out, options, log);
  }
  std::printf("entry %llu of %llu\n", number(options.index), number(log.size()));
  const auto document = wire::JsonDocument::parse(readable_form.str());
  if (document) {
    for (const auto& member : document->root().items()) {
      if (member.is_object()) {
        for (const auto& part : member.items()) print_member("  ", part);
      } else {
        print_member("", member);
      }
    }
  } else {
    std::printf("  %zu bytes of no form that is known here; --json has them\n", entry.bytes.size());
  }
  std::printf("  %-20s %s\n", "leaf hash", wire::hex_encode(entry.leaf_hash).c_str());
  print_checked(context, options, log);
}

void print_inclusion(const Context& context, const Options& options, const RemoteLog& log,
                     const LogInclusion& proven) {
  if (context.json) {
    JsonWriter out;
    out.begin_object()
        .member("index", proven.index)
        .member("leaf_hash", wire::base64_encode(proven.leaf_hash));
    write_hashes(out, "proof", proven.proof);
    write_tree(out, "tree", proven.tree);
    return print_json(out, options, log);
  }
  std::printf("entry %llu is in the tree of %llu entries\n", number(proven.index),
              number(proven.tree.size));
  std::printf("  leaf  %s\n", wire::hex_encode(proven.leaf_hash).c_str());
  for (const auto& hash : proven.proof) std::printf("  path  %s\n", wire::hex_encode(hash).c_str());
  std::printf("  root  %s\n", wire::hex_encode(proven.tree.root).c_str());
  print_checked(context, options, log);
}

void print_growth(const Context& context, const Options& options, const RemoteLog& log,
                  const LogGrowth& proven) {
  if (context.json) {
    JsonWriter out;
    out.begin_object();
    write_tree(out, "from", proven.from);
    write_tree(out, "to", proven.to);
    write_hashes(out, "proof", proven.proof);
    return print_json(out, options, log);
  }
  std::printf("the tree of %llu entries grew from that of %llu: nothing was changed or removed\n",
              number(proven.to.size), number(proven.from.size));
  std::printf("  from  %s\n", wire::hex_encode(proven.from.root).c_str());
  for (const auto& hash : proven.proof) std::printf("  path  %s\n", wire::hex_encode(hash).c_str());
  std::printf("  to    %s\n", wire::hex_encode(proven.to.root).c_str());
  print_checked(context, options, log);
}

void run_show(Context& context, const Options& options) {
  const auto log = RemoteLog::open(options.server, options.log_key);
  if (!log) return context.report(log.error(), exit_code_of(log.error()));
  const auto entry = log->entry(options.index);
  if (!entry) return context.report(entry.error(), exit_code_of(entry.error()));
  print_entry(context, options, *log, *entry);
}

RemoteResult<LogGrowth> prove_growth(const Options& options, const RemoteLog& log) {
  const std::uint64_t to = options.to.value_or(log.size());
  if (options.from) return log.grown(*options.from, to);
  ATOMA_TRY(const auto note, conformance::read_file(options.known, limits::kNoteMax));
  return log.grown_from(as_text(note), to);
}

void run_prove(Context& context, const Options& options) {
  if (options.entry.has_value() + options.from.has_value() + !options.known.empty() != 1) {
    return context.report(
        {Code::kInvalidArgument, "usage.log_prove", "name an entry, or --from, or --known"});
  }
  const auto log = RemoteLog::open(options.server, options.log_key);
  if (!log) return context.report(log.error(), exit_code_of(log.error()));
  if (options.entry) {
    const auto proven = log->inclusion(*options.entry, options.size.value_or(log->size()));
    if (!proven) return context.report(proven.error(), exit_code_of(proven.error()));
    return print_inclusion(context, options, *log, *proven);
  }
  const auto proven = prove_growth(options, *log);
  if (!proven) return context.report(proven.error(), exit_code_of(proven.error()));
  print_growth(context, options, *log, *proven);
}

constexpr const char* kShowFooter =
    "Examples:\n"
    "  atoma log show 7\n"
    "  atoma log show 7 --log-key log.vkey --json\n"
    "Prints nothing that the log's newest signed checkpoint does not cover.";

constexpr const char* kProveFooter =
    "Examples:\n"
    "  atoma log prove 7                          entry 7 is in the log\n"
    "  atoma log prove 7 --size 9                 it already was when the log had 9 entries\n"
    "  atoma log prove --from 3 --to 9            the first 9 entries begin with the first 3\n"
    "  atoma log checkpoint > checkpoint.txt      later:\n"
    "  atoma log prove --known checkpoint.txt --log-key log.vkey\n"
    "Each proof is checked here, against the log's newest signed checkpoint; one that does not\n"
    "hold ends with 1. --from asks about the server's own past; only --known shows that it is the\n"
    "past which you were shown. --json has every hash, for checking elsewhere.";

}  // namespace

void add_log_proofs(CLI::App& log, Context& context) {
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about) {
    auto* sub = log.add_subcommand(name, about);
    sub->add_option("--server", options->server, "URL of a running Atoma")->capture_default_str();
    sub->add_option("--log-key", options->log_key, "The log's verifier key, or a file with it");
    return sub;
  };
  auto* show = add("show", "One entry, checked");
  show->add_option("INDEX", options->index, "Position in the log")->required();
  show->footer(kShowFooter);
  show->callback([&context, options] { run_show(context, *options); });

  auto* prove = add("prove", "Proofs of inclusion and of growth, checked");
  auto* entry = prove->add_option("INDEX", options->entry, "The entry that is in the log");
  prove->add_option("--size", options->size, "In the tree of so many entries")->needs(entry);
  auto* from = prove->add_option("--from", options->from, "The tree of so many entries");
  auto* known = prove->add_option("--known", options->known, "A checkpoint that you kept");
  auto* to = prove->add_option("--to", options->to, "… grew to the tree of so many");
  to->excludes(entry);
  from->excludes(entry);
  known->excludes(entry)->excludes(from);
  prove->footer(kProveFooter);
  prove->callback([&context, options] { run_prove(context, *options); });
}

}  // namespace atoma::app
