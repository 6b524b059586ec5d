#include <gtest/gtest.h>

#include <format>

#include "atoma/merkle/frontier.h"
#include "atoma/merkle/proof.h"
#include "atoma/merkle/tile_tree.h"
#include "atoma/merkle/tree.h"

namespace atoma::merkle {
namespace {

constexpr std::uint64_t kSizes = 64;

// The oracle: RFC 9162 §2.1.1 to §2.1.4 as written, recursive and slow.
using Leaves = std::span<const Hash>;

std::uint64_t k_of(std::uint64_t n) {
  std::uint64_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Hash mth(Leaves d) {
  if (d.empty()) return crypto::sha256(ByteView{});
  if (d.size() == 1) return d[0];
  const std::uint64_t k = k_of(d.size());
  return node_hash(mth(d.first(k)), mth(d.subspan(k)));
}

Proof path(std::uint64_t m, Leaves d) {
  if (d.size() == 1) return {};
  const std::uint64_t k = k_of(d.size());
  Proof out = m < k ? path(m, d.first(k)) : path(m - k, d.subspan(k));
  out.push_back(m < k ? mth(d.subspan(k)) : mth(d.first(k)));
  return out;
}

Proof subproof(std::uint64_t m, Leaves d, bool whole) {
  if (m == d.size()) return whole ? Proof{} : Proof{mth(d)};
  const std::uint64_t k = k_of(d.size());
  Proof out = m <= k ? subproof(m, d.first(k), whole) : subproof(m - k, d.subspan(k), false);
  out.push_back(m <= k ? mth(d.subspan(k)) : mth(d.first(k)));
  return out;
}

std::vector<Hash> make_leaves(std::uint64_t n) {
  std::vector<Hash> leaves;
  for (std::uint64_t i = 0; i < n; ++i) {
    leaves.push_back(leaf_hash(as_bytes(std::format("leaf {}", i))));
  }
  return leaves;
}

MemoryTree make_tree(Leaves leaves) {
  MemoryTree tree;
  for (const Hash& leaf : leaves) tree.append(leaf);
  return tree;
}

TEST(Hash, SeparatesLeavesFromNodes) {
  const Hash a = leaf_hash(as_bytes("a"));
  const Hash b = leaf_hash(as_bytes("b"));
  Bytes pair = to_bytes(a);
  append(pair, b);
  EXPECT_NE(leaf_hash(pair), node_hash(a, b));
  EXPECT_NE(node_hash(a, b), node_hash(b, a));
}

TEST(Frontier, ComesBackFromThePathOfTheLastLeaf) {
  const auto leaves = make_leaves(kSizes);
  MemoryTree tree;
  Frontier grown;
  EXPECT_EQ(Frontier::from_last_leaf(0, leaves[0], {}).error().reason, "merkle.size");
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    tree.append(leaves[n - 1]);
    grown.append(leaves[n - 1]);
    Proof last = *prove_inclusion(tree, n - 1, n);
    auto edge = Frontier::from_last_leaf(n, leaves[n - 1], last);
    ASSERT_TRUE(edge) << n;
    EXPECT_EQ(edge->root(), grown.root()) << n;
    Frontier more = grown;
    for (int i = 0; i < 9; ++i) {
      edge->append(leaves[0]);
      more.append(leaves[0]);
      EXPECT_EQ(edge->root(), more.root()) << n;
    }
    last.push_back(leaves[0]);
    EXPECT_EQ(Frontier::from_last_leaf(n, leaves[n - 1], last).error().reason,
              "merkle.proof_length");
  }
}

TEST(Frontier, HasTheRootOfTheOracleAtEverySize) {
  const auto leaves = make_leaves(kSizes);
  Frontier frontier;
  MemoryTree tree;
  for (std::uint64_t n = 0; n <= kSizes; ++n) {
    EXPECT_EQ(frontier.size(), n);
    EXPECT_EQ(frontier.root(), mth(Leaves(leaves).first(n))) << n;
    EXPECT_EQ(*root_at(tree, n), frontier.root()) << n;
    if (n == kSizes) break;
    frontier.append(leaves[n]);
    tree.append(leaves[n]);
  }
}

TEST(Frontier, GrowsByWholeSubtreesToo) {
  const auto leaves = make_leaves(kSizes);
  for (unsigned level = 0; level <= 4; ++level) {
    const std::uint64_t width = std::uint64_t{1} << level;
    Frontier by_subtrees;
    for (std::uint64_t n = 0; n + width <= kSizes; n += width) {
      by_subtrees.append(mth(Leaves(leaves).subspan(n, width)), level);
      EXPECT_EQ(by_subtrees.size(), n + width);
      EXPECT_EQ(by_subtrees.root(), mth(Leaves(leaves).first(n + width)));
    }
  }
}

TEST(TileTree, HasTheNodesOfTheTreeAtEverySize) {
  const auto leaves = make_leaves(2 * kTileWidth);
  TileTree tile;
  MemoryTree tree;
  Frontier before;  // a whole tile to its left
  for (unsigned n = 0; n < kTileWidth; ++n) before.append(leaves[n]);
  Frontier expected = before;
  for (unsigned n = 0; n < kTileWidth; ++n) {
    EXPECT_FALSE(tile.full());
    tile.append(leaves[kTileWidth + n]);
    tree.append(leaves[kTileWidth + n]);
    expected.append(leaves[kTileWidth + n]);
    Frontier both = before;
    tile.append_to(both);
    ASSERT_EQ(both.size(), expected.size());
    ASSERT_EQ(both.root(), expected.root());
    for (unsigned level = 0; level <= kTileHeight; ++level) {
      ASSERT_EQ(tile.level(level).size(), (n + 1) >> level);
      for (unsigned i = 0; i < (n + 1) >> level; ++i) {
        ASSERT_EQ(tile.node(level, i), *tree.node(level, i)) << level << " " << i;
      }
    }
  }
  EXPECT_TRUE(tile.full());
  EXPECT_EQ(tile.root(), mth(Leaves(leaves).subspan(kTileWidth)));
}

TEST(Tree, RefusesNodesItDoesNotHold) {
  const MemoryTree tree = make_tree(make_leaves(5));
  EXPECT_TRUE(tree.node(2, 0));
  EXPECT_EQ(tree.node(2, 1).error().reason, "merkle.node");
  EXPECT_EQ(tree.node(0, 5).error().reason, "merkle.node");
  EXPECT_EQ(tree.node(63, 0).error().reason, "merkle.node");
  EXPECT_EQ(root_at(tree, 6).error().reason, "merkle.node");
  EXPECT_EQ(prove_inclusion(tree, 0, 6).error().reason, "merkle.node");
  EXPECT_EQ(prove_consistency(tree, 2, 6).error().reason, "merkle.node");
}

TEST(Inclusion, EveryProofEqualsTheOracleAndVerifies) {
  const auto leaves = make_leaves(kSizes);
  const MemoryTree tree = make_tree(leaves);
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    const Hash root = mth(Leaves(leaves).first(n));
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto proof = prove_inclusion(tree, i, n);
      ASSERT_TRUE(proof) << proof.error().to_string();
      ASSERT_EQ(*proof, path(i, Leaves(leaves).first(n))) << i << " of " << n;
      ASSERT_TRUE(verify_inclusion(i, n, leaves[i], *proof, root)) << i << " of " << n;
      ASSERT_EQ(inclusion_root(i, n, leaves[i], *proof), root) << i << " of " << n;
    }
  }
}

