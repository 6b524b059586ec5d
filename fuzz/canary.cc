// A planted bug. That the fuzzer finds it from a seed, and that a replay of it fails, is how we
// know that silence from the other targets means something (canary.sh).
#include "atoma/wire/reader.h"
#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  wire::Reader reader(in);
  const auto magic = reader.u32_be();
  const auto size = reader.u16_be();
  const bool planted = magic == 0x41544F4D && size != 0 && size == reader.remaining();
  ATOMA_CHECK(!planted);
}

}  // namespace atoma::fuzz
