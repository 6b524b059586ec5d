// Checks a whole log on disk without opening it: reads only, takes no lock, so a copy or a log in
// use will do. Every entry, leaf hash, root and signature is checked again.
//
//   ATOMA_TRY(const AuditReport report, audit_log(dir, trusted_key, {.checkpoints = seen_before}));
//   for (const auto& step : report.steps) show(step.ok, step.id, step.text);
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "atoma/ledger/audit.h"
#include "atoma/store/file.h"

namespace atoma::registry {

struct AuditOptions {
  // What others saw of this log earlier, and it must have grown from: checkpoint notes and bundles.
  std::vector<std::string> checkpoints;
  std::vector<tlog::ProofBundle> bundles;
  // Called after each frame.
  std::function<void(std::uint64_t entries, std::uint64_t bytes, std::uint64_t bytes_total)>
      progress;
  store::FileSystem* files = &store::posix_file_system();
};

struct AuditReport {
  std::vector<ledger::AuditStep> steps;
  std::uint64_t entries = 0;  // verified
  std::uint64_t frames = 0;
  // The first entry that is not what was signed; of a batch that is not yet in the files of hashes,
  // its first one.
  std::optional<std::uint64_t> first_bad_entry;

  bool ok() const { return ledger::all_ok(steps); }
};

// `directory` is the registry's. Steps: "checkpoint_file", "entries", "complete", "genesis", then
// "known_checkpoint" and "known_bundle" for each given. Errors: "store.missing", "store.io".
Result<AuditReport> audit_log(const store::Path& directory, const tlog::VerifierKey& trusted,
                              const AuditOptions& options);

}  // namespace atoma::registry
