// Rules that are read are in the contract's order, whatever theirs was.
#include <algorithm>

#include "atoma/anchor/contract.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto rules = anchor::parse_rules(as_text(in));
  if (!rules) return;
  const auto& list = rules->anchorers;
  ATOMA_CHECK(!list.empty() && list.size() <= anchor::kAnchorersMax);
  ATOMA_CHECK(std::ranges::adjacent_find(list, std::greater_equal()) == list.end());
  ATOMA_CHECK(!rules->origin.empty() && rules->origin.size() <= anchor::kOriginMax);
  ATOMA_CHECK(anchor::encode_create(*rules).size() % 32 == 4);
}

}  // namespace atoma::fuzz
