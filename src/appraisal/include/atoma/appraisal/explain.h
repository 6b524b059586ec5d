// A dry run: why a policy refuses evidence, and what would change that. Each change of the policy
// that is named was tried on the same evidence, together with the others.
#pragma once

#include <string>
#include <vector>

#include "atoma/appraisal/appraiser.h"
#include "atoma/appraisal/composite.h"
#include "atoma/wire/json_writer.h"

namespace atoma::appraisal {

// A check that keeps the evidence from being accepted.
struct Refusal {
  evidence::Finding finding;
  // Which fields of the policy admit it; empty: no policy does.
  std::vector<std::string> policy;
  // What makes the check pass on the other side: platform, workload, collateral or caller.
  std::string_view platform;
  // Of a composite: "cpu", "gpus", or "all" for what binds them; else "".
  std::string_view part = {};
};

struct Explanation {
  Verdict verdict = Verdict::kRefused;  // of the policy as it is
  evidence::Tee tee = evidence::Tee::kUnknown;  // of a composite: its CPU's
  // Those that a change of the policy would bring to light are among them, behind the others.
  std::vector<Refusal> refusals;
  // Accepted as it is, or with all the changes of the policy.
  bool policy_can_accept = false;
};

// Appraises a few times, each time from the beginning.
Explanation explain(const Policy& policy, const Request& request);
Explanation explain(const Policy& policy, const CompositeRequest& request);

// verdict, tee, policy_can_accept, refusals, of composites with their part; docs/VERIFY.md has the
// shape.
void write_json(wire::JsonWriter& out, const Explanation& explanation);

}  // namespace atoma::appraisal
