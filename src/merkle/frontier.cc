#include "atoma/merkle/frontier.h"

#include "atoma/base/check.h"

namespace atoma::merkle {

void Frontier::append(const Hash& leaf) {
  ATOMA_CHECK(size_ < kSizeMax);
  Hash subtree = leaf;
  // Adding one carries through the trailing set bits; each carry joins two equal subtrees.
  for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    subtree = node_hash(peaks_.back(), subtree);
    peaks_.pop_back();
  }
  peaks_.push_back(subtree);
  ++size_;
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
