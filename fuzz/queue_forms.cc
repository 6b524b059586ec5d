// What is read from a commit queue encodes to the same bytes.
#include "atoma/replica/queue.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  if (const auto batch = replica::parse_batch(in)) {
    ATOMA_CHECK(equal(replica::encode_batch(*batch), in));
    ATOMA_CHECK(!batch->entries.empty() && batch->end() > batch->first_index);
  }
  if (const auto head = replica::parse_head(in)) {
    ATOMA_CHECK(equal(replica::encode_head(*head), in));
  }
  if (const auto leader = replica::parse_leader(in)) {
    ATOMA_CHECK(equal(replica::encode_leader(leader->node, leader->url), in));
  }
}

}  // namespace atoma::fuzz
