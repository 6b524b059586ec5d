#include "atoma/merkle/prefix_trie.h"

#include <gtest/gtest.h>

#include <format>
#include <map>

namespace atoma::merkle {
namespace {

Hash named(std::string_view kind, std::size_t number) {
  return crypto::sha256(as_bytes(std::format("{} {}", kind, number)));
}
Hash key_of(std::size_t number) { return named("key", number); }
Bytes value_of(std::size_t number) { return to_bytes(std::format("value {}", number)); }

// The oracle: the header's definition, written over the set of keys and nothing else.
using Map = std::map<Hash, Bytes>;

bool bit_of(const Hash& key, std::size_t at) { return (key[at / 8] & 0x80U >> at % 8) != 0; }

Hash root_of(const Map& map, std::size_t depth = 0) {
  if (map.empty()) return Hash{};
  if (map.size() == 1) {
    const auto& [key, value] = *map.begin();
    return crypto::sha256({ByteArray<1>{2}, key, crypto::sha256(value)});
  }
  Map halves[2];
  for (const auto& [key, value] : map) halves[bit_of(key, depth) ? 1 : 0][key] = value;
  return crypto::sha256(
      {ByteArray<1>{3}, root_of(halves[0], depth + 1), root_of(halves[1], depth + 1)});
}

struct World {
  explicit World(std::size_t keys) {
    std::vector<TrieLeaf> updates;
    for (std::size_t i = 0; i < keys; ++i) {
      map[key_of(i)] = value_of(i);
      updates.push_back({key_of(i), value_of(i)});
    }
    trie = PrefixTrie().with(updates);
  }
  Map map;
  PrefixTrie trie;
};

// Keys which share all bits but the last `tail`: the longest paths there are.
Hash neighbour(std::uint8_t last) {
  Hash out = key_of(0);
  out.back() = last;
  return out;
}

TEST(PrefixTrie, IsTheSetOfItsKeysWhateverTheirOrder) {
  for (std::size_t n = 0; n <= 64; ++n) {
    const World world(n);
    EXPECT_EQ(world.trie.size(), n);
    EXPECT_EQ(world.trie.root(), root_of(world.map)) << n;
    PrefixTrie backwards;
    for (std::size_t i = n; i-- > 0;) backwards = backwards.with({{key_of(i), value_of(i)}});
    EXPECT_EQ(backwards.root(), world.trie.root()) << n;
  }
}

TEST(PrefixTrie, LongCommonPrefixes) {
  Map map;
  PrefixTrie trie;
  for (const std::uint8_t last : ByteArray<4>{0x00, 0x01, 0x80, 0xFF}) {
    map[neighbour(last)] = value_of(last);
    trie = trie.with({{neighbour(last), value_of(last)}});
    EXPECT_EQ(trie.root(), root_of(map));
  }
  const TrieProof proof = trie.prove(neighbour(0x01));
  EXPECT_EQ(proof.siblings.size(), 256U);
  EXPECT_EQ(verify_lookup(neighbour(0x01), proof, trie.root()), value_of(0x01));
  EXPECT_EQ(*verify_lookup(neighbour(0x02), trie.prove(neighbour(0x02)), trie.root()),
            std::nullopt);
  TrieProof longer = proof;
  longer.siblings.push_back(key_of(1));
  EXPECT_EQ(verify_lookup(neighbour(0x01), longer, trie.root()).error().reason, "trie.depth");
}

TEST(PrefixTrie, SetsKeysAgainAndKeepsSnapshots) {
  const World before(20);
  const PrefixTrie after = before.trie.with(
      {{key_of(3), value_of(100)}, {key_of(30), value_of(30)}, {key_of(3), value_of(103)}});
  EXPECT_EQ(after.size(), 21U);
  EXPECT_EQ(*after.find(key_of(3)), value_of(103));
  EXPECT_EQ(*before.trie.find(key_of(3)), value_of(3));
  EXPECT_EQ(before.trie.root(), root_of(before.map));
  Map map = before.map;
  map[key_of(3)] = value_of(103);
  map[key_of(30)] = value_of(30);
  EXPECT_EQ(after.root(), root_of(map));
  EXPECT_EQ(after.with({}).root(), after.root());
}

TEST(PrefixTrie, ProvesPresenceAndAbsence) {
  for (std::size_t n = 0; n <= 64; ++n) {
    const World world(n);
    for (std::size_t i = 0; i < n + 40; ++i) {
      const auto found = verify_lookup(key_of(i), world.trie.prove(key_of(i)), world.trie.root());
      ASSERT_TRUE(found) << n << " " << i << " " << found.error().message;
      EXPECT_EQ(*found, i < n ? std::optional(value_of(i)) : std::nullopt);
      EXPECT_EQ(world.trie.find(key_of(i)) != nullptr, i < n);
    }
  }
}

// Nothing but the proof as it was made says what it says.
TEST(PrefixTrie, EveryOneBitChangeIsRefused) {
  for (const std::size_t n : {1, 2, 3, 9, 33}) {
    const World world(n);
    const Hash root = world.trie.root();
    for (std::size_t i = 0; i < n + 8; ++i) {
      const TrieProof good = world.trie.prove(key_of(i));
      std::vector<MutableByteView> parts;
      TrieProof changed = good;
      for (Hash& sibling : changed.siblings) parts.emplace_back(sibling);
      if (changed.leaf) parts.insert(parts.end(), {changed.leaf->key, changed.leaf->value});
      for (const MutableByteView part : parts) {
        for (std::size_t at = 0; at < 8 * part.size(); ++at) {
          part[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
          ASSERT_FALSE(verify_lookup(key_of(i), changed, root)) << n << " " << i;
          part[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
        }
      }
      for (std::size_t at = 0; at < 256; ++at) {
        Hash other = root;
        other[at / 8] ^= static_cast<std::uint8_t>(1U << at % 8);
        ASSERT_FALSE(verify_lookup(key_of(i), good, other));
      }
    }
  }
}

TEST(PrefixTrie, RefusesOtherPathsAndShapes) {
  const World world(33);
  const Hash root = world.trie.root();
  const auto reason = [&](const Hash& key, const TrieProof& proof) {
    const auto found = verify_lookup(key, proof, root);
    return std::string(found ? "accepted" : found.error().reason);
  };
  const TrieProof good = world.trie.prove(key_of(0));
  TrieProof shorter = good, longer = good, bare = good;
  shorter.siblings.pop_back();
  longer.siblings.push_back(Hash{});
  bare.leaf.reset();
  EXPECT_NE(reason(key_of(0), shorter), "accepted");
  EXPECT_EQ(reason(key_of(0), longer), "trie.shape");
  EXPECT_EQ(reason(key_of(0), bare), "trie.root");
  // The path of one key says nothing about a key that leaves it.
  int elsewhere = 0;
  for (std::size_t i = 1; i < 33; ++i) elsewhere += reason(key_of(i), good) == "trie.leaf" ? 1 : 0;
  EXPECT_GT(elsewhere, 25);
  EXPECT_EQ(verify_lookup(key_of(0), {}, root).error().reason, "trie.root");
  EXPECT_EQ(*verify_lookup(key_of(0), {}, Hash{}), std::nullopt);
}

}  // namespace
}  // namespace atoma::merkle
