// Claims that parse encode to claims that parse to the same result.
#include "atoma/cose/ear_batch.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  if (const auto batch = cose::parse_ear_batch(as_text(in))) {
    const auto again = cose::parse_ear_batch(cose::encode_ear_batch(*batch));
    ATOMA_CHECK(again.has_value() && *again == *batch);
  }
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
