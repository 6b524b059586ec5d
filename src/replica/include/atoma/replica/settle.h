// Commits one batch and knows what became of it. An unknown outcome is settled by a linearizable
// read before anything else is done: the batch is there; or it is not and its leader still leads,
// then the same batch is tried again, and the head's revision lets only one attempt take effect; or
// it is not and another term has begun, then the fence keeps it out for good.
#pragma once

#include <functional>

#include "atoma/replica/queue.h"

namespace atoma::replica {

// kBroken: the queue lost what it had acknowledged, or contradicts itself.
enum class Settled : std::uint8_t { kUnknown, kBroken, kNotWritten, kCommitted };

struct Settlement {
  Settled settled = Settled::kUnknown;
  Head head;  // when committed
  std::string why;
};

// `head` is the one that the batch grows from. `pause` is called before each further attempt, waits
// a little, and says false to give up, which leaves kUnknown.
Settlement commit_settled(CommitQueue& queue, const Batch& batch, const Head& head,
                          const std::function<bool()>& pause);

}  // namespace atoma::replica
