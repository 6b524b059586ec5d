// Tiles (c2sp.org/tlog-tiles): a tree cut into rows of 256 hashes, and entries into bundles of 256.
//
// Tile (level, index) holds the roots of the complete subtrees of 256^level leaves, 256 of them
// from index * 256 on. A tile narrower than 256 is the right edge of a tree of some size. Every
// name has one spelling; any other is refused, so that a cache holds a tile once.
//
//   parse_tile_path("tile/0/x001/234.p/17")   // level 0, index 1234, 17 hashes
//   parse_tile_path("tile/entries/000")       // the first 256 entries
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"
#include "atoma/merkle/tree.h"

namespace atoma::merkle {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 1u << kTileHeight;
// What a path can say. A tree below 2^63 leaves has none above level 7.
inline constexpr unsigned kTileLevelMax = 63;
inline constexpr std::uint64_t kTileIndexMax = kSizeMax >> kTileHeight;
// The longest name: two digits of level, seven elements of index, a width.
inline constexpr std::size_t kTilePathMax = 64;
inline constexpr std::size_t kTileBytes = kTileWidth * sizeof(Hash);

enum class TileKind : std::uint8_t { kHashes, kEntries };

struct Tile {
  TileKind kind = TileKind::kHashes;
  unsigned level = 0;  // 0 for entries
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // from 1 to kTileWidth, which is a full one

  bool full() const { return width == kTileWidth; }
  friend auto operator<=>(const Tile&, const Tile&) = default;
};

// "tile/<L>/<N>[.p/<W>]" or "tile/entries/<N>[.p/<W>]".
std::string tile_path(const Tile& tile);
// Errors: "merkle.tile_path".
Result<Tile> parse_tile_path(std::string_view path);

// How wide a tile is in a tree of `size` leaves: 0 when there is none. Entries are as level 0.
unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size);
// The hashes of a tile that another side gave. Errors: "merkle.tile" unless it is `width` hashes.
Result<std::vector<Hash>> parse_tile(ByteView bytes, unsigned width);

// An entry bundle: for each entry its size in two bytes, big-endian, and its bytes. Entries have at
// most limits::kLogEntryMax.
void append_bundle_entry(Bytes& bundle, ByteView entry);
// Views into `bytes`. Errors: "merkle.entry_bundle" unless it is exactly `width` entries.
Result<std::vector<ByteView>> parse_entry_bundle(ByteView bytes, unsigned width);
// The same form with as many entries as there are, from 1 to `entries_max`. Errors:
// "merkle.entry_bundle".
Result<std::vector<ByteView>> parse_entries(ByteView bytes, std::size_t entries_max);

// The tree of `size` leaves behind a reader of tiles, for proofs. Asks for each tile by the width
// that it has in that tree and keeps what it got: make one for each proof. A proof computes the
// inner nodes of the tiles on its path again, some 250 hashes a tile, and is right only when it
// verifies: nothing here checks a tile against another. Not synchronised.
class TileNodes final : public NodeSource {
 public:
  using Read = std::function<Result<Bytes>(const Tile&)>;

  TileNodes(std::uint64_t size, Read read) : size_(size), read_(std::move(read)) {}
  // Errors: also "merkle.tile", and those of the reader.
  Result<Hash> node(unsigned level, std::uint64_t index) const override;

 private:
  Result<std::span<const Hash>> hashes(const Tile& tile) const;

  std::uint64_t size_;
  Read read_;
  mutable std::map<Tile, std::vector<Hash>> kept_;
};

}  // namespace atoma::merkle
