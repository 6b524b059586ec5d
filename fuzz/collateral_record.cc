// A record has one spelling.
#include "atoma/collateral/record.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto record = collateral::parse_record(as_text(in));
  if (!record) return;
  ATOMA_CHECK(collateral::encode_record(*record) == as_text(in));
  ATOMA_CHECK(collateral::Item::parse(record->item.name()) == record->item);
}

}  // namespace atoma::fuzz
