// Vectors of transparency-dev/merkle and the root table of the tlog set (MANIFEST.json there).
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "atoma/merkle/frontier.h"
#include "atoma/merkle/proof.h"
#include "atoma/wire/json.h"
#include "atoma/wire/text.h"

namespace atoma::merkle {
namespace {

using wire::JsonDocument;
using wire::JsonValue;

// Opens a vector file, or skips the test loudly; in CI a missing file is a failure.
#define OPEN_VECTORS(stream, name)                                                       \
  const char* const vectors_root = std::getenv("ATOMA_VECTORS");                         \
  std::ifstream stream(std::string(vectors_root ? vectors_root : "") + "/tlog/" name);   \
  if (!stream) {                                                                         \
    if (std::getenv("CI")) FAIL() << "no vectors: ATOMA_VECTORS/tlog/" name;             \
    std::cerr << "*** SKIPPED, NOT TESTED: ATOMA_VECTORS/tlog/" name << " is missing\n"; \
    GTEST_SKIP() << "ATOMA_VECTORS/tlog/" name " is missing";                            \
  }                                                                                      \
  static_assert(true)

std::optional<Hash> hash_of(const JsonValue& value) {
  const auto bytes = wire::base64_decode(value.text());
  Hash hash;
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

std::optional<Proof> proof_of(const JsonValue& value) {
  Proof proof;
  for (const JsonValue& item : value.items()) {
    const auto hash = hash_of(item);
    if (!hash) return std::nullopt;
    proof.push_back(*hash);
  }
  return proof;
}

std::uint64_t number(const JsonValue& root, const char* name) {
  return root.find(name)->unsigned_integer().value();
}

bool inclusion_accepted(const JsonValue& c) {
  const auto leaf = hash_of(*c.find("leafHash"));
  const auto root = hash_of(*c.find("root"));
  const auto proof = proof_of(*c.find("proof"));
  if (!leaf || !root || !proof) return false;
  return verify_inclusion(number(c, "leafIdx"), number(c, "treeSize"), *leaf, *proof, *root)
      .has_value();
}

bool consistency_accepted(const JsonValue& c) {
  const auto old_root = hash_of(*c.find("root1"));
  const auto new_root = hash_of(*c.find("root2"));
  const auto proof = proof_of(*c.find("proof"));
  if (!old_root || !new_root || !proof) return false;
  return verify_consistency(number(c, "size1"), number(c, "size2"), *proof, *old_root, *new_root)
      .has_value();
}

// Cases which that library accepts and which no log can produce: hashes that are not 32 bytes.
const std::set<std::string> kNotHashes{"single-entry/empty-root-and-leaf",
                                       "additional/sizes-are-equal-one-and-proof-is-empty"};

template <typename Accepted>
void run(std::istream& in, Accepted accepted) {
  std::string line;
  int cases = 0;
  int valid = 0;
  while (std::getline(in, line)) {
    const auto document = JsonDocument::parse(line);
    ASSERT_TRUE(document) << document.error().to_string();
    const JsonValue& c = document->root();
    const std::string id(c.find("id")->text());
    const bool expected = !c.find("wantErr")->boolean().value() && !kNotHashes.contains(id);
    EXPECT_EQ(accepted(c), expected) << id;
    ++cases;
    valid += expected ? 1 : 0;
  }
  EXPECT_EQ(cases, 98);
  EXPECT_GE(valid, 5);
}

TEST(MerkleVectors, Inclusion) {
  OPEN_VECTORS(in, "merkle/inclusion.jsonl");
  run(in, inclusion_accepted);
}

TEST(MerkleVectors, Consistency) {
  OPEN_VECTORS(in, "merkle/consistency.jsonl");
  run(in, consistency_accepted);
}

TEST(MerkleVectors, Roots) {
  OPEN_VECTORS(in, "tree-geometry.json");
  std::stringstream text;
  text << in.rdbuf();
  const auto document = JsonDocument::parse(text.str());
  ASSERT_TRUE(document) << document.error().to_string();
  Frontier frontier;
  std::size_t checked = 0;
  const auto& roots = document->root().find("roots")->items();
  for (std::uint64_t n = 0; checked < roots.size() && n <= 2000; ++n) {
    for (const JsonValue& root : roots) {
      if (root.name() != std::to_string(n)) continue;
      EXPECT_EQ(hash_of(root), frontier.root()) << n;
      ++checked;
    }
    frontier.append(leaf_hash(as_bytes(std::format("entry {}", n))));
  }
  EXPECT_EQ(checked, roots.size());
  EXPECT_GT(checked, 8u);
}

}  // namespace
}  // namespace atoma::merkle
