// Which field of a policy decides a check, and how to admit anything there. For dry runs alone.
// Private to appraisal.
#pragma once

#include <string>
#include <vector>

#include "atoma/appraisal/policy.h"
#include "atoma/evidence/finding.h"

namespace atoma::appraisal {

// Makes `policy` admit what the finding refused, as far as any policy can. Gives what to write, by
// field; empty when no field decides that check.
std::vector<std::string> pull_levers(const evidence::Finding& finding, evidence::Tee tee,
                                     Policy& policy);

}  // namespace atoma::appraisal
