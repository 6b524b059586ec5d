// The right edge of a growing tree: the roots of its complete subtrees, at most 63 hashes. Enough
// to append leaves and to know the root, not to prove anything.
//
//   Frontier next = committed;      // a copy is a snapshot
//   for (const Bytes& e : batch) next.append(leaf_hash(e));
//   sign(next.size(), next.root());
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"

namespace atoma::merkle {

class Frontier {
 public:
  Frontier() = default;
  // The edge of a tree of `size` leaves, from the inclusion path of its last leaf: all siblings on
  // that path are complete subtrees to its left. Compare its root before it is believed.
  // Errors: "merkle.size" (none), "merkle.proof_length".
  static Result<Frontier> from_last_leaf(std::uint64_t size, const Hash& leaf,
                                         std::span<const Hash> path);
  // The root of the next complete subtree of 2^level leaves; at level 0 a leaf. The size must be a
  // multiple of 2^level.
  void append(const Hash& subtree, unsigned level = 0);
  std::uint64_t size() const { return size_; }
  Hash root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> peaks_;  // one per set bit of size_, largest subtree first
};

}  // namespace atoma::merkle
