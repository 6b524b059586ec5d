// The right edge of a growing tree: the roots of its complete subtrees, at most 63 hashes. Enough
// to append leaves and to know the root, not to prove anything.
//
//   Frontier next = committed;      // a copy is a snapshot
//   for (const Bytes& e : batch) next.append(leaf_hash(e));
//   sign(next.size(), next.root());
#pragma once

#include <cstdint>
#include <vector>

#include "atoma/merkle/hash.h"

namespace atoma::merkle {

class Frontier {
 public:
  void append(const Hash& leaf);
  std::uint64_t size() const { return size_; }
  Hash root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> peaks_;  // one per set bit of size_, largest subtree first
};

}  // namespace atoma::merkle
