#include "atoma/merkle/tile_tree.h"

#include "atoma/base/check.h"

namespace atoma::merkle {

void TileTree::append(const Hash& leaf) {
  ATOMA_CHECK(!full());
  unsigned index = size_++;
  nodes_[place(0, index)] = leaf;
  for (unsigned level = 0; (index & 1) != 0; ++level, index >>= 1) {
    nodes_[place(level + 1, index >> 1)] = node_hash(node(level, index - 1), node(level, index));
  }
}

void TileTree::append_to(Frontier& frontier) const {
  unsigned done = 0;
  for (unsigned level = kTileHeight + 1; level-- > 0;) {
    if ((size_ >> level & 1) == 0) continue;
    frontier.append(node(level, done >> level), level);
    done += 1u << level;
  }
}

}  // namespace atoma::merkle
