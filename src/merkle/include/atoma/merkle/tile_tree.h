// The subtree of one tile: up to 256 leaves and all complete subtrees above them.
//
//   TileTree tile;
//   tile.append(leaf);
//   if (tile.full()) upper.append(tile.root());
#pragma once

#include <array>
#include <span>

#include "atoma/merkle/frontier.h"
#include "atoma/merkle/tile.h"

namespace atoma::merkle {

class TileTree {
 public:
  // Not when it is full.
  void append(const Hash& leaf);
  unsigned size() const { return size_; }
  bool full() const { return size_ == kTileWidth; }
  // As NodeSource::node, of this tile alone; level at most kTileHeight. It must be complete.
  const Hash& node(unsigned level, unsigned index) const { return nodes_[place(level, index)]; }
  // All complete nodes of a level, in order.
  std::span<const Hash> level(unsigned level) const {
    return std::span(nodes_).subspan(place(level, 0), size_ >> level);
  }
  // Of a full one.
  const Hash& root() const { return node(kTileHeight, 0); }
  // Its leaves behind whole tiles.
  void append_to(Frontier& frontier) const;

 private:
  // Level after level, each half as long as the one before.
  static constexpr std::size_t place(unsigned level, unsigned index) {
    return 2 * kTileWidth - (2 * kTileWidth >> level) + index;
  }

  std::array<Hash, 2 * kTileWidth - 1> nodes_{};
  unsigned size_ = 0;
};

}  // namespace atoma::merkle
