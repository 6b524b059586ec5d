// A policy that parses counts: all of its witnesses are a quorum, more never make less, and none of
// them is one only where it needs none or no note.
#include "atoma/tlog/tlog_policy.h"

#include "fuzz.h"
#include "witness_world.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  static const WitnessWorld world;
  const auto policy = tlog::TlogPolicy::parse(as_text(in));
  if (!policy) return;
  std::vector<bool> cosigned(policy->witnesses().size());
  ATOMA_CHECK(policy->quorum(cosigned) == !policy->needs_witnesses());
  bool before = policy->quorum(cosigned);
  for (std::size_t i = 0; i < cosigned.size(); ++i) {
    cosigned[i] = true;
    const bool now = policy->quorum(cosigned);
    ATOMA_CHECK(now || !before);
    before = now;
  }
  ATOMA_CHECK(before);
  // Not one of its logs signed this one.
  if (policy->logs().empty()) ATOMA_CHECK(!policy->verify(world.checkpoint.note));
}

}  // namespace atoma::fuzz
