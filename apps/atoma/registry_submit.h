// Signs statements with an issuer's key and has a running ledger append them.
#pragma once

#include <string>

#include "atoma/ledger/entry.h"
#include "command.h"

namespace atoma::app {

struct Submission {
  std::string server = "http://127.0.0.1:8470";
  std::string key;  // file of the issuer's seed
  std::string type;
  ledger::LabelName label;
  Bytes body;                   // deterministic CBOR, a map
  std::int64_t expires_in = 0;  // seconds; 0: never
};

// What the server answered: JSON with the entry's place and its proof. Errors: those of
// load_issuer_key and call_remote, "registry.body" (too large), "remote.failed".
RemoteResult<Bytes> submit_statement(const Submission& submission);
// Prints such an answer, or the error.
void report_submission(Context& context, const RemoteResult<Bytes>& answer);

// `registry submit`, under `registry`.
void add_registry_submit(CLI::App& registry, Context& context);
// `registry propose`, `vote` and `activate`, under `registry`.
void add_registry_govern(CLI::App& registry, Context& context);

}  // namespace atoma::app
