// What entries of a log name and do not hold, fetched by its digest and believed by nothing else.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "atoma/ledger/audit.h"
#include "atoma/ledger/bodies.h"
#include "command.h"
#include "remote_error.h"

namespace atoma::app {

struct EvidenceSource {
  std::string server;      // URL of an Atoma, or of whoever has copies
  std::string token_file;  // "": none is sent
};
// --evidence-from and --evidence-token.
void add_evidence_options(CLI::App& command, EvidenceSource& source);

class EvidenceFetcher {
 public:
  // Errors: those of read_file.
  static Result<EvidenceFetcher> create(const EvidenceSource& source);

  // The very bytes. Errors: "evidence.changed" (they have not the digest or the size), those of
  // call_remote.
  RemoteResult<Bytes> fetch(const ledger::EvidenceRef& ref) const;

 private:
  std::string server_, token_;
};

// All that a log names, once each: for an audit.
class EvidenceList {
 public:
  // Errors: those of ledger::read_evidence_refs.
  Status add(std::uint64_t index, const ledger::Statement& statement);
  // Fetches each. What is missing or changed is told of, with the first entry that names it.
  ledger::AuditStep check(const EvidenceFetcher& fetcher) const;

 private:
  struct Named {
    ledger::EvidenceRef ref;
    std::uint64_t index = 0;  // of the first entry
  };
  std::map<std::pair<crypto::Digest256, std::uint64_t>, Named> named_;
};

// `log evidence`, under `log`.
void add_log_evidence(CLI::App& log, Context& context);

}  // namespace atoma::app
