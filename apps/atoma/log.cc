#include <cstdio>
#include <fstream>

#include "atoma/wire/json.h"
#include "attestation.h"
#include "command.h"
#include "evidence_fetch.h"
#include "log_serve.h"
#include "remote.h"

namespace atoma::app {
namespace {

using wire::JsonValue;

struct Options {
  std::string server = "http://127.0.0.1:8470";
  std::uint64_t index = 0;
  std::uint64_t start = 0;
  std::string out;
};

std::string member(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  if (value == nullptr) return "";
  return std::string(value->is_string() ? value->text() : value->raw());
}

// The part of an entry that tells people what happened.
std::string summary(const JsonValue& entry) {
  std::string out;
  const JsonValue* body = entry.find("body");
  if (body == nullptr) return out;
  for (const char* name : {"verdict", "tee", "change", "name", "version", "reason", "size"}) {
    const std::string text = member(*body, name);
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  }
  return member(*body, "sample") == "true" ? out + ", SAMPLE" : out;
}

void print_raw(Bytes body, const std::string& out) {
  if (out.empty()) {
    const bool ended = !body.empty() && body.back() == '\n';
    std::printf("%s%s", std::string(as_text(body)).c_str(), ended ? "" : "\n");
    return;
  }
  std::ofstream(out, std::ios::binary) << as_text(body);
  std::printf("written to %s\n", out.c_str());
}

void show_raw(Context& context, const Options& options, const std::string& path) {
  auto body = call_remote(options.server, {.path = path});
  if (!body) return context.report(body.error(), exit_code_of(body.error()));
  print_raw(std::move(*body), options.out);
}

void show_entries(Context& context, const Options& options) {
  const std::string path = "/v1/log/entries?start=" + std::to_string(options.start);
  const auto body = call_remote(options.server, {.path = path});
  if (!body) return context.report(body.error(), exit_code_of(body.error()));
  if (context.json) return print_raw(*body, options.out);
  const auto document = wire::JsonDocument::parse(as_text(*body));
  const JsonValue* entries = document ? document->root().find("entries") : nullptr;
  if (entries == nullptr) {
    return context.report({Code::kInternal, "remote.failed", "the answer is not a list of entries"},
                          kExitUnappraisable);
  }
  for (const auto& item : entries->items()) {
    const JsonValue* entry = item.find("json");
    if (entry == nullptr) {
      std::printf("%6s  (opaque)\n", member(item, "index").c_str());
      continue;
    }
    std::printf("%6s  %s  %-12s %s\n", member(item, "index").c_str(),
                context.dim(member(*entry, "time")).c_str(), member(*entry, "type").c_str(),
                summary(*entry).c_str());
  }
  std::printf("%s entries in the log\n", member(document->root(), "size").c_str());
}

}  // namespace

void add_log(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("log", "Read the ledger of a running Atoma, or run a log alone");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  atoma log entries --server http://127.0.0.1:8470\n"
      "  atoma log show 7 --log-key log.vkey\n"
      "  atoma log prove --known checkpoint.txt --log-key log.vkey\n"
      "  atoma log evidence 7 --out case --evidence-token evidence.token\n"
      "  atoma log bundle 7 --out bundle.json && atoma audit bundle.json --log-key log.vkey");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, std::function<void()> run) {
    auto* sub = command->add_subcommand(name, about);
    sub->add_option("--server", options->server, "URL of a running Atoma")->capture_default_str();
    sub->callback(std::move(run));
    return sub;
  };
  add("checkpoint", "The newest signed checkpoint",
      [&context, options] { show_raw(context, *options, "/v1/log/checkpoint"); });
  add("key", "The log's verifier key",
      [&context, options] { show_raw(context, *options, "/v1/log/key"); });
  add_log_proofs(*command, context);
  add_log_evidence(*command, context);
  add_log_serve(*command, context);
  add("entries", "What happened, entry by entry", [&context, options] {
    show_entries(context, *options);
  })->add_option("--start", options->start, "First entry");
  auto* bundle =
      add("bundle", "The proof bundle of one entry, for atoma audit", [&context, options] {
        show_raw(context, *options, "/v1/log/bundle/" + std::to_string(options->index));
      });
  bundle->add_option("INDEX", options->index, "Position in the log")->required();
  bundle->add_option("--out", options->out, "Write to this file");
}

}  // namespace atoma::app