TEST(Inclusion, RefusesOtherIndicesSizesAndLengths) {
  const auto leaves = make_leaves(13);
  const MemoryTree tree = make_tree(leaves);
  const Hash root = *root_at(tree, 13);
  Proof proof = *prove_inclusion(tree, 5, 13);
  for (std::uint64_t i = 0; i < 13; ++i) {
    EXPECT_EQ(verify_inclusion(i, 13, leaves[5], proof, root).has_value(), i == 5) << i;
  }
  EXPECT_EQ(verify_inclusion(13, 13, leaves[5], proof, root).error().reason, "merkle.index");
  EXPECT_EQ(verify_inclusion(0, 0, leaves[5], {}, root).error().reason, "merkle.index");
  EXPECT_EQ(verify_inclusion(5, kSizeMax + 1, leaves[5], proof, root).error().reason,
            "merkle.size");
  EXPECT_EQ(inclusion_root(13, 13, leaves[5], proof).error().reason, "merkle.index");
  EXPECT_EQ(prove_inclusion(tree, 13, 13).error().reason, "merkle.index");
  EXPECT_EQ(prove_inclusion(tree, 0, kSizeMax + 1).error().reason, "merkle.size");
  proof.push_back(root);
  EXPECT_EQ(verify_inclusion(5, 13, leaves[5], proof, root).error().reason, "merkle.proof_length");
  proof.resize(proof.size() - 2);
  EXPECT_EQ(verify_inclusion(5, 13, leaves[5], proof, root).error().reason, "merkle.proof_length");
}

