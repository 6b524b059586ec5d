// Two heads of one log of which neither extends the other: what shows it to the contract. That no
// proof of their consistency exists can't be shown, but a leaf that differs can.
#pragma once

#include "atoma/anchor/contract.h"
#include "atoma/merkle/tree.h"

namespace atoma::anchor {

// A head and the tree that is said to be below it.
struct History {
  Head head;
  const merkle::NodeSource* tree = nullptr;
};

struct Rewrite {
  std::uint64_t index = 0;
  Claim a, b;  // without signatures; their leaves at the index differ
};

// Errors: "anchor.history" (a tree is not its head's, or its inner nodes are not its leaves'),
// "anchor.consistent" (one head extends the other), those of the trees.
Result<Rewrite> find_rewrite(const History& a, const History& b);

}  // namespace atoma::anchor
