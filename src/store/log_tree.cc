#include "atoma/store/log_tree.h"

#include "atoma/base/check.h"

namespace atoma::store {
namespace {

// Proofs for entries that were just appended need no file.
constexpr std::size_t kRecentTiles = 64;
// How much of the groups' file opening reads at once.
constexpr std::uint64_t kTilesAtOnce = 512;

}  // namespace

Result<LogTree> LogTree::open(FileSystem& files, const Path& directory) {
  ATOMA_TRY(auto opened, TreeFiles::open(files, directory));
  return LogTree(std::move(opened));
}

Status LogTree::load(std::uint64_t tiles) {
  ATOMA_CHECK(size() == 0);
  for (std::uint64_t first = 0; first < tiles; first += kTilesAtOnce) {
    const auto count = static_cast<std::size_t>(std::min(kTilesAtOnce, tiles - first));
    ATOMA_TRY(const auto groups, files_.groups(first * kTileGroups, count * kTileGroups));
    for (std::size_t t = 0; t < count; ++t) {
      merkle::Frontier tile;
      for (std::size_t g = 0; g < kTileGroups; ++g) {
        tile.append(groups[t * kTileGroups + g].root, kGroupHeight);
      }
      upper_.append(tile.root());
      whole_.append(tile.root(), merkle::kTileHeight);
    }
  }
  return {};
}

merkle::Hash LogTree::root() const {
  merkle::Frontier all = whole_;
  edge_.append_to(all);
  return all.root();
}

Result<merkle::Hash> LogTree::node(unsigned level, std::uint64_t index) const {
  if (level >= merkle::kTileHeight) return upper_.node(level - merkle::kTileHeight, index);
  const unsigned up = merkle::kTileHeight - level;
  const std::uint64_t tile = index >> up;
  const auto within = static_cast<unsigned>(index & ((1u << up) - 1));
  if (tile < whole_tiles()) {
    const auto kept = recent(tile);
    return kept ? Result<merkle::Hash>(kept->node(level, within)) : files_.node(level, index);
  }
  if (tile > whole_tiles() || within >= edge_.size() >> level) {
    return fail(Code::kOutOfRange, "merkle.node", "no such complete subtree");
  }
  return edge_.node(level, within);
}

LogTree::Growth LogTree::grow(std::span<const merkle::Hash> leaves,
                              std::span<const std::uint64_t> positions) const {
  ATOMA_CHECK(leaves.size() == positions.size());
  Growth out{
      .full = {}, .groups = {}, .whole = whole_, .edge = edge_, .edge_positions = edge_positions_};
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    out.edge.append(leaves[i]);
    out.edge_positions.push_back(positions[i]);
    if (!out.edge.full()) continue;
    for (unsigned g = 0; g < kTileGroups; ++g) {
      out.groups.push_back({out.edge_positions[g * kGroupSize], out.edge.node(kGroupHeight, g)});
    }
    out.whole.append(out.edge.root(), merkle::kTileHeight);
    out.full.push_back(std::make_shared<const merkle::TileTree>(out.edge));
    out.edge = {};
    out.edge_positions.clear();
  }
  merkle::Frontier all = out.whole;
  out.edge.append_to(all);
  out.size = all.size();
  out.root = all.root();
  return out;
}

Status LogTree::write(const Growth& growth) {
  return files_.write(whole_tiles(), growth.full, growth.groups);
}

void LogTree::apply(Growth&& growth) {
  for (auto& tile : growth.full) {
    upper_.append(tile->root());
    recent_.push_back(std::move(tile));
    if (recent_.size() > kRecentTiles) recent_.pop_front();
  }
  whole_ = std::move(growth.whole);
  edge_ = growth.edge;
  edge_positions_ = std::move(growth.edge_positions);
}

LogTree::Location LogTree::locate(std::uint64_t index) const {
  ATOMA_CHECK(index < size());
  const std::uint64_t tile = index / merkle::kTileWidth;
  if (tile < whole_tiles()) return {.tile_root = tile_root(tile)};
  const auto within = static_cast<unsigned>(index % merkle::kTileWidth);
  return {.position = edge_positions_[within], .leaf = edge_.node(0, within)};
}

std::shared_ptr<const merkle::TileTree> LogTree::recent(std::uint64_t tile) const {
  const std::uint64_t first = whole_tiles() - recent_.size();
  if (tile < first || tile >= whole_tiles()) return nullptr;
  return recent_[static_cast<std::size_t>(tile - first)];
}

merkle::Hash LogTree::tile_root(std::uint64_t tile) const {
  const auto root = upper_.node(0, tile);
  ATOMA_CHECK(root.has_value());
  return *root;
}

}  // namespace atoma::store
