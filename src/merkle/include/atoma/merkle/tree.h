// Where hashes of complete subtrees come from, and a tree that keeps them in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"

namespace atoma::merkle {

class NodeSource {
 public:
  virtual ~NodeSource() = default;
  // The root of the complete subtree over leaves [index << level, (index + 1) << level).
  // Errors: "merkle.node" when the source does not hold it.
  virtual Result<Hash> node(unsigned level, std::uint64_t index) const = 0;
};

// Every complete subtree: 64 bytes a leaf. Growing never moves what is stored, so an append costs
// the same at any size. Not synchronised.
class MemoryTree final : public NodeSource {
 public:
  void append(const Hash& leaf);
  std::uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }
  Result<Hash> node(unsigned level, std::uint64_t index) const override;

 private:
  std::vector<std::deque<Hash>> levels_;
};

}  // namespace atoma::merkle
