#include "atoma/merkle/tile.h"

#include <gtest/gtest.h>

#include <format>

#include "atoma/merkle/proof.h"

namespace atoma::merkle {
namespace {

MemoryTree make_tree(std::uint64_t size) {
  MemoryTree tree;
  for (std::uint64_t i = 0; i < size; ++i) tree.append(leaf_hash(as_bytes(std::to_string(i))));
  return tree;
}

// What a server of that tree answers, and nothing that the tree does not have.
TileNodes tiles_of(const MemoryTree& tree, std::uint64_t size) {
  return TileNodes(size, [&tree](const Tile& tile) -> Result<Bytes> {
    Bytes out;
    for (unsigned i = 0; i < tile.width; ++i) {
      ATOMA_TRY(const Hash hash, tree.node(tile.level * kTileHeight, tile.index * kTileWidth + i));
      append(out, hash);
    }
    return out;
  });
}

TEST(TilePath, HasOneSpelling) {
  const std::pair<std::string_view, Tile> good[] = {
      {"tile/0/000", {.level = 0, .index = 0}},
      {"tile/63/x001/x234/067", {.level = 63, .index = 1234067}},
      {"tile/2/x001/000.p/1", {.level = 2, .index = 1000, .width = 1}},
      {"tile/0/999.p/255", {.index = 999, .width = 255}},
      {"tile/entries/000", {.kind = TileKind::kEntries}},
      {"tile/entries/x001/234.p/17", {.kind = TileKind::kEntries, .index = 1234, .width = 17}},
      {"tile/0/x036/x028/x797/x018/x963/967", {.index = kTileIndexMax}},
  };
  for (const auto& [path, tile] : good) {
    EXPECT_EQ(tile_path(tile), path);
    EXPECT_EQ(parse_tile_path(path).value(), tile) << path;
  }
  const std::string_view bad[] = {"",
                                  "tile",
                                  "tile/",
                                  "tile/0",
                                  "tile/0/",
                                  "/tile/0/000",
                                  "tiles/0/000",
                                  "tile/0/000/",
                                  "tile/64/000",
                                  "tile/00/000",
                                  "tile/-1/000",
                                  "tile/+1/000",
                                  "tile/1x/000",
                                  "tile//000",
                                  "tile/Entries/000",
                                  "tile/data/000",
                                  "tile/0/0",
                                  "tile/0/00",
                                  "tile/0/0000",
                                  "tile/0/1000",
                                  "tile/0/x000",
                                  "tile/0/x000/000",
                                  "tile/0/001/000",
                                  "tile/0/x001/x000",
                                  "tile/0/x001000",
                                  "tile/0/x01/000",
                                  "tile/0/X001/000",
                                  "tile/0/x001//000",
                                  "tile/0/x001/ 00",
                                  "tile/0/000.p",
                                  "tile/0/000.p/",
                                  "tile/0/000.p/0",
                                  "tile/0/000.p/256",
                                  "tile/0/000.p/01",
                                  "tile/0/000.p/1/",
                                  "tile/0/000.p/-1",
                                  "tile/0/000.p/1.p/1",
                                  "tile/0/000.P/1",
                                  "tile/0/000p/1",
                                  "tile/0/x036/x028/x797/x018/x963/968",
                                  "tile/0/x999/x999/x999/x999/x999/x999/x999/999"};
  for (const std::string_view path : bad) {
    const auto tile = parse_tile_path(path);
    ASSERT_FALSE(tile) << path;
    EXPECT_EQ(tile.error().reason, "merkle.tile_path") << path;
  }
  EXPECT_EQ(parse_tile_path(std::string(100, 'x')).error().reason, "merkle.tile_path");
}

TEST(TilePath, EveryOneByteChangeIsRefusedOrAnotherTile) {
  const std::string path = "tile/7/x001/234.p/17";
  const Tile tile = *parse_tile_path(path);
  for (std::size_t at = 0; at < path.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string other = path;
      other[at] = static_cast<char>(c);
      const auto parsed = parse_tile_path(other);
      if (other == path || !parsed) continue;
      EXPECT_NE(*parsed, tile) << other;
      EXPECT_EQ(tile_path(*parsed), other);
    }
  }
}

TEST(Tile, WidthsEndWhereTheTreeEnds) {
  EXPECT_EQ(tile_width(0, 0, 0), 0u);
  EXPECT_EQ(tile_width(0, 0, 1), 1u);
  EXPECT_EQ(tile_width(1, 0, 255), 0u);
  EXPECT_EQ(tile_width(1, 0, 256), 1u);
  EXPECT_EQ(tile_width(0, 1, 256), 0u);
  EXPECT_EQ(tile_width(7, 0, kSizeMax), 127u);
  EXPECT_EQ(tile_width(8, 0, kSizeMax), 0u);
  EXPECT_EQ(tile_width(63, 0, kSizeMax), 0u);
  EXPECT_EQ(tile_width(0, kTileIndexMax, kSizeMax), 255u);
  EXPECT_EQ(tile_width(0, kTileIndexMax + 1, kSizeMax), 0u);
  EXPECT_EQ(tile_width(0, ~std::uint64_t{0}, kSizeMax), 0u);
}

TEST(Tile, IsAsLongAsItsWidthSays) {
  Bytes bytes(64);
  EXPECT_TRUE(parse_tile(bytes, 2));
  EXPECT_EQ(parse_tile(bytes, 1).error().reason, "merkle.tile");
  EXPECT_EQ(parse_tile(bytes, 3).error().reason, "merkle.tile");
  EXPECT_EQ(parse_tile({}, 0).error().reason, "merkle.tile");
  EXPECT_EQ(parse_tile(Bytes(257 * 32), 257).error().reason, "merkle.tile");
  bytes.pop_back();
  EXPECT_EQ(parse_tile(bytes, 2).error().reason, "merkle.tile");
}

TEST(EntryBundle, HasExactlyItsEntries) {
  Bytes bundle;
  append_bundle_entry(bundle, as_bytes("one"));
  append_bundle_entry(bundle, {});
  append_bundle_entry(bundle, Bytes(65535, 7));
  EXPECT_EQ(bundle[0], 0);
  EXPECT_EQ(bundle[1], 3);
  const auto entries = parse_entry_bundle(bundle, 3);
  ASSERT_TRUE(entries);
  EXPECT_EQ(as_text((*entries)[0]), "one");
  EXPECT_TRUE((*entries)[1].empty());
  EXPECT_EQ((*entries)[2].size(), 65535u);
  for (const unsigned width : {0u, 1u, 2u, 4u, 256u, 257u}) {
    EXPECT_EQ(parse_entry_bundle(bundle, width).error().reason, "merkle.entry_bundle") << width;
  }
  EXPECT_EQ(parse_entry_bundle({}, 0).error().reason, "merkle.entry_bundle");
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_FALSE(parse_entry_bundle(ByteView(bundle).first(size), 3)) << size;
  }
  EXPECT_EQ(parse_entries(bundle, 3)->size(), 3u);
  EXPECT_EQ(parse_entries(bundle, 2).error().reason, "merkle.entry_bundle");
  EXPECT_EQ(parse_entries({}, 2).error().reason, "merkle.entry_bundle");
  bundle.push_back(0);
  EXPECT_EQ(parse_entries(bundle, 9).error().reason, "merkle.entry_bundle");
  EXPECT_EQ(parse_entry_bundle(bundle, 3).error().reason, "merkle.entry_bundle");
}

