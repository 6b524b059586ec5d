// The header of an entry that parses is what a writer would have begun it with.
#include "atoma/tlog/entry.h"
#include "atoma/wire/json.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto header = tlog::parse_entry_header(in);
  if (!header) return;
  ATOMA_CHECK(wire::JsonDocument::parse(as_text(in)).has_value());
  wire::JsonWriter out = tlog::begin_entry(header->type, header->time);
  out.end_object();
  const auto again = tlog::parse_entry_header(as_bytes(out.str()));
  ATOMA_CHECK(again.has_value() && again->type == header->type && again->time == header->time);
}

}  // namespace atoma::fuzz
