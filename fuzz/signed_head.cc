// Files of anchorers' signatures: what parses has one encoding, joins with itself to itself, and no
// quorum comes of signatures that do not hold.
#include "atoma/anchor/signed_head.h"

#include <algorithm>

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto head = anchor::parse_signed_head(as_text(in));
  if (!head) return;
  const auto text = anchor::encode_signed_head(*head);
  ATOMA_CHECK(text.size() <= anchor::kSignedHeadMax);
  const auto again = anchor::parse_signed_head(text);
  ATOMA_CHECK(again && anchor::encode_signed_head(*again) == text);
  const std::vector both{*head, *again};
  const auto joined = anchor::join(both);
  ATOMA_CHECK(joined && anchor::encode_signed_head(*joined) == text);
  if (!anchor::verify_signatures(*head, head->place)) return;
  anchor::Office office{.anchorers = {}, .threshold = head->signatures.size()};
  for (const auto& signature : head->signatures) office.anchorers.push_back(signature.signer);
  const auto quorum = anchor::quorum_of(*head, office);
  ATOMA_CHECK(quorum && quorum->size() == 65 * office.threshold);
  // Each signature is of this head and of no other.
  auto other = *head;
  other.head.root[0] ^= 1;
  ATOMA_CHECK(!anchor::verify_signatures(other, head->place));
}

}  // namespace atoma::fuzz
