#include "registry_lookup.h"

#include <algorithm>
#include <cstdio>
#include <format>

#include "atoma/base/limits.h"
#include "atoma/ledger/entry_json.h"
#include "atoma/monitor/source.h"
#include "atoma/wire/json.h"
#include "atoma/wire/json_writer.h"
#include "atoma/wire/text.h"
#include "attestation.h"
#include "log_key.h"
#include "remote.h"
#include "remote_log.h"

namespace atoma::app {
namespace {

struct Trusted {
  tlog::LogKey log_key;
  cose::PublicKey sequencer;
  std::optional<tlog::CosignerKey> map_cosigner;
};

Result<Trusted> trusted_keys(const LookupOptions& options) {
  ATOMA_TRY(auto log_key, load_any_log_key(options.log_key));
  ATOMA_TRY(const Bytes raw, wire::base64_decode(options.sequencer));
  ATOMA_TRY(auto sequencer, cose::PublicKey::create(cose::Algorithm::kEdDsa, raw));
  Trusted out{std::move(log_key), std::move(sequencer), {}};
  if (!options.map_cosigner.empty()) {
    ATOMA_TRY(out.map_cosigner, tlog::CosignerKey::parse(options.map_cosigner));
  }
  return out;
}

// What the monitor shows, by the cosigner's key.
RemoteResult<ledger::MapCosigned> fetch_cosigned(const LookupOptions& options,
                                                 const Trusted& trusted) {
  ATOMA_TRY(const auto source, monitor::HttpLog::create(options.monitor));
  ATOMA_TRY(const std::string note, source.checkpoint());
  ATOMA_TRY(auto cosigned,
            ledger::verify_map_cosigned(note, trusted.log_key, *trusted.map_cosigner));
  return cosigned;
}

RemoteResult<ledger::Lookup> ask(const LookupOptions& options,
                                 const std::optional<ledger::MapCosigned>& cosigned) {
  std::string path = "/v1/registry/lookup" + label_query(options.space, options.label);
  if (cosigned) path += std::format("&map_head_below={}", cosigned->checkpoint.checkpoint.size);
  ATOMA_TRY(const auto body, call_remote(options.server, {.path = path}));
  const auto document = wire::JsonDocument::parse(as_text(body));
  const auto* member = document ? document->root().find("lookup") : nullptr;
  if (member == nullptr) return std::unexpected(bad_answer());
  ATOMA_TRY(const Bytes encoded, wire::base64_decode(member->text()));
  ATOMA_TRY(auto lookup, ledger::parse_lookup(encoded));
  return lookup;
}

RemoteResult<CheckedLookup> fetch_lookup(const LookupOptions& options, Trusted& trusted) {
  std::optional<ledger::MapCosigned> cosigned;
  if (trusted.map_cosigner) {
    ATOMA_TRY(cosigned, fetch_cosigned(options, trusted));
  }
  ATOMA_TRY(auto lookup, ask(options, cosigned));
  ATOMA_TRY(auto checkpoint, tlog::verify_checkpoint(lookup.checkpoint, trusted.log_key));
  ATOMA_TRY(auto found, ledger::verify_lookup(lookup, {options.space, options.label}, checkpoint,
                                              trusted.sequencer, options.lag_max));
  if (cosigned) {
    const std::uint64_t a = cosigned->checkpoint.checkpoint.size, b = checkpoint.checkpoint.size;
    merkle::Proof growth;
    if (a != b && a != 0) {
      ATOMA_TRY(growth, fetch_growth(options.server, std::min(a, b), std::max(a, b)));
    }
    ATOMA_TRY_VOID(
        ledger::check_map_cosigned(lookup, checkpoint, *cosigned, growth, options.lag_max));
  }
  return CheckedLookup{std::move(lookup), std::move(found), std::move(checkpoint),
                       std::move(cosigned)};
}

void print_json(const CheckedLookup& answer) {
  const auto& found = answer.found;
  wire::JsonWriter out;
  out.begin_object().member("found", found.entry.has_value());
  out.member("as_of", format_time(found.as_of)).member("behind", found.behind);
  if (answer.cosigned) {
    out.member("cosigned_size", answer.cosigned->checkpoint.checkpoint.size);
    out.member("cosigned_at", format_time(answer.cosigned->when));
  }
  if (found.entry) {
    out.member("index", answer.lookup.entry->index).member("versions", found.value.count);
    out.member("type", found.entry->statement.type);
    out.member("time", format_time(found.entry->statement.time));
    out.member("issuer", wire::hex_encode(found.entry->issuer));
    out.member("body", wire::base64_encode(found.entry->statement.body));
    out.key("entry");
    ledger::write_entry_json(out, *found.entry);
  }
  std::printf("%s\n", out.end_object().take().c_str());
}

void print_found(const Context& context, const LookupOptions& options,
                 const CheckedLookup& answer) {
  const auto& found = answer.found;
  if (context.json) return print_json(answer);
  if (!found.entry) {
    std::printf("%s as of %s: proved against the index on the log\n",
                context.bad("no entry").c_str(), format_time(found.as_of).c_str());
  } else {
    std::printf("%s  entry %llu, the newest of %llu under this label as of %s\n",
                context.good(found.entry->statement.type).c_str(),
                static_cast<unsigned long long>(answer.lookup.entry->index),
                static_cast<unsigned long long>(found.value.count),
                format_time(found.as_of).c_str());
    wire::JsonWriter said;
    ledger::write_entry_json(said, *found.entry);
    std::printf("says    %s\n", said.str().c_str());
  }
  if (!answer.cosigned) return;
  const auto key = tlog::CosignerKey::parse(options.map_cosigner);
  std::printf("index   replayed by %s, %llu entries, %s\n", key->name().c_str(),
              static_cast<unsigned long long>(answer.cosigned->checkpoint.checkpoint.size),
              format_time(answer.cosigned->when).c_str());
}

// What came and does not hold is refused; what did not come is not there.
int failure_code(const RemoteError& error) {
  if (error.reason == "monitor.answer") return kExitUnappraisable;
  const int code = exit_code_of(error);
  return error.status != 0 || code == kExitUnappraisable ? code : kExitRefused;
}

void lookup(Context& context, const LookupOptions& options) {
  const auto trusted = trusted_keys(options);
  if (!trusted) return context.report(trusted.error());
  const auto answer = fetch_lookup(options);
  if (!answer) return context.report(answer.error(), failure_code(answer.error()));
  if (!answer->found.entry) context.exit_code = kExitRefused;
  print_found(context, options, *answer);
}

// Each entry names the one before it: downwards, with a proof for each, and no further than the
// index counts.
RemoteResult<ledger::History> fetch_earlier(const LookupOptions& options,
                                            const CheckedLookup& newest) {
  ledger::History out{.lookup = newest.lookup, .earlier = {}};
  if (!newest.found.entry) return out;
  const std::uint64_t size = newest.checkpoint.checkpoint.size;
  std::optional<ledger::EntryRef> before = newest.found.entry->statement.previous;
  std::uint64_t above = newest.lookup.entry->index;
  while (before && before->index < above && out.earlier.size() + 1 < newest.found.value.count &&
         out.earlier.size() < ledger::kHistoryMax) {
    above = before->index;
    ATOMA_TRY(Bytes bytes, fetch_entry(options.server, above));
    ATOMA_TRY(auto path, fetch_path(options.server, above, size));
    ATOMA_TRY(const auto entry, ledger::parse_entry(bytes));
    before = entry.statement.previous;
    out.earlier.push_back({above, std::move(bytes), std::move(path.proof)});
  }
  std::ranges::reverse(out.earlier);
  return out;
}

void print_history(const Context& context, const LookupOptions& options,
                   const CheckedHistory& history) {
  if (context.json) {
    wire::JsonWriter out;
    out.begin_object().member("as_of", format_time(history.newest.found.as_of));
    out.key("entries").begin_array();
    for (std::size_t i = 0; i < history.entries.size(); ++i) {
      const auto& entry = history.entries[i];
      out.begin_object().member("index", history.indices[i]);
      out.member("type", entry.statement.type);
      out.member("time", format_time(entry.statement.time));
      out.member("issuer", wire::hex_encode(entry.issuer));
      out.member("body", wire::base64_encode(entry.statement.body)).end_object();
    }
    std::printf("%s\n", out.end_array().end_object().take().c_str());
    return;
  }
  std::printf("%s %s\n", context.bold(options.space).c_str(), context.bold(options.label).c_str());
  for (std::size_t i = 0; i < history.entries.size(); ++i) {
    const auto& entry = history.entries[i];
    std::printf("%8llu  %s  %-18s by %s\n", static_cast<unsigned long long>(history.indices[i]),
                format_time(entry.statement.time).c_str(), entry.statement.type.c_str(),
                wire::hex_encode(ByteView(entry.issuer).first(8)).c_str());
  }
  std::printf(
      "%s: %zu entries as of %s, each proved, none left out\n",
      history.entries.empty() ? context.bad("no entry").c_str() : context.good("whole").c_str(),
      history.entries.size(), format_time(history.newest.found.as_of).c_str());
}

void history(Context& context, const LookupOptions& options) {
  const auto trusted = trusted_keys(options);
  if (!trusted) return context.report(trusted.error());
  const auto answer = fetch_history(options);
  if (!answer) return context.report(answer.error(), failure_code(answer.error()));
  if (answer->entries.empty()) context.exit_code = kExitRefused;
  print_history(context, options, *answer);
}

}  // namespace

RemoteError bad_answer() {
  return Error{Code::kInternal, "remote.failed",
               "the answer is not of the form that was asked for"};
}

std::string label_query(std::string_view space, std::string_view label) {
  const auto escape = [](std::string_view text) {
    std::string out;
    for (const char c : text) out += std::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  };
  return "?namespace=" + escape(space) + "&label=" + escape(label);
}

RemoteResult<CheckedLookup> fetch_lookup(const LookupOptions& options) {
  ATOMA_TRY(auto trusted, trusted_keys(options));
  return fetch_lookup(options, trusted);
}

RemoteResult<CheckedHistory> fetch_history(const LookupOptions& options) {
  ATOMA_TRY(auto trusted, trusted_keys(options));
  ATOMA_TRY(auto newest, fetch_lookup(options, trusted));
  ATOMA_TRY(const auto history, fetch_earlier(options, newest));
  ATOMA_TRY(auto entries,
            ledger::verify_history(history, {options.space, options.label}, newest.checkpoint,
                                   trusted.sequencer, options.lag_max));
  CheckedHistory out{.newest = std::move(newest), .indices = {}, .entries = std::move(entries)};
  for (const auto& entry : history.earlier) out.indices.push_back(entry.index);
  if (out.newest.lookup.entry) out.indices.push_back(out.newest.lookup.entry->index);
  return out;
}

void add_lookup_options(CLI::App& command, LookupOptions& options) {
  command.add_option("--server", options.server, "URL of a registry")->capture_default_str();
  command.add_option("--log-key", options.log_key, "The log's verifier key, or a file with it")
      ->required();
  command.add_option("--sequencer", options.sequencer, "The sequencer's public key in base64")
      ->required();
  command.add_option("--max-lag", options.lag_max, "Entries that the index may be behind")
      ->capture_default_str();
  auto* cosigner = command.add_option("--map-cosigner", options.map_cosigner,
                                      "Key of a map cosigner who must have replayed the index");
  auto* monitor = command.add_option("--monitor", options.monitor, "URL of its atoma monitor");
  cosigner->needs(monitor);
  monitor->needs(cosigner);
}

void add_registry_lookup(CLI::App& registry, Context& context) {
  const auto add = [&](const char* name, const char* what,
                       void (*run)(Context&, const LookupOptions&)) {
    auto* command = registry.add_subcommand(name, what);
    auto options = std::make_shared<LookupOptions>();
    command->add_option("--namespace", options->space, "The label's namespace")->required();
    command->add_option("--label", options->label, "The label")->required();
    add_lookup_options(*command, *options);
    command->callback([&context, options, run] { run(context, *options); });
  };
  add("lookup", "A label's newest entry, proved; 1 if none", lookup);
  add("history", "All of a label's entries, proved; 1 if none", history);
}

}  // namespace atoma::app
