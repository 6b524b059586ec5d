// libFuzzer's entry point, and that of replay.cc.
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  atoma::fuzz::one_input({data, size});
  return 0;
}
