#include "atoma/store/tree_files.h"

#include <format>

#include "atoma/base/check.h"
#include "atoma/wire/reader.h"

namespace atoma::store {
namespace {

constexpr std::size_t kHashSize = sizeof(merkle::Hash);
constexpr std::size_t kPositionSize = 8;
constexpr std::size_t kGroupBytes = kPositionSize + kHashSize;

Result<std::unique_ptr<File>> open_or_make(FileSystem& files, const Path& path) {
  ATOMA_TRY(const bool there, files.exists(path));
  return files.open(path, there ? OpenMode::kReadWrite : OpenMode::kCreate);
}

std::unexpected<Error> corrupt(std::string_view file, std::uint64_t byte, std::string_view what) {
  return fail(Code::kDataLoss, "store.corrupt",
              std::format("{} at byte {}: {}. Stop, move {} and {} away and start: both are made "
                          "again from the entries",
                          file, byte, what, kLeavesFile, kGroupsFile));
}

Status fill(const File& file, std::string_view name, std::uint64_t offset, MutableByteView out) {
  ATOMA_TRY(const std::size_t got, file.read(offset, out));
  if (got == out.size()) return {};
  return corrupt(name, offset + got, "the file ends, hashes are missing");
}

// The root over 2^height hashes.
merkle::Hash root_over(std::vector<merkle::Hash> hashes) {
  for (std::size_t n = hashes.size(); n > 1; n /= 2) {
    for (std::size_t i = 0; i < n / 2; ++i) {
      hashes[i] = merkle::node_hash(hashes[2 * i], hashes[2 * i + 1]);
    }
  }
  return hashes.front();
}

constexpr std::size_t place(unsigned level) { return 2 * kGroupSize - (2 * kGroupSize >> level); }

// The first 16 nodes are there; makes those above them.
void complete(std::span<merkle::Hash> nodes) {
  for (std::size_t child = 0, parent = kGroupSize; parent < nodes.size(); child += 2, ++parent) {
    nodes[parent] = merkle::node_hash(nodes[child], nodes[child + 1]);
  }
}

}  // namespace

Result<TreeFiles> TreeFiles::open(FileSystem& files, const Path& directory) {
  ATOMA_TRY(auto leaves, open_or_make(files, directory / kLeavesFile));
  ATOMA_TRY(auto groups, open_or_make(files, directory / kGroupsFile));
  return TreeFiles(std::move(leaves), std::move(groups));
}

Result<std::uint64_t> TreeFiles::tiles() const {
  ATOMA_TRY(const std::uint64_t leaves, leaves_->size());
  ATOMA_TRY(const std::uint64_t groups, groups_->size());
  return std::min(leaves / merkle::kTileBytes, groups / (kTileGroups * kGroupBytes));
}

Status TreeFiles::write(std::uint64_t first_tile,
                        std::span<const std::shared_ptr<const merkle::TileTree>> tiles,
                        std::span<const Group> groups) {
  ATOMA_CHECK(groups.size() == tiles.size() * kTileGroups);
  if (tiles.empty()) return {};
  Bytes leaves;
  leaves.reserve(tiles.size() * merkle::kTileBytes);
  for (const auto& tile : tiles) append(leaves, merkle::hash_bytes(tile->level(0)));
  Bytes records;
  records.reserve(groups.size() * kGroupBytes);
  for (const Group& group : groups) {
    wire::append_be(records, group.position, kPositionSize);
    append(records, group.root);
  }
  ATOMA_TRY_VOID(leaves_->write(first_tile * merkle::kTileBytes, leaves));
  return groups_->write(first_tile * kTileGroups * kGroupBytes, records);
}

Status TreeFiles::sync() {
  ATOMA_TRY_VOID(leaves_->sync());
  return groups_->sync();
}

Result<std::vector<merkle::Hash>> TreeFiles::leaves(std::uint64_t first, std::size_t count) const {
  std::vector<merkle::Hash> out(count);
  const MutableByteView bytes{static_cast<std::uint8_t*>(static_cast<void*>(out.data())),
                              count * kHashSize};
  ATOMA_TRY_VOID(fill(*leaves_, kLeavesFile, first * kHashSize, bytes));
  return out;
}

Result<std::vector<Group>> TreeFiles::groups(std::uint64_t first, std::size_t count) const {
  Bytes bytes(count * kGroupBytes);
  ATOMA_TRY_VOID(fill(*groups_, kGroupsFile, first * kGroupBytes, bytes));
  wire::Reader in(bytes);
  std::vector<Group> out(count);
  for (Group& group : out) {
    group.position = in.u64_be();
    group.root = in.take_array<kHashSize>();
  }
  return out;
}

Result<merkle::Hash> TreeFiles::node(unsigned level, std::uint64_t index) const {
  ATOMA_CHECK(level < merkle::kTileHeight);
  if (level < kGroupHeight) {
    ATOMA_TRY(auto below, leaves(index << level, std::size_t{1} << level));
    return root_over(std::move(below));
  }
  const unsigned height = level - kGroupHeight;
  ATOMA_TRY(const auto below, groups(index << height, std::size_t{1} << height));
  std::vector<merkle::Hash> roots;
  for (const Group& group : below) roots.push_back(group.root);
  return root_over(std::move(roots));
}

Result<merkle::TileTree> TreeFiles::tile(std::uint64_t index, const merkle::Hash& root) const {
  ATOMA_TRY(const auto hashes, leaves(index * merkle::kTileWidth, merkle::kTileWidth));
  merkle::TileTree out;
  for (const merkle::Hash& leaf : hashes) out.append(leaf);
  if (out.root() == root) return out;
  return corrupt(kLeavesFile, index * merkle::kTileBytes,
                 "its hashes do not have the root that was signed");
}

const merkle::Hash& TreeFiles::Place::node(unsigned level, std::uint64_t index) const {
  const bool in_group = level < kGroupHeight;
  const unsigned up = in_group ? level : level - kGroupHeight;
  const std::uint64_t within = index % (kGroupSize >> up);
  return (in_group ? in_group_ : in_tile_)[place(up) + within];
}

Result<TreeFiles::Place> TreeFiles::find(std::uint64_t entry, const merkle::Hash& tile_root) const {
  const std::uint64_t tile = entry / merkle::kTileWidth;
  const std::uint64_t group = entry / kGroupSize;
  ATOMA_TRY(const auto groups, this->groups(tile * kTileGroups, kTileGroups));
  Place out;
  std::ranges::transform(groups, out.in_tile_.begin(), &Group::root);
  complete(out.in_tile_);
  if (out.in_tile_.back() != tile_root) {
    return corrupt(kGroupsFile, tile * kTileGroups * kGroupBytes,
                   "its groups do not have the root that was signed");
  }
  const Group& own = groups[group % kTileGroups];
  ATOMA_TRY(const auto leaves, this->leaves(group * kGroupSize, kGroupSize));
  std::ranges::copy(leaves, out.in_group_.begin());
  complete(out.in_group_);
  if (out.in_group_.back() != own.root) {
    return corrupt(kLeavesFile, group * kGroupSize * kHashSize,
                   "its hashes do not have the root that was signed");
  }
  out.position = own.position;
  out.leaf = leaves[entry % kGroupSize];
  return out;
}

}  // namespace atoma::store
