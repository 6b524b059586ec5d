// Inclusion and consistency proofs, RFC 9162 §2.1.3 and §2.1.4. Making them trusts the source;
// verifying them trusts only the roots given.
//
// A proof has exactly one valid length for its sizes; any other is refused before hashing. The
// empty tree proves nothing, so an old size of 0 is refused: callers treat it apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "atoma/base/result.h"
#include "atoma/merkle/hash.h"
#include "atoma/merkle/tree.h"

namespace atoma::merkle {

using Proof = std::vector<Hash>;

// The root over the first `size` leaves. Errors: "merkle.size", "merkle.node".
Result<Hash> root_at(const NodeSource& source, std::uint64_t size);

// Errors: "merkle.index" (index not below size), "merkle.size", "merkle.node".
Result<Proof> prove_inclusion(const NodeSource& source, std::uint64_t index, std::uint64_t size);
// Errors: "merkle.size" (old size 0 or above the new one), "merkle.node".
Result<Proof> prove_consistency(const NodeSource& source, std::uint64_t old_size,
                                std::uint64_t new_size);

// The first of `size` leaves in which two trees differ, read from the roots down; `size` when there
// is none. Errors: "merkle.size", "merkle.node".
Result<std::uint64_t> first_difference(const NodeSource& a, const NodeSource& b,
                                       std::uint64_t size);

// Errors: "merkle.index", "merkle.size", "merkle.proof_length", "merkle.root" when the path does
// not lead to `root`.
Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                        std::span<const Hash> proof, const Hash& root);
// The root that such a path leads to. It proves nothing until that root is known to be the log's.
// Errors: "merkle.index", "merkle.size", "merkle.proof_length".
Result<Hash> inclusion_root(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                            std::span<const Hash> proof);
// Errors: "merkle.size", "merkle.proof_length", "merkle.old_root", "merkle.root".
Status verify_consistency(std::uint64_t old_size, std::uint64_t new_size,
                          std::span<const Hash> proof, const Hash& old_root, const Hash& new_root);

}  // namespace atoma::merkle
