// Signed sets of reference values that a server appraises by, where a policy leaves values to who
// signs them.
#pragma once

#include <string>
#include <vector>

#include "atoma/appraisal/reference_values.h"

namespace atoma::server {

struct ReferenceFiles {
  std::vector<std::string> sets;  // beside a YAML file lies its signature, FILE.jws
  std::string keys;               // JWK set of their signers
};

// All of them, each signed by one of the keys. Errors: "up.reference_keys" (sets without keys),
// those of store::read_file, the key set and verify_reference_set, with the file's name.
Result<std::vector<appraisal::ReferenceSet>> load_reference_sets(const ReferenceFiles& files);

}  // namespace atoma::server