TEST(Difference, IsFoundWhereverItIsAlone) {
  const auto leaves = make_leaves(kSizes);
  const MemoryTree tree = make_tree(leaves);
  for (std::uint64_t at = 0; at < kSizes; ++at) {
    auto changed = leaves;
    changed[at][0] ^= 1;
    const MemoryTree other = make_tree(changed);
    for (std::uint64_t n = 0; n <= kSizes; ++n) {
      ASSERT_EQ(first_difference(tree, other, n), std::min(at, n)) << at << " of " << n;
    }
  }
}

TEST(Difference, IsTheFirstOfMany) {
  const auto leaves = make_leaves(kSizes);
  const MemoryTree tree = make_tree(leaves);
  for (std::uint64_t at = 0; at < kSizes; ++at) {
    auto changed = leaves;
    for (auto i = at; i < kSizes; ++i) changed[i][0] ^= 1;
    const MemoryTree other = make_tree(changed);
    ASSERT_EQ(first_difference(tree, other, kSizes), at);
    ASSERT_EQ(first_difference(other, tree, kSizes), at);
  }
}

TEST(Difference, RefusesSizesThatATreeDoesNotReach) {
  const MemoryTree tree = make_tree(make_leaves(13));
  EXPECT_EQ(first_difference(tree, tree, 14).error().reason, "merkle.node");
  EXPECT_EQ(first_difference(tree, tree, kSizeMax + 1).error().reason, "merkle.size");
}

TEST(Consistency, EveryProofEqualsTheOracleAndVerifies) {
  const auto leaves = make_leaves(kSizes);
  const MemoryTree tree = make_tree(leaves);
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    const Hash new_root = mth(Leaves(leaves).first(n));
    for (std::uint64_t m = 1; m <= n; ++m) {
      const auto proof = prove_consistency(tree, m, n);
      ASSERT_TRUE(proof) << proof.error().to_string();
      ASSERT_EQ(*proof, subproof(m, Leaves(leaves).first(n), true)) << m << " to " << n;
      const Hash old_root = mth(Leaves(leaves).first(m));
      ASSERT_TRUE(verify_consistency(m, n, *proof, old_root, new_root)) << m << " to " << n;
    }
  }
}

TEST(Consistency, NamesWhichRootIsWrong) {
  const MemoryTree tree = make_tree(make_leaves(13));
  const Hash r5 = *root_at(tree, 5);
  const Hash r13 = *root_at(tree, 13);
  const Proof proof = *prove_consistency(tree, 5, 13);
  EXPECT_EQ(verify_consistency(5, 13, proof, r13, r13).error().reason, "merkle.old_root");
  EXPECT_EQ(verify_consistency(5, 13, proof, r5, r5).error().reason, "merkle.root");
  EXPECT_EQ(verify_consistency(5, 5, {}, r5, r13).error().reason, "merkle.root");
}

TEST(Consistency, RefusesOtherSizesAndLengths) {
  const MemoryTree tree = make_tree(make_leaves(13));
  const Hash r5 = *root_at(tree, 5);
  const Hash r13 = *root_at(tree, 13);
  Proof proof = *prove_consistency(tree, 5, 13);
  EXPECT_EQ(verify_consistency(0, 13, {}, empty_root(), r13).error().reason, "merkle.size");
  EXPECT_EQ(verify_consistency(0, 0, {}, empty_root(), empty_root()).error().reason, "merkle.size");
  EXPECT_EQ(verify_consistency(13, 5, proof, r13, r5).error().reason, "merkle.size");
  EXPECT_EQ(prove_consistency(tree, 0, 13).error().reason, "merkle.size");
  EXPECT_EQ(prove_consistency(tree, 13, 5).error().reason, "merkle.size");
  EXPECT_EQ(prove_consistency(tree, 1, kSizeMax + 1).error().reason, "merkle.size");
  EXPECT_EQ(verify_consistency(5, 5, proof, r5, r5).error().reason, "merkle.proof_length");
  EXPECT_EQ(verify_consistency(5, 13, {}, r5, r13).error().reason, "merkle.proof_length");
  proof.push_back(r5);
  EXPECT_EQ(verify_consistency(5, 13, proof, r5, r13).error().reason, "merkle.proof_length");
}

}  // namespace
}  // namespace atoma::merkle
