// `atoma verify`: signed sets of reference values and the keys that they may be signed by.
#pragma once

#include <string>
#include <vector>

#include "atoma/appraisal/reference_values.h"
#include "command.h"

namespace atoma::app {

struct ReferenceOptions {
  std::vector<std::string> sets;  // beside a YAML file lies its signature, FILE.jws
  std::string keys;
};

struct ReferenceInputs {
  std::vector<appraisal::ReferenceSet> sets;
  std::optional<Error> unreadable;  // a set that is malformed or not signed by any of the keys
};

void add_reference_options(CLI::App& command, ReferenceOptions& options);
// Errors: "usage.reference_keys", those of read_file and of the key set.
Result<ReferenceInputs> load_references(const ReferenceOptions& options);

}  // namespace atoma::app
