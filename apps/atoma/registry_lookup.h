// Asks a registry for a label and checks the answer: by the log's key, the sequencer's, and where
// one is named a map cosigner's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/ledger/lookup.h"
#include "command.h"

namespace atoma::app {

struct LookupOptions {
  std::string server = "http://127.0.0.1:8470";
  std::string space, label;
  std::string log_key, sequencer;
  std::string map_cosigner, monitor;  // key and URL; both or none
  std::uint64_t lag_max = 1024;
};

struct CheckedLookup {
  ledger::Lookup lookup;
  ledger::Found found;
  tlog::SignedCheckpoint checkpoint;
  std::optional<ledger::MapCosigned> cosigned;
};

// Errors: those of load_any_log_key, cose::PublicKey and CosignerKey::parse, of call_remote,
// "remote.failed", and of ledger::verify_lookup, verify_map_cosigned and check_map_cosigned.
RemoteResult<CheckedLookup> fetch_lookup(const LookupOptions& options);
// The answer with all entries of its label, oldest first. Errors: also those of
// ledger::verify_history.
struct CheckedHistory {
  CheckedLookup newest;
  std::vector<std::uint64_t> indices;
  std::vector<ledger::Entry> entries;
};
RemoteResult<CheckedHistory> fetch_history(const LookupOptions& options);

// "?namespace=…&label=…" of names that may have any characters.
std::string label_query(std::string_view space, std::string_view label);
// The answer is not of the form that was asked for.
RemoteError bad_answer();

// The options that every such command has, but for namespace and label.
void add_lookup_options(CLI::App& command, LookupOptions& options);
// `registry lookup` and `registry history`, under `registry`.
void add_registry_lookup(CLI::App& registry, Context& context);
// `registry trust`, under `registry`.
void add_registry_trust(CLI::App& registry, Context& context);

}  // namespace atoma::app
