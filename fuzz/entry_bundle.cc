// A bundle that parses, for whatever width, encodes to the same bytes. The first byte is the width.
#include "atoma/merkle/tile.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  if (in.empty()) return;
  const unsigned width = in.front() + 1u;
  const ByteView bytes = in.subspan(1);
  static_cast<void>(merkle::parse_tile(bytes, width));
  const auto entries = merkle::parse_entry_bundle(bytes, width);
  if (!entries) return;
  ATOMA_CHECK(entries->size() == width);
  Bytes same;
  for (const ByteView entry : *entries) merkle::append_bundle_entry(same, entry);
  ATOMA_CHECK(equal(same, bytes));
}

}  // namespace atoma::fuzz
