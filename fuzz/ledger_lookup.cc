// A lookup that parses encodes to the same bytes; so does a label's value.
#include "atoma/ledger/lookup.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  if (const auto value = ledger::LabelValue::decode(in)) {
    ATOMA_CHECK(std::ranges::equal(value->encode(), in));
  }
  const auto lookup = ledger::parse_lookup(in);
  if (!lookup) return;
  ATOMA_CHECK(std::ranges::equal(ledger::encode_lookup(*lookup), in));
}

}  // namespace atoma::fuzz
