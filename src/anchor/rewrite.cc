#include "atoma/anchor/rewrite.h"

#include <algorithm>
#include <format>

#include "atoma/merkle/proof.h"

namespace atoma::anchor {
namespace {

std::unexpected<Error> another_tree(const Head& head) {
  return malformed("anchor.history",
                   std::format("this is not the log of the head of {} entries", head.size));
}

Status check_root(const History& history) {
  ATOMA_TRY(const auto root, merkle::root_at(*history.tree, history.head.size));
  if (root == history.head.root) return {};
  return another_tree(history.head);
}

// Trees give what they like for inner nodes: the path is what counts.
Result<Claim> claim_at(std::uint64_t index, const History& history) {
  const auto& [size, root] = history.head;
  Claim out{.head = history.head};
  ATOMA_TRY(out.leaf, history.tree->node(0, index));
  ATOMA_TRY(out.path, merkle::prove_inclusion(*history.tree, index, size));
  if (merkle::verify_inclusion(index, size, out.leaf, out.path, root)) return out;
  return another_tree(history.head);
}

}  // namespace

Result<Rewrite> find_rewrite(const History& a, const History& b) {
  ATOMA_TRY_VOID(check_root(a));
  ATOMA_TRY_VOID(check_root(b));
  const auto common = std::min(a.head.size, b.head.size);
  Rewrite out;
  ATOMA_TRY(out.index, merkle::first_difference(*a.tree, *b.tree, common));
  if (out.index == common) {
    return fail(Code::kFailedPrecondition, "anchor.consistent",
                std::format("the {} entries of one head are the first ones of the other: nothing "
                            "was rewritten",
                            common));
  }
  ATOMA_TRY(out.a, claim_at(out.index, a));
  ATOMA_TRY(out.b, claim_at(out.index, b));
  if (out.a.leaf != out.b.leaf) return out;
  return another_tree(a.head);
}

}  // namespace atoma::anchor
