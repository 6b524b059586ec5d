// A Merkle map from 256-bit keys to short values: the verifiable index of a log. One root commits
// to every key, so that a proof shows the value of a key or that it has none.
//
// A binary trie over the bits of the key, the highest bit first. A subtree without a key is empty
// and hashes to 32 zero bytes; one with a single key is that leaf, at whatever depth; any other is
// an inner node. So the shape follows from the keys alone, whatever order they came in.
//
//   leaf  = SHA-256(0x02 ‖ key ‖ SHA-256(value))   inner = SHA-256(0x03 ‖ left ‖ right)
//
//   PrefixTrie next = trie.with({{key, value}});   // trie stays as it was: a snapshot
//   ATOMA_TRY(const auto value, verify_lookup(key, next.prove(key), next.root()));
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"

namespace atoma::merkle {

struct TrieLeaf {
  Hash key{};
  Bytes value;

  friend bool operator==(const TrieLeaf&, const TrieLeaf&) = default;
};

// The path of a key, from the root to where no inner node follows: a leaf, or nothing.
struct TrieProof {
  std::vector<Hash> siblings;  // beside the path, from the root on; zero bytes: empty
  std::optional<TrieLeaf> leaf;

  friend bool operator==(const TrieProof&, const TrieProof&) = default;
};

// A value: copies share what they have in common, and no operation changes what another copy holds.
// Copies may be read from several threads. About 400 bytes a key, and its value.
class PrefixTrie {
 public:
  // The trie with these keys set; of equal keys the last one holds. O(depth) hashes a key, fewer
  // when many are set at once.
  PrefixTrie with(std::vector<TrieLeaf> updates) const;

  std::uint64_t size() const;  // keys
  Hash root() const;
  // Points into this trie and whatever shares it; null when the key has no value.
  const Bytes* find(const Hash& key) const;
  TrieProof prove(const Hash& key) const;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  static NodePtr make_leaf(const TrieLeaf& leaf);
  static NodePtr make_inner(NodePtr left, NodePtr right);
  static NodePtr build(const NodePtr& node, std::span<const TrieLeaf> updates, unsigned depth);
  explicit PrefixTrie(NodePtr root) : root_(std::move(root)) {}

  NodePtr root_;  // null when empty

 public:
  PrefixTrie() = default;
};

// The value of `key` under `root`, or nothing when the proof shows that it has none. Errors:
// "trie.depth" (more siblings than bits), "trie.shape" (not the shape that the keys give),
// "trie.leaf" (another key's leaf that does not lie on this path), "trie.root" (the path leads to
// another root).
Result<std::optional<Bytes>> verify_lookup(const Hash& key, const TrieProof& proof,
                                           const Hash& root);

}  // namespace atoma::merkle
