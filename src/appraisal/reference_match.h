// The registers of evidence against a policy's rules and the signed sets at hand. Private to
// appraisal.
#pragma once

#include <span>

#include "atoma/appraisal/reference_values.h"
#include "atoma/appraisal/rule.h"
#include "atoma/evidence/finding.h"

namespace atoma::appraisal {

// Adds policy.measurement for each rule that lists values, and policy.reference_values once when
// any rule leaves its value to signed sets. `values` in the order of `rules`. A row counts when its
// set is signed by a key that every such rule names and is valid at the time, when it has all
// their registers, and when each of its values is the evidence's.
void apply_measurements(evidence::Tee tee, std::span<const MeasurementRule> rules,
                        std::span<const ByteView> values, Time at, References& references,
                        evidence::Findings& findings);

}  // namespace atoma::appraisal
