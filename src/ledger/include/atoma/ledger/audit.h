// Checks a proof bundle offline, step by step: the result is the list of steps, so that a person
// sees what was and what was not proved. The EAR's signature is not among them: who has COSE adds
// that step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/ledger/entry.h"
#include "atoma/tlog/bundle.h"
#include "atoma/tlog/note.h"

namespace atoma::ledger {

// Where an EAR names its evidence: the claim "atoma", and in it the SHA-256 in lower-case hex.
inline constexpr std::string_view kEarClaims = "atoma";
inline constexpr std::string_view kEarEvidenceDigest = "evidence_sha256";

struct AuditStep {
  std::string id;
  bool ok = false;
  std::string text;     // for people: what was found
  bool checked = true;  // false: ok only because there was nothing to check, as `text` says
};

// Steps in order: "log_key", "checkpoint", "inclusion", "entry", and where the bundle or the entry
// names them "ear_digest", "evidence_digest". With no `trusted` key the bundle's own is used, which
// proves only that the bundle agrees with itself; the step says so. That the entry's issuer signed
// it and kept the rules is for whoever replays the log.
std::vector<AuditStep> audit_bundle(const tlog::ProofBundle& bundle,
                                    const tlog::VerifierKey* trusted);

// The attestation result that an entry rests on; nothing of types that rest on none.
std::optional<Hash> ear_digest_of(const Entry& entry);

bool all_ok(const std::vector<AuditStep>& steps);

}  // namespace atoma::ledger
