// NVIDIA's cases: several devices, a nonce as text, manifests. Private to the runner.
#pragma once

#include <string>
#include <vector>

#include "atoma/appraisal/appraiser.h"
#include "atoma/wire/json.h"

namespace atoma::conformance {

// Owns what `evidence` points into; not to be moved once it is filled.
struct NvidiaCase {
  std::vector<Bytes> files;
  Bytes nonce;
  appraisal::NvidiaEvidence evidence;
};

// Mutations change the first device's report, or the named input. Errors: those of read_file,
// "conformance.format".
Status load_nvidia_case(const std::string& folder, const wire::JsonValue& inputs, NvidiaCase& out);

// True when `item` is one of NVIDIA's words of `allow`.
bool apply_nvidia_allow(std::string_view item, appraisal::NvidiaPolicy& policy);

}  // namespace atoma::conformance
