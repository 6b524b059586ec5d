#include "atoma/anchor/rewrite.h"

#include <gtest/gtest.h>

#include "atoma/merkle/proof.h"
#include "test_support.h"

namespace atoma::anchor {
namespace {

// A log of `size` entries; those from `other_from` on are of another history.
merkle::MemoryTree tree_of(std::uint64_t size, std::uint64_t other_from) {
  merkle::MemoryTree out;
  for (std::uint64_t i = 0; i < size; ++i) {
    out.append(
        merkle::leaf_hash(as_bytes((i < other_from ? "one " : "other ") + to_hex(word_of(i)))));
  }
  return out;
}

History history(const merkle::MemoryTree& tree, std::uint64_t size) {
  return {{size, merkle::root_at(tree, size).value()}, &tree};
}

// With inner nodes that its leaves don't have: as who serves tiles may.
struct Lying final : merkle::NodeSource {
  Result<merkle::Hash> node(unsigned level, std::uint64_t index) const override {
    return level == lie_level && index == lie_index ? filled<32>(0xee) : tree->node(level, index);
  }
  const merkle::MemoryTree* tree = nullptr;
  unsigned lie_level = 0;
  std::uint64_t lie_index = 0;
};

TEST(Rewrite, IsShownByTheFirstLeafThatDiffers) {
  for (std::uint64_t at = 0; at < 9; ++at) {
    const auto one = tree_of(20, 20), other = tree_of(20, at);
    for (const auto& [size_a, size_b] : {std::pair(9, 20), std::pair(20, 9), std::pair(9, 9)}) {
      const auto a = history(one, size_a), b = history(other, size_b);
      const auto found = find_rewrite(a, b).value();
      EXPECT_EQ(found.index, at);
      EXPECT_NE(found.a.leaf, found.b.leaf);
      for (const auto& [claim, head] : {std::pair(found.a, a.head), std::pair(found.b, b.head)}) {
        EXPECT_EQ(claim.head.size, head.size);
        EXPECT_TRUE(merkle::verify_inclusion(at, head.size, claim.leaf, claim.path, head.root));
        EXPECT_TRUE(claim.signatures.empty());
      }
    }
  }
}

TEST(Rewrite, IsNoneWhereOneHeadExtendsTheOther) {
  const auto one = tree_of(20, 20), other = tree_of(20, 9);
  for (const std::uint64_t size : {0, 1, 9}) {
    EXPECT_EQ(find_rewrite(history(one, size), history(other, 20)).error().reason,
              "anchor.consistent");
  }
}

TEST(Rewrite, IsNotShownByTheTreeOfAnotherHead) {
  const auto one = tree_of(20, 20), other = tree_of(20, 5);
  auto wrong = history(other, 12);
  wrong.head.root = filled<32>(1);
  EXPECT_EQ(find_rewrite(history(one, 9), wrong).error().reason, "anchor.history");
  EXPECT_EQ(find_rewrite(wrong, history(one, 9)).error().reason, "anchor.history");
  auto longer = history(other, 20);
  longer.head.size = 21;
  EXPECT_EQ(find_rewrite(history(one, 9), longer).error().reason, "merkle.node");
}

TEST(Rewrite, IsNotShownByNodesThatAreNotTheirLeaves) {
  const auto one = tree_of(16, 16), other = tree_of(16, 5);
  Lying lying;
  lying.tree = &other;
  // Read on the way down, and no part of the root, which is one node.
  lying.lie_level = 3;
  const auto b = history(other, 16);
  EXPECT_EQ(find_rewrite(history(one, 16), {b.head, &lying}).value().index, 5);
  // A leaf that is not in the tree, and a node that hides that its leaves are the other's.
  for (const auto& [level, index] : {std::pair(0u, 4), std::pair(2u, 0)}) {
    lying.lie_level = level;
    lying.lie_index = index;
    EXPECT_EQ(find_rewrite(history(one, 16), {b.head, &lying}).error().reason, "anchor.history");
  }
}

}  // namespace
}  // namespace atoma::anchor