TEST(TileNodes, GiveTheProofsOfTheWholeTree) {
  const MemoryTree tree = make_tree(600);
  for (std::uint64_t size = 1; size <= 600; ++size) {
    const TileNodes tiles = tiles_of(tree, size);
    ASSERT_EQ(root_at(tiles, size).value(), root_at(tree, size).value()) << size;
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      ASSERT_EQ(prove_inclusion(tiles, index, size).value(),
                prove_inclusion(tree, index, size).value());
      ASSERT_EQ(prove_consistency(tiles, index + 1, size).value(),
                prove_consistency(tree, index + 1, size).value());
    }
  }
}

TEST(TileNodes, GiveTheProofsOfThreeLevels) {
  constexpr std::uint64_t kSize = 70'000;
  const MemoryTree tree = make_tree(kSize);
  for (const std::uint64_t index : {0, 255, 256, 65535, 65536, 69'888, 69'999}) {
    const TileNodes tiles = tiles_of(tree, kSize);
    EXPECT_EQ(prove_inclusion(tiles, index, kSize).value(),
              prove_inclusion(tree, index, kSize).value())
        << index;
  }
}

TEST(TileNodes, PassOnWhatIsMissingOrWrong) {
  const MemoryTree tree = make_tree(300);
  const TileNodes beyond = tiles_of(tree, 400);
  EXPECT_EQ(beyond.node(0, 0)->size(), 32u);
  EXPECT_EQ(beyond.node(0, 350).error().reason, "merkle.node");
  EXPECT_EQ(beyond.node(0, 400).error().reason, "merkle.node");
  EXPECT_EQ(beyond.node(64, 0).error().reason, "merkle.node");
  const TileNodes shorter(300, [](const Tile&) -> Result<Bytes> { return Bytes(31); });
  EXPECT_EQ(shorter.node(0, 0).error().reason, "merkle.tile");
}

}  // namespace
}  // namespace atoma::merkle
