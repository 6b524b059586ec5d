// The hashes of a log's whole tiles, on disk: two flat files beside entries.log, from which both
// can be computed again. With them a proof reads a few hundred bytes, and opening reads the end of
// entries.log instead of all of it.
//
//   leaves   32 bytes an entry: its leaf hash; from byte 8192 n on, what C2SP calls tile/0/n
//   groups   40 bytes for each 16 entries: 8 where the first one stands in entries.log, big-endian
//   |
//            32 the root over their leaves
//
// Nothing here is believed: LogTree checks what it reads against roots that were signed.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "atoma/merkle/tile_tree.h"
#include "atoma/store/file.h"

namespace atoma::store {

inline constexpr std::string_view kLeavesFile = "leaves";
inline constexpr std::string_view kGroupsFile = "groups";
// A group is a complete subtree.
inline constexpr unsigned kGroupHeight = 4;
inline constexpr unsigned kGroupSize = 1u << kGroupHeight;
inline constexpr unsigned kTileGroups = merkle::kTileWidth / kGroupSize;

struct Group {
  std::uint64_t position = 0;  // of its first entry's size, in entries.log
  merkle::Hash root{};
};

// Reads are safe from any thread, and beside a write of other tiles. Errors of all: "store.io", and
// of reads "store.corrupt" when a file ends too early.
class TreeFiles {
 public:
  // Makes empty files where there are none.
  static Result<TreeFiles> open(FileSystem& files, const Path& directory);

  // Whole tiles that both files have room for.
  Result<std::uint64_t> tiles() const;
  // `tiles` are full; `groups` are theirs. Not durable before sync().
  Status write(std::uint64_t first_tile,
               std::span<const std::shared_ptr<const merkle::TileTree>> tiles,
               std::span<const Group> groups);
  Status sync();

  Result<std::vector<merkle::Hash>> leaves(std::uint64_t first, std::size_t count) const;
  Result<std::vector<Group>> groups(std::uint64_t first, std::size_t count) const;
  // As merkle::NodeSource::node, within one tile: below kTileHeight.
  Result<merkle::Hash> node(unsigned level, std::uint64_t index) const;
  // A whole tile whose root is known. Errors: also "store.corrupt" when the file has another one.
  Result<merkle::TileTree> tile(std::uint64_t index, const merkle::Hash& root) const;
  // Where an entry is looked for, and the nodes beside its path in its tile, all checked against
  // the tile's root. Errors: as tile().
  class Place {
   public:
    std::uint64_t position = 0;  // of the first entry of its group
    merkle::Hash leaf{};
    // Of the entry's group below kGroupHeight, of its tile from there on; indices are the log's.
    const merkle::Hash& node(unsigned level, std::uint64_t index) const;

   private:
    friend class TreeFiles;
    // Level after level, of 16 hashes and all above them.
    using Nodes = std::array<merkle::Hash, 2 * kGroupSize - 1>;
    Nodes in_group_{}, in_tile_{};
  };
  Result<Place> find(std::uint64_t entry, const merkle::Hash& tile_root) const;

 private:
  TreeFiles(std::unique_ptr<File> leaves, std::unique_ptr<File> groups)
      : leaves_(std::move(leaves)), groups_(std::move(groups)) {}

  std::unique_ptr<File> leaves_;
  std::unique_ptr<File> groups_;
};

}  // namespace atoma::store
