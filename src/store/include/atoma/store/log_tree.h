// The Merkle tree of a log on disk: its whole tiles in files (tree_files.h), the roots of those
// tiles and all above them in memory, as well as the newest tiles and the one that is not full.
// Memory: 64 bytes for 256 entries, and at most 2 MiB.
//
//   LogTree::Growth growth = tree.grow(leaves, positions);   // what signing needs; nothing changed
//   … commit the entries …
//   ATOMA_TRY_VOID(tree.write(growth));
//   tree.apply(std::move(growth));                           // now readers see it
//
// Not synchronised: write() may run beside reads, apply() not.
#pragma once

#include <deque>
#include <optional>

#include "atoma/merkle/proof.h"
#include "atoma/store/tree_files.h"

namespace atoma::store {

class LogTree final : public merkle::NodeSource {
 public:
  // What appending some leaves would make of the tree.
  struct Growth {
    std::vector<std::shared_ptr<const merkle::TileTree>> full;  // tiles that it fills
    std::vector<Group> groups;                                  // of those
    merkle::Frontier whole;                                     // the tree of all whole tiles
    merkle::TileTree edge;                                      // the one that is not full
    std::vector<std::uint64_t> edge_positions;
    std::uint64_t size = 0;
    merkle::Hash root{};
  };

  // An empty tree over such files. Errors: those of TreeFiles.
  static Result<LogTree> open(FileSystem& files, const Path& directory);
  // Starts with the first `tiles` tiles as the files have them: compare root() with a signed one
  // before anything is believed.
  Status load(std::uint64_t tiles);
  const TreeFiles& files() const { return files_; }

  std::uint64_t size() const { return whole_.size() + edge_.size(); }
  merkle::Hash root() const;
  // Also "merkle.node" for what is not complete. Nodes below a tile's root come unchecked.
  Result<merkle::Hash> node(unsigned level, std::uint64_t index) const override;

  // Each leaf with the place of its entry in entries.log.
  Growth grow(std::span<const merkle::Hash> leaves, std::span<const std::uint64_t> positions) const;
  Status write(const Growth& growth);
  void apply(Growth&& growth);
  // Whatever was written is durable.
  Status sync() { return files_.sync(); }

  // Where an entry below size() is found: to be looked up with TreeFiles::find, or known.
  struct Location {
    std::optional<merkle::Hash> tile_root;
    std::uint64_t position = 0;  // without a tile_root: of the entry itself, and its leaf hash
    merkle::Hash leaf{};
  };
  Location locate(std::uint64_t index) const;
  // A whole tile, when it is among the newest; else null.
  std::shared_ptr<const merkle::TileTree> recent(std::uint64_t tile) const;
  // The tree of all whole tiles.
  const merkle::Frontier& whole() const { return whole_; }
  merkle::Hash tile_root(std::uint64_t tile) const;

 private:
  explicit LogTree(TreeFiles files) : files_(std::move(files)) {}
  std::uint64_t whole_tiles() const { return upper_.size(); }

  TreeFiles files_;
  merkle::MemoryTree upper_;  // its leaves are the roots of whole tiles
  merkle::Frontier whole_;
  std::deque<std::shared_ptr<const merkle::TileTree>> recent_;
  merkle::TileTree edge_;
  std::vector<std::uint64_t> edge_positions_;
};

}  // namespace atoma::store
