#include "atoma/merkle/tile.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>

#include "atoma/base/check.h"
#include "atoma/base/limits.h"
#include "atoma/wire/reader.h"

namespace atoma::merkle {
namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";

std::string index_path(std::uint64_t index) {
  std::string out = std::format("{:03}", index % 1000);
  for (index /= 1000; index != 0; index /= 1000) out = std::format("x{:03}/", index % 1000) + out;
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Digits alone, without what stands between them; the spelling is judged by encoding it again.
std::optional<std::uint64_t> index_number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != 'x' && c != '/') digits.push_back(c);
  }
  return number(digits);
}

std::optional<Tile> read_tile_path(std::string_view path) {
  if (path.size() > kTilePathMax || !path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Tile tile;
  const std::string_view level = path.substr(0, slash);
  if (level == kEntries) {
    tile.kind = TileKind::kEntries;
  } else {
    const auto value = number(level);
    if (!value || *value > kTileLevelMax) return std::nullopt;
    tile.level = static_cast<unsigned>(*value);
  }
  path.remove_prefix(slash + 1);
  const std::size_t partial = path.find(kPartial);
  const auto index = index_number(path.substr(0, partial));
  if (!index || *index > kTileIndexMax) return std::nullopt;
  tile.index = *index;
  if (partial == std::string_view::npos) return tile;
  const auto width = number(path.substr(partial + kPartial.size()));
  if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
  tile.width = static_cast<unsigned>(*width);
  return tile;
}

}  // namespace

std::string tile_path(const Tile& tile) {
  ATOMA_CHECK(tile.width >= 1 && tile.width <= kTileWidth && tile.level <= kTileLevelMax);
  const bool entries = tile.kind == TileKind::kEntries;
  ATOMA_CHECK(!entries || tile.level == 0);
  std::string out =
      entries ? std::format("{}{}/", kPrefix, kEntries) : std::format("{}{}/", kPrefix, tile.level);
  out += index_path(tile.index);
  if (!tile.full()) out += std::format("{}{}", kPartial, tile.width);
  return out;
}

Result<Tile> parse_tile_path(std::string_view path) {
  const auto tile = read_tile_path(path);
  if (tile && tile_path(*tile) == path) return *tile;
  return malformed("merkle.tile_path", "not the name of a tile, as tile/0/x001/234.p/17 is");
}

unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size) {
  const unsigned shift = level * kTileHeight;
  const std::uint64_t row = shift < 64 ? size >> shift : 0;
  if (index > kTileIndexMax || index * kTileWidth >= row) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(row - index * kTileWidth, kTileWidth));
}

Result<std::vector<Hash>> parse_tile(ByteView bytes, unsigned width) {
  if (width == 0 || width > kTileWidth || bytes.size() != width * sizeof(Hash)) {
    return malformed("merkle.tile",
                     std::format("{} bytes in a tile of {} hashes", bytes.size(), width));
  }
  wire::Reader in(bytes);
  std::vector<Hash> out(width);
  for (Hash& hash : out) hash = in.take_array<sizeof(Hash)>();
  return out;
}

void append_bundle_entry(Bytes& bundle, ByteView entry) {
  ATOMA_CHECK(entry.size() <= limits::kLogEntryMax);
  wire::append_be(bundle, entry.size(), 2);
  append(bundle, entry);
}

Result<std::vector<ByteView>> parse_entries(ByteView bytes, std::size_t entries_max) {
  wire::Reader in(bytes);
  std::vector<ByteView> out;
  while (in.ok() && in.remaining() > 0 && out.size() < entries_max) {
    out.push_back(in.take(in.u16_be()));
  }
  if (in.finish() && !out.empty()) return out;
  return malformed("merkle.entry_bundle",
                   std::format("{} bytes are not 1 to {} entries, each with its size before it",
                               bytes.size(), entries_max));
}

Result<std::vector<ByteView>> parse_entry_bundle(ByteView bytes, unsigned width) {
  ATOMA_TRY(auto out, parse_entries(bytes, kTileWidth));
  if (out.size() == width) return out;
  return malformed("merkle.entry_bundle",
                   std::format("{} entries in a bundle of {}", out.size(), width));
}

Result<std::span<const Hash>> TileNodes::hashes(const Tile& tile) const {
  const auto kept = kept_.find(tile);
  if (kept != kept_.end()) return std::span<const Hash>(kept->second);
  ATOMA_TRY(const Bytes bytes, read_(tile));
  ATOMA_TRY(auto parsed, parse_tile(bytes, tile.width));
  return std::span<const Hash>(kept_.emplace(tile, std::move(parsed)).first->second);
}

Result<Hash> TileNodes::node(unsigned level, std::uint64_t index) const {
  const std::uint64_t row = level < 64 ? size_ >> level : 0;
  if (index >= row) {
    return fail(Code::kOutOfRange, "merkle.node",
                std::format("no complete subtree {} at level {} in a tree of {} leaves", index,
                            level, size_));
  }
  // The subtree's leaves within a tile: 2^inner hashes, and they never cross a tile's end.
  const unsigned inner = level % kTileHeight;
  const std::uint64_t first = index << inner;
  Tile tile{.level = level / kTileHeight, .index = first / kTileWidth};
  tile.width = tile_width(tile.level, tile.index, size_);
  ATOMA_TRY(const auto all, hashes(tile));
  const auto leaves =
      all.subspan(static_cast<std::size_t>(first % kTileWidth), std::size_t{1} << inner);
  std::vector<Hash> nodes(leaves.begin(), leaves.end());
  for (std::size_t n = nodes.size(); n > 1; n /= 2) {
    for (std::size_t i = 0; i < n / 2; ++i) nodes[i] = node_hash(nodes[2 * i], nodes[2 * i + 1]);
  }
  return nodes.front();
}

}  // namespace atoma::merkle
