// A set of keys that parses is written as one that parses to the same.
#include "atoma/cose/jwk.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto keys = cose::JwkSet::parse(as_text(in));
  if (!keys) return;
  ATOMA_CHECK(keys->size() <= cose::kJwkSetKeysMax);
  const std::string json = keys->to_json();
  const auto again = cose::JwkSet::parse(json);
  ATOMA_CHECK(again.has_value() && again->size() == keys->size() && again->to_json() == json);
}

}  // namespace atoma::fuzz
