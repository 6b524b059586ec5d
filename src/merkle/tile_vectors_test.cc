// Logs in tiles, written by Tessera, and the geometry of the tlog set (MANIFEST.json there).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <iostream>
#include <iterator>

#include "atoma/merkle/frontier.h"
#include "atoma/merkle/proof.h"
#include "atoma/merkle/tile.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::merkle {
namespace {

// Skips loudly where there are no vectors; in CI that is a failure.
#define NEED_VECTORS(root)                                                   \
  const char* const vectors = std::getenv("ATOMA_VECTORS");                  \
  const std::string root = std::string(vectors ? vectors : "") + "/tlog/";   \
  if (!std::filesystem::exists(root + "MANIFEST.json")) {                    \
    if (std::getenv("CI")) FAIL() << "no vectors: ATOMA_VECTORS/tlog";       \
    std::cerr << "*** SKIPPED, NOT TESTED: ATOMA_VECTORS/tlog is missing\n"; \
    GTEST_SKIP() << "ATOMA_VECTORS/tlog is missing";                         \
  }                                                                          \
  static_assert(true)

Result<Bytes> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::kNotFound, "test.missing", path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(text);
}

// The root in a checkpoint: its third line.
Result<Hash> signed_root(const std::string& path) {
  ATOMA_TRY(const Bytes bytes, read(path));
  std::string_view text = as_text(bytes);
  for (int i = 0; i < 2; ++i) text.remove_prefix(text.find('\n') + 1);
  ATOMA_TRY(const Bytes decoded, wire::base64_decode(text.substr(0, text.find('\n'))));
  Hash root{};
  std::ranges::copy(decoded, root.begin());
  return root;
}

// Tiles, bundles and root of a log of `size` entries agree.
void check_log(const std::string& log, const std::string& checkpoint, std::uint64_t size) {
  SCOPED_TRACE(std::format("{} at {}", log, size));
  const TileNodes tiles(size, [&log](const Tile& tile) { return read(log + tile_path(tile)); });
  const auto root = signed_root(checkpoint);
  ASSERT_TRUE(root);
  EXPECT_EQ(root_at(tiles, size).value(), *root);
  Frontier frontier;
  for (std::uint64_t index = 0; index * kTileWidth < size; ++index) {
    const unsigned width = tile_width(0, index, size);
    const auto bytes =
        read(log + tile_path({.kind = TileKind::kEntries, .index = index, .width = width}));
    ASSERT_TRUE(bytes) << bytes.error().to_string();
    const auto entries = parse_entry_bundle(*bytes, width);
    ASSERT_TRUE(entries) << entries.error().to_string();
    Bytes same;
    for (const ByteView entry : *entries) {
      const Hash leaf = leaf_hash(entry);
      const auto proof = prove_inclusion(tiles, frontier.size(), size);
      ASSERT_TRUE(proof) << proof.error().to_string();
      EXPECT_TRUE(verify_inclusion(frontier.size(), size, leaf, *proof, *root));
      frontier.append(leaf);
      append_bundle_entry(same, entry);
    }
    EXPECT_EQ(same, *bytes);
  }
  EXPECT_EQ(frontier.root(), *root);
}

TEST(TileVectors, FifteenEntriesAtEverySize) {
  NEED_VECTORS(root);
  const std::string log = root + "tiles15/";
  EXPECT_EQ(signed_root(log + "checkpoint.0").value(), empty_root());
  for (std::uint64_t size = 1; size <= 15; ++size) {
    check_log(log, std::format("{}checkpoint.{}", log, size), size);
  }
  const TileNodes tiles(15, [&log](const Tile& tile) { return read(log + tile_path(tile)); });
  for (std::uint64_t old_size = 1; old_size <= 15; ++old_size) {
    const auto old_root = signed_root(std::format("{}checkpoint.{}", log, old_size));
    const auto proof = prove_consistency(tiles, old_size, 15);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(verify_consistency(old_size, 15, *proof, *old_root, *root_at(tiles, 15)));
  }
}

TEST(TileVectors, SixHundredEntries) {
  NEED_VECTORS(root);
  check_log(root + "tiles600/", root + "tiles600/checkpoint", 600);
}

TEST(TileVectors, Geometry) {
  NEED_VECTORS(root);
  const auto bytes = read(root + "tree-geometry.json");
  ASSERT_TRUE(bytes);
  const auto document = wire::JsonDocument::parse(as_text(*bytes));
  ASSERT_TRUE(document);
  std::size_t checked = 0;
  for (const auto& path : document->root().find("tile_index_paths")->items()) {
    const Tile tile{.level = 5, .index = std::stoull(std::string(path.name()))};
    EXPECT_EQ(tile_path(tile), "tile/5/" + std::string(path.text()));
    EXPECT_EQ(parse_tile_path(tile_path(tile)).value(), tile);
    ++checked;
  }
  EXPECT_EQ(checked, 6u);
  for (const auto& of_size : document->root().find("tiles_for_size")->items()) {
    const std::uint64_t size = *of_size.find("size")->unsigned_integer();
    const auto& levels = of_size.find("tiles")->items();
    for (const auto& row : levels) {
      const auto level = static_cast<unsigned>(*row.find("level")->unsigned_integer());
      const std::uint64_t full = *row.find("full")->unsigned_integer();
      if (full > 0) {
        EXPECT_EQ(tile_width(level, full - 1, size), kTileWidth) << size;
      }
      EXPECT_EQ(tile_width(level, full, size), *row.find("partial")->unsigned_integer()) << size;
    }
    EXPECT_EQ(tile_width(static_cast<unsigned>(levels.size()), 0, size), 0u) << size;
  }
}

}  // namespace
}  // namespace atoma::merkle
