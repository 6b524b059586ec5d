// What a verdict is about and stands on, kept where the ledger's entry says: an auditor who has it
// can judge again (docs/VERIFY.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appraised.h"
#include "atoma/ledger/evidence.h"
#include "subject.h"

namespace atoma::verifier {

struct ToKeep {
  const Subject& subject;
  bool accepted = false;
  FromHand from_hand;                     // beside what the subject brought
  std::string_view policy;                // its text
  std::optional<std::string> vendor_set;  // collateral or endorsements (used_sets.h)
  Bytes token;                            // the signed result
  std::string_view token_type;
  std::string_view jwks;  // that verify it
};

// All of it, the evidence first; nothing is named that is not there. Of evidence that was not
// accepted nothing is proven, and neither is what came with it. Errors: those of
// ledger::EvidenceKeeper.
Result<std::vector<ledger::EvidenceRef>> keep_evidence(ledger::EvidenceKeeper& keeper,
                                                       const ToKeep& what);

}  // namespace atoma::verifier
