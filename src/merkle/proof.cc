#include "atoma/merkle/proof.h"

#include <algorithm>
#include <bit>
#include <format>

namespace atoma::merkle {
namespace {

// A run of leaves [begin, end). In the trees below, begin is a multiple of the largest power of
// two inside the run, as in every subtree of RFC 9162.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
};

// Where RFC 9162 §2.1.1 splits n > 1 leaves: the largest power of two below n.
std::uint64_t split_point(std::uint64_t n) { return std::bit_floor(n - 1); }

Result<Hash> range_root(const NodeSource& source, Range range) {
  std::vector<Hash> peaks;
  while (range.begin < range.end) {
    const std::uint64_t step = std::bit_floor(range.size());
    const auto level = static_cast<unsigned>(std::countr_zero(step));
    ATOMA_TRY(const Hash peak, source.node(level, range.begin >> level));
    peaks.push_back(peak);
    range.begin += step;
  }
  if (peaks.empty()) return empty_root();
  Hash root = peaks.back();
  for (auto peak = peaks.rbegin() + 1; peak != peaks.rend(); ++peak) {
    root = node_hash(*peak, root);
  }
  return root;
}

Status check_size(std::uint64_t size) {
  if (size <= kSizeMax) return {};
  return malformed("merkle.size", std::format("tree size {} is above 2^63 - 1", size));
}

Status check_inclusion_sizes(std::uint64_t index, std::uint64_t size) {
  ATOMA_TRY_VOID(check_size(size));
  if (index < size) return {};
  return malformed("merkle.index", std::format("index {} is not below tree size {}", index, size));
}

Status check_consistency_sizes(std::uint64_t old_size, std::uint64_t new_size) {
  ATOMA_TRY_VOID(check_size(new_size));
  if (old_size == 0) {
    return malformed("merkle.size", "old size 0: the empty tree is a prefix of every tree");
  }
  if (old_size <= new_size) return {};
  return malformed("merkle.size",
                   std::format("old size {} is above new size {}", old_size, new_size));
}

std::unexpected<Error> bad_length(std::size_t found, std::size_t expected) {
  return malformed("merkle.proof_length",
                   std::format("{} hashes in the proof, these sizes need {}", found, expected));
}

// Siblings on the way from leaf `index` to the root of `size` leaves.
std::size_t path_length(std::uint64_t index, std::uint64_t size) {
  std::size_t length = 0;
  for (std::uint64_t last = size - 1; last != 0; index >>= 1, last >>= 1) {
    // A last node without a right sibling moves up unchanged.
    if ((index & 1) != 0 || index != last) ++length;
  }
  return length;
}

}  // namespace

Result<Hash> root_at(const NodeSource& source, std::uint64_t size) {
  ATOMA_TRY_VOID(check_size(size));
  return range_root(source, {0, size});
}

