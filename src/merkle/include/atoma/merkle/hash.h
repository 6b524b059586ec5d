// RFC 6962 §2.1 tree hashing with SHA-256. Leaves and nodes have different prefixes, so that no
// entry can pose as an inner node.
#pragma once

#include <cstdint>
#include <span>

#include "atoma/base/bytes.h"
#include "atoma/crypto/digest.h"

namespace atoma::merkle {

using Hash = crypto::Digest256;

// Indices and sizes stay below 2^63: a path then has at most limits::kMerkleProofMax hashes and no
// sum of two of them overflows.
inline constexpr std::uint64_t kSizeMax = (std::uint64_t{1} << 63) - 1;

// Hashes one after the other, as in a tile.
ByteView hash_bytes(std::span<const Hash> hashes);

Hash leaf_hash(ByteView entry);
Hash node_hash(const Hash& left, const Hash& right);
// The root of the tree without leaves: SHA-256 of nothing.
Hash empty_root();

}  // namespace atoma::merkle
