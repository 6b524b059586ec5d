#include "atoma/merkle/frontier.h"

#include <bit>
#include <format>

#include "atoma/base/check.h"

namespace atoma::merkle {

Result<Frontier> Frontier::from_last_leaf(std::uint64_t size, const Hash& leaf,
                                          std::span<const Hash> path) {
  if (size == 0 || size > kSizeMax) {
    return malformed("merkle.size", std::format("{} leaves have no last one", size));
  }
  // First the siblings inside the smallest complete subtree, then the larger ones, right to left.
  const auto inside = static_cast<std::size_t>(std::countr_zero(size));
  const std::size_t expected = inside + static_cast<std::size_t>(std::popcount(size)) - 1;
  if (path.size() != expected) {
    return malformed("merkle.proof_length",
                     std::format("{} hashes, expected {}", path.size(), expected));
  }
  Frontier out;
  out.size_ = size;
  out.peaks_.assign(path.rbegin(), path.rend() - static_cast<std::ptrdiff_t>(inside));
  Hash smallest = leaf;
  for (const Hash& sibling : path.first(inside)) smallest = node_hash(sibling, smallest);
  out.peaks_.push_back(smallest);
  return out;
}

void Frontier::append(const Hash& subtree, unsigned level) {
  ATOMA_CHECK(level < 63);
  const std::uint64_t leaves = std::uint64_t{1} << level;
  ATOMA_CHECK(size_ <= kSizeMax - leaves && size_ % leaves == 0);
  Hash joined = subtree;
  // Adding it carries through the set bits above; each carry joins two equal subtrees.
  for (std::uint64_t bits = size_ >> level; (bits & 1) != 0; bits >>= 1) {
    joined = node_hash(peaks_.back(), joined);
    peaks_.pop_back();
  }
  peaks_.push_back(joined);
  size_ += leaves;
}

Hash Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Hash root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) {
    root = node_hash(*peak, root);
  }
  return root;
}

}  // namespace atoma::merkle