Result<Proof> prove_inclusion(const NodeSource& source, std::uint64_t index, std::uint64_t size) {
  ATOMA_TRY_VOID(check_inclusion_sizes(index, size));
  Proof proof;
  Range here{0, size};
  while (here.size() > 1) {  // §2.1.3.1, from the root down
    const std::uint64_t middle = here.begin + split_point(here.size());
    const bool in_left = index < middle;
    const Range sibling = in_left ? Range{middle, here.end} : Range{here.begin, middle};
    here = in_left ? Range{here.begin, middle} : Range{middle, here.end};
    ATOMA_TRY(const Hash hash, range_root(source, sibling));
    proof.push_back(hash);
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<Proof> prove_consistency(const NodeSource& source, std::uint64_t old_size,
                                std::uint64_t new_size) {
  ATOMA_TRY_VOID(check_consistency_sizes(old_size, new_size));
  Proof proof;
  Range here{0, new_size};
  while (here.end != old_size) {  // §2.1.4.1: SUBPROOF, from the root down
    const std::uint64_t middle = here.begin + split_point(here.size());
    const bool in_left = old_size <= middle;
    const Range sibling = in_left ? Range{middle, here.end} : Range{here.begin, middle};
    here = in_left ? Range{here.begin, middle} : Range{middle, here.end};
    ATOMA_TRY(const Hash hash, range_root(source, sibling));
    proof.push_back(hash);
  }
  if (here.begin != 0) {  // a subtree that starts at leaf 0 is the old root, which is known
    ATOMA_TRY(const Hash hash, range_root(source, here));
    proof.push_back(hash);
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<std::uint64_t> first_difference(const NodeSource& a, const NodeSource& b,
                                       std::uint64_t size) {
  ATOMA_TRY_VOID(check_size(size));
  std::uint64_t begin = 0;
  std::uint64_t step = 0;  // a power of two that divides begin
  const auto same = [&]() -> Result<bool> {
    const auto level = static_cast<unsigned>(std::countr_zero(step));
    ATOMA_TRY(const Hash one, a.node(level, begin >> level));
    ATOMA_TRY(const Hash other, b.node(level, begin >> level));
    return one == other;
  };
  for (; begin < size; begin += step) {
    step = std::bit_floor(size - begin);
    ATOMA_TRY(const bool equal, same());
    if (!equal) break;
  }
  while (begin < size && step > 1) {
    step /= 2;
    ATOMA_TRY(const bool left_equal, same());
    if (left_equal) begin += step;
  }
  return begin;
}

// RFC 9162 §2.1.3.2 but for its last step.
Result<Hash> inclusion_root(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                            std::span<const Hash> proof) {
  ATOMA_TRY_VOID(check_inclusion_sizes(index, size));  // step 1
  const std::size_t expected = path_length(index, size);
  if (proof.size() != expected) return bad_length(proof.size(), expected);  // steps 4 and 5
  std::uint64_t fn = index;                                                 // step 2
  std::uint64_t sn = size - 1;
  Hash hash = leaf;  // step 3
  for (const Hash& p : proof) {
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(p, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = node_hash(hash, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return hash;
}

Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                        std::span<const Hash> proof, const Hash& root) {
  ATOMA_TRY(const Hash reached, inclusion_root(index, size, leaf, proof));
  if (reached == root) return {};
  return fail(Code::kDataLoss, "merkle.root",
              std::format("entry {} does not lead to the root of {} entries", index, size));
}

// RFC 9162 §2.1.4.2.
Status verify_consistency(std::uint64_t old_size, std::uint64_t new_size,
                          std::span<const Hash> proof, const Hash& old_root, const Hash& new_root) {
  ATOMA_TRY_VOID(check_consistency_sizes(old_size, new_size));
  std::uint64_t fn = old_size - 1;  // steps 3 and 4: skip what both trees share
  std::uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  // fn == 0: the old tree is one complete subtree, whose hash is its root and not in the proof.
  const bool implied = fn == 0;
  const std::size_t expected =
      old_size == new_size ? 0 : path_length(fn, sn + 1) + (implied ? 0 : 1);
  if (proof.size() != expected) return bad_length(proof.size(), expected);  // steps 1, 6 and 7
  Hash fr = old_root;
  Hash sr = old_root;
  if (old_size != new_size) {
    if (!implied) {
      fr = sr = proof.front();
      proof = proof.subspan(1);
    }
    for (const Hash& c : proof) {  // step 6
      if ((fn & 1) != 0 || fn == sn) {
        fr = node_hash(c, fr);
        sr = node_hash(c, sr);
        while ((fn & 1) == 0 && fn != 0) {
          fn >>= 1;
          sn >>= 1;
        }
      } else {
        sr = node_hash(sr, c);
      }
      fn >>= 1;
      sn >>= 1;
    }
  }
  if (fr != old_root) {  // step 7
    return fail(Code::kDataLoss, "merkle.old_root",
                std::format("the proof does not contain the root of {} entries", old_size));
  }
  if (sr == new_root) return {};
  return fail(
      Code::kDataLoss, "merkle.root",
      std::format("{} entries are no prefix of the {} under this root", old_size, new_size));
}

}  // namespace atoma::merkle
