// A bundle that parses encodes to one with the same parts.
#include "atoma/tlog/bundle.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto bundle = tlog::parse_bundle(as_text(in));
  if (!bundle) return;
  const auto again = tlog::parse_bundle(tlog::encode_bundle(*bundle));
  ATOMA_CHECK(again.has_value());
  ATOMA_CHECK(again->entry == bundle->entry && again->index == bundle->index);
  ATOMA_CHECK(again->inclusion == bundle->inclusion);
  ATOMA_CHECK(again->checkpoint == bundle->checkpoint && again->log_key == bundle->log_key);
  ATOMA_CHECK(again->ear == bundle->ear && again->jwks == bundle->jwks);
  ATOMA_CHECK(again->evidence == bundle->evidence);
}

}  // namespace atoma::fuzz
