// What YAML becomes is JSON, and the same again.
#include "atoma/wire/yaml.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto document = wire::parse_yaml(as_text(in));
  if (!document) return;
  const auto again = wire::JsonDocument::parse(document->root().raw());
  ATOMA_CHECK(again.has_value() && again->root().raw() == document->root().raw());
}

}  // namespace atoma::fuzz
