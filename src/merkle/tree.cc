#include "atoma/merkle/tree.h"

#include <format>

#include "atoma/base/check.h"

namespace atoma::merkle {

void MemoryTree::append(const Hash& leaf) {
  ATOMA_CHECK(size() < kSizeMax);
  Hash subtree = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    std::deque<Hash>& row = levels_[level];
    row.push_back(subtree);
    if (row.size() % 2 != 0) return;
    subtree = node_hash(row[row.size() - 2], subtree);
  }
}

Result<Hash> MemoryTree::node(unsigned level, std::uint64_t index) const {
  if (level >= levels_.size() || index >= levels_[level].size()) {
    return fail(Code::kOutOfRange, "merkle.node",
                std::format("no complete subtree {} at level {} in a tree of {} leaves", index,
                            level, size()));
  }
  return levels_[level][index];
}

}  // namespace atoma::merkle
