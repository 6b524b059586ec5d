// `atoma verify` of a CPU and its GPUs in one file.
#pragma once

#include <optional>

#include "atoma/appraisal/composite.h"
#include "command.h"
#include "verify_nvidia.h"

namespace atoma::app {

struct CompositeInputs {
  appraisal::CompositeFile file;
  std::vector<Bytes> rims, ocsp;
  std::optional<std::uint64_t> expected_devices;
  std::optional<Bytes> challenge;

  // Points into this.
  appraisal::CompositeRequest request(const appraisal::Request& cpu) const;
};

// Nothing when `file` is no composite; of the options --rim, --ocsp, --devices and --nonce count.
// Errors: those of parse_composite_file, read_file and hex_decode.
Result<std::optional<CompositeInputs>> load_composite(ByteView file, const NvidiaOptions& options);

// Prints the parts and the verdict over all, and sets the exit code.
void verify_composite(Context& context, appraisal::Appraiser& appraiser,
                      const appraisal::CompositeRequest& request);

}  // namespace atoma::app
