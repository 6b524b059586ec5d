// A tile's name has one spelling, and in every tree a tile is no wider than 256.
#include "atoma/merkle/tile.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto tile = merkle::parse_tile_path(as_text(in));
  if (!tile) return;
  ATOMA_CHECK(in.size() <= merkle::kTilePathMax);
  ATOMA_CHECK(merkle::tile_path(*tile) == as_text(in));
  ATOMA_CHECK(tile->width >= 1 && tile->width <= merkle::kTileWidth);
  ATOMA_CHECK(merkle::tile_width(tile->level, tile->index, merkle::kSizeMax) <= merkle::kTileWidth);
}

}  // namespace atoma::fuzz
