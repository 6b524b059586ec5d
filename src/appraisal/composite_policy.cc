#include "atoma/appraisal/composite_policy.h"

#include <algorithm>

#include "policy_reader.h"

namespace atoma::appraisal {

CompositePolicy CompositePolicy::strict() {
  return {.key = Require::strict(),
          .gpu_binding = AnyOf<std::string>::one_of({"report-data", "rtmr"})};
}

CompositePolicy read_composite_policy(PolicyReader& in) {
  CompositePolicy out;
  out.key = in.require("key", "require");
  out.gpu_binding = in.any_of_text("gpu_binding");
  for (const auto& binding : out.gpu_binding.values) {
    if (!std::ranges::contains(kGpuBindings, binding)) in.fail("gpu_binding", "report-data, rtmr");
  }
  return out;
}

}  // namespace atoma::appraisal
