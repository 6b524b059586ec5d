#include "atoma/merkle/prefix_trie.h"

#include <algorithm>
#include <format>

namespace atoma::merkle {
namespace {

constexpr ByteArray<1> kLeafPrefix{0x02};
constexpr ByteArray<1> kInnerPrefix{0x03};
constexpr unsigned kBits = 256;
constexpr Hash kEmpty{};

bool bit(const Hash& key, unsigned at) { return (key[at / 8] >> (7 - at % 8) & 1) != 0; }

// Whether both begin with the same `bits` bits.
bool same_path(const Hash& a, const Hash& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    if (bit(a, i) != bit(b, i)) return false;
  }
  return true;
}

Hash leaf_node(const TrieLeaf& leaf) {
  return crypto::sha256({kLeafPrefix, leaf.key, crypto::sha256(leaf.value)});
}

Hash inner_node(const Hash& left, const Hash& right) {
  return crypto::sha256({kInnerPrefix, left, right});
}

}  // namespace

struct PrefixTrie::Node {
  Hash hash;
  std::uint64_t size;
  std::optional<TrieLeaf> leaf;
  NodePtr children[2];  // of an inner node; one of them may be null
};

PrefixTrie::NodePtr PrefixTrie::make_leaf(const TrieLeaf& leaf) {
  return std::make_shared<Node>(Node{leaf_node(leaf), 1, leaf, {}});
}

PrefixTrie::NodePtr PrefixTrie::make_inner(NodePtr left, NodePtr right) {
  const auto hash_of = [](const NodePtr& node) { return node ? node->hash : kEmpty; };
  const auto size_of = [](const NodePtr& node) { return node ? node->size : 0; };
  const Hash hash = inner_node(hash_of(left), hash_of(right));
  const std::uint64_t size = size_of(left) + size_of(right);
  return std::make_shared<Node>(
      Node{hash, size, std::nullopt, {std::move(left), std::move(right)}});
}

// `updates` are sorted, each key once, and agree with the path to `node` in its first `depth` bits.
PrefixTrie::NodePtr PrefixTrie::build(const NodePtr& node, std::span<const TrieLeaf> updates,
                                      unsigned depth) {
  if (updates.empty()) return node;
  if (updates.size() == 1 && (!node || (node->leaf && node->leaf->key == updates[0].key))) {
    return make_leaf(updates[0]);
  }
  const auto right = std::ranges::find_if(
      updates, [depth](const TrieLeaf& update) { return bit(update.key, depth); });
  const auto count = static_cast<std::size_t>(right - updates.begin());
  NodePtr halves[2];
  if (node && node->leaf) {
    halves[bit(node->leaf->key, depth) ? 1 : 0] = node;
  } else if (node) {
    halves[0] = node->children[0];
    halves[1] = node->children[1];
  }
  return make_inner(build(halves[0], updates.first(count), depth + 1),
                    build(halves[1], updates.subspan(count), depth + 1));
}

PrefixTrie PrefixTrie::with(std::vector<TrieLeaf> updates) const {
  std::ranges::stable_sort(updates, {}, &TrieLeaf::key);
  // Of equal keys the last one: it is the first from behind.
  const auto kept = std::unique(updates.rbegin(), updates.rend(),
                                [](const auto& a, const auto& b) { return a.key == b.key; });
  updates.erase(updates.begin(), kept.base());
  return PrefixTrie(build(root_, updates, 0));
}

std::uint64_t PrefixTrie::size() const { return root_ ? root_->size : 0; }
Hash PrefixTrie::root() const { return root_ ? root_->hash : kEmpty; }

const Bytes* PrefixTrie::find(const Hash& key) const {
  const Node* node = root_.get();
  for (unsigned depth = 0; node != nullptr && !node->leaf; ++depth) {
    node = node->children[bit(key, depth) ? 1 : 0].get();
  }
  return node != nullptr && node->leaf->key == key ? &node->leaf->value : nullptr;
}

TrieProof PrefixTrie::prove(const Hash& key) const {
  TrieProof out;
  const Node* node = root_.get();
  for (unsigned depth = 0; node != nullptr && !node->leaf; ++depth) {
    const int side = bit(key, depth) ? 1 : 0;
    const Node* sibling = node->children[1 - side].get();
    out.siblings.push_back(sibling != nullptr ? sibling->hash : kEmpty);
    node = node->children[side].get();
  }
  if (node != nullptr) out.leaf = node->leaf;
  return out;
}

Result<std::optional<Bytes>> verify_lookup(const Hash& key, const TrieProof& proof,
                                           const Hash& root) {
  if (proof.siblings.size() > kBits) {
    return malformed("trie.depth",
                     std::format("{} siblings, a key has {} bits", proof.siblings.size(), kBits));
  }
  const auto depth = static_cast<unsigned>(proof.siblings.size());
  // An inner node has at least two leaves below it.
  if (depth > 0 && proof.siblings.back() == kEmpty) {
    return malformed("trie.shape", "the path ends beside an empty subtree: it is too long");
  }
  if (proof.leaf && !same_path(proof.leaf->key, key, depth)) {
    return malformed("trie.leaf", "the leaf is not on the path of this key");
  }
  Hash hash = proof.leaf ? leaf_node(*proof.leaf) : kEmpty;
  for (unsigned level = depth; level-- > 0;) {
    const Hash& sibling = proof.siblings[level];
    hash = bit(key, level) ? inner_node(sibling, hash) : inner_node(hash, sibling);
  }
  if (hash != root) return malformed("trie.root", "the path leads to another root");
  if (!proof.leaf || proof.leaf->key != key) return std::optional<Bytes>();
  return std::optional<Bytes>(proof.leaf->value);
}

}  // namespace atoma::merkle
