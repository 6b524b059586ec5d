// `atoma verify --dry-run`: why each policy would refuse, and what would change that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atoma/appraisal/composite.h"
#include "command.h"

namespace atoma::app {

struct NamedPolicy {
  std::string path;  // empty: the strict default
  std::shared_ptr<const appraisal::Policy> policy;
};

int exit_code_of(appraisal::Verdict verdict);

// Prints, and sets the exit code: accepted by all, refused by one, or else not appraisable.
void print_dry_run(Context& context, const appraisal::Request& request,
                   const std::vector<NamedPolicy>& policies);
void print_dry_run(Context& context, const appraisal::CompositeRequest& request,
                   const std::vector<NamedPolicy>& policies);

}  // namespace atoma::app
