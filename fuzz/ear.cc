// Claims that parse encode to claims that parse to the same result.
#include "atoma/cose/ear.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto ear = cose::parse_ear(as_text(in));
  if (!ear) return;
  const auto again = cose::parse_ear(cose::encode_ear(*ear));
  ATOMA_CHECK(again.has_value() && *again == *ear);
  for (const Time now : {Time{0}, ear->issued_at, ear->expires_at}) {
    const bool good = cose::check_time(*ear, now, Duration{60}).has_value();
    ATOMA_CHECK(!good || now < ear->expires_at + Duration{60});
  }
}

}  // namespace atoma::fuzz
