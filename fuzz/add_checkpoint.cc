// A request to a witness has one form, and so has an answer with a size.
#include "atoma/tlog/add_checkpoint.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto request = tlog::parse_add_checkpoint(as_text(in));
  ATOMA_CHECK(!request || tlog::encode_add_checkpoint(*request) == as_text(in));
  const auto size = tlog::parse_size_answer(as_text(in));
  ATOMA_CHECK(!size || tlog::encode_size_answer(*size) == as_text(in));
}

}  // namespace atoma::fuzz
