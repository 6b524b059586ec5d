// Every one-bit flip of every proof, leaf and root in all trees of up to 33 leaves: a million
// verifications, hence a binary of its own.
#include <gtest/gtest.h>

#include <format>

#include "atoma/merkle/proof.h"
#include "atoma/merkle/tree.h"

namespace atoma::merkle {
namespace {

constexpr std::uint64_t kSizes = 33;

std::vector<Hash> make_leaves(std::uint64_t n) {
  std::vector<Hash> leaves;
  for (std::uint64_t i = 0; i < n; ++i) {
    leaves.push_back(leaf_hash(as_bytes(std::format("leaf {}", i))));
  }
  return leaves;
}

MemoryTree make_tree(std::span<const Hash> leaves) {
  MemoryTree tree;
  for (const Hash& leaf : leaves) tree.append(leaf);
  return tree;
}

// Calls `check` with each copy of `hash` that differs in one bit.
template <typename Check>
void each_bit_flip(const Hash& hash, Check check) {
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Hash flipped = hash;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
    check(flipped);
  }
}

TEST(Inclusion, RefusesEveryBitFlip) {
  const auto leaves = make_leaves(kSizes);
  const MemoryTree tree = make_tree(leaves);
  const auto refused = [](std::uint64_t i, std::uint64_t n, const Hash& leaf, const Proof& proof,
                          const Hash& root) {
    const auto status = verify_inclusion(i, n, leaf, proof, root);
    ASSERT_FALSE(status) << i << " of " << n;
    ASSERT_EQ(status.error().reason, "merkle.root");
  };
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    const Hash root = *root_at(tree, n);
    for (std::uint64_t i = 0; i < n; ++i) {
      const Proof proof = *prove_inclusion(tree, i, n);
      each_bit_flip(root, [&](const Hash& bad) { refused(i, n, leaves[i], proof, bad); });
      each_bit_flip(leaves[i], [&](const Hash& bad) { refused(i, n, bad, proof, root); });
      for (std::size_t p = 0; p < proof.size(); ++p) {
        Proof bad_proof = proof;
        each_bit_flip(proof[p], [&](const Hash& bad) {
          bad_proof[p] = bad;
          refused(i, n, leaves[i], bad_proof, root);
        });
      }
    }
  }
}

TEST(Consistency, RefusesEveryBitFlip) {
  const auto leaves = make_leaves(kSizes);
  const MemoryTree tree = make_tree(leaves);
  const auto refused = [](std::uint64_t m, std::uint64_t n, const Proof& proof,
                          const Hash& old_root, const Hash& new_root) {
    const auto status = verify_consistency(m, n, proof, old_root, new_root);
    ASSERT_FALSE(status) << m << " to " << n;
    ASSERT_TRUE(status.error().reason == "merkle.old_root" ||
                status.error().reason == "merkle.root");
  };
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    const Hash new_root = *root_at(tree, n);
    for (std::uint64_t m = 1; m <= n; ++m) {
      const Hash old_root = *root_at(tree, m);
      const Proof proof = *prove_consistency(tree, m, n);
      each_bit_flip(old_root, [&](const Hash& bad) { refused(m, n, proof, bad, new_root); });
      each_bit_flip(new_root, [&](const Hash& bad) { refused(m, n, proof, old_root, bad); });
      for (std::size_t p = 0; p < proof.size(); ++p) {
        Proof bad_proof = proof;
        each_bit_flip(proof[p], [&](const Hash& bad) {
          bad_proof[p] = bad;
          refused(m, n, bad_proof, old_root, new_root);
        });
      }
    }
  }
}

}  // namespace
}  // namespace atoma::merkle
