// What a relying party asks of a CPU's evidence and its GPUs' together, beside their own sections.
#pragma once

#include <string>
#include <string_view>

#include "atoma/appraisal/rule.h"

namespace atoma::appraisal {

class PolicyReader;

// What ties the GPUs to the guest. Report data: the guest, whoever runs in it, named exactly these
// reports for this challenge. RTMR: and the boot measured them, before the workload could say
// anything. Neither proves that they are plugged into this machine: that is TDISP's, and nobody's
// evidence shows it yet.
inline constexpr std::string_view kGpuBindings[] = {"report-data", "rtmr"};

struct CompositePolicy {
  Require key;                     // a channel's key is bound
  AnyOf<std::string> gpu_binding;  // of kGpuBindings

  static CompositePolicy strict();
};

// The section accept.composite. Errors come out of the reader's finish().
CompositePolicy read_composite_policy(PolicyReader& in);

}  // namespace atoma::appraisal
