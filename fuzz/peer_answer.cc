// Entries and proofs from another replica: bounded, in order, whatever it says.
#include "atoma/base/limits.h"
#include "atoma/replica/peer.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  if (const auto page = replica::parse_entries(in, 4)) {
    ATOMA_CHECK(!page->empty() && page->size() <= replica::kPageEntriesMax);
    for (const Bytes& entry : *page) {
      ATOMA_CHECK(!entry.empty() && entry.size() <= limits::kLogEntryMax);
    }
  }
  const auto proof = replica::parse_consistency(in);
  ATOMA_CHECK(!proof || proof->size() <= 2 * limits::kMerkleProofMax);
}

}  // namespace atoma::fuzz
