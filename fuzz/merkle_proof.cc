// Proofs put together from the nodes of a real tree: what is accepted under a true root is exactly
// the proof that the prover makes. The input picks nodes, since no fuzzer guesses hashes.
#include "atoma/merkle/proof.h"
#include "atoma/wire/reader.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using merkle::Hash;

constexpr std::uint64_t kLeaves = 13;

struct World {
  merkle::MemoryTree tree;
  std::vector<Hash> nodes;  // level by level, then the roots of every size
  std::vector<Hash> roots;  // [n] of the first n leaves

  World() {
    for (std::uint8_t i = 0; i < kLeaves; ++i) tree.append(merkle::leaf_hash(Bytes{i}));
    for (unsigned level = 0; kLeaves >> level > 0; ++level) {
      for (std::uint64_t i = 0; i < kLeaves >> level; ++i) nodes.push_back(*tree.node(level, i));
    }
    roots.push_back(merkle::empty_root());
    for (std::uint64_t size = 1; size <= kLeaves; ++size) {
      roots.push_back(*merkle::root_at(tree, size));
      nodes.push_back(roots.back());
    }
  }
  const Hash& pick(std::uint8_t byte) const { return nodes[byte % nodes.size()]; }
};

}  // namespace

void one_input(ByteView in) {
  static const World world;
  wire::Reader reader(in);
  const bool consistency = (reader.u8() & 1) != 0;
  const std::uint64_t first = reader.u8();
  const std::uint64_t size = reader.u8();
  const Hash& claimed = world.pick(reader.u8());
  merkle::Proof proof;
  for (const std::uint8_t byte : reader.rest()) proof.push_back(world.pick(byte));
  if (!reader.ok() || size >= world.roots.size()) return;

  if (consistency) {
    if (!merkle::verify_consistency(first, size, proof, claimed, world.roots[size])) return;
    ATOMA_CHECK(first <= size && claimed == world.roots[first]);
    ATOMA_CHECK(merkle::prove_consistency(world.tree, first, size) == proof);
  } else {
    if (!merkle::verify_inclusion(first, size, claimed, proof, world.roots[size])) return;
    ATOMA_CHECK(first < size && claimed == world.nodes[first]);
    ATOMA_CHECK(merkle::prove_inclusion(world.tree, first, size) == proof);
  }
}

}  // namespace atoma::fuzz
