// Replaying a verdict: what a signed result says, beside what the same inputs come to now. Whoever
// has evidence, policy and what vendors signed can so find that a verifier judged as it should, or
// exactly where it did not.
//
//   const auto detail = replay_detail(ear.atoma);
//   auto again = make_ear(appraiser.appraise(request, detail), replay_context(ear));
//   const Replay replay = compare(ear, again);
//   if (replay.same()) …
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atoma/appraisal/ear.h"
#include "atoma/evidence/finding.h"

namespace atoma::appraisal {

struct Difference {
  std::string name;     // "evidence", "verdict", "findings[3]"
  std::string claimed;  // by the result; "" where it says nothing
  std::string found;    // now; "" where there is nothing

  bool operator==(const Difference&) const = default;
};

struct Replay {
  // Digests that are not those that the result names: "evidence", "policy", "collateral",
  // "reference_values". With any of these, the rest says nothing about the verifier.
  std::vector<Difference> inputs;
  std::vector<Difference> claims;

  bool same() const { return inputs.empty() && claims.empty(); }
};

// What the result was issued about and to whom, which no appraisal can find again.
EarContext replay_context(const cose::Ear& claimed);
// How much the result says.
evidence::Detail replay_detail(const cose::AtomaClaims& claimed);

// What was expected of a CPU's report data, 64 bytes: as the check says where the result has it,
// else what the evidence held, for then the check passed. Nothing when nothing was expected.
std::optional<Bytes> replay_report_data(const cose::AtomaClaims& claimed);

// What a TPM's quote had to hold: likewise, `quoted` being what it holds.
std::optional<Bytes> replay_tpm_nonce(const cose::AtomaClaims& claimed, ByteView quoted);
// What a composite had to answer: where its key was attested the result's nonce; else the result
// does not say.
std::optional<Bytes> replay_challenge(const cose::Ear& claimed);

// Signatures, times and identifiers are not compared.
Replay compare(const cose::Ear& claimed, const cose::Ear& again);
// One of many results; its place is not compared.
Replay compare(const cose::EarItem& claimed, const cose::EarItem& again);

}  // namespace atoma::appraisal
