// Firmware images and kernels: metadata stay inside the image, and measuring ends.
#include "atoma/launch/tdx.h"
#include "fuzz.h"

namespace atoma::fuzz {

using namespace launch;

void one_input(ByteView in) {
  (void)authenticode_sha384(in);
  const auto firmware = parse_firmware(in);
  if (!firmware) return;
  std::uint64_t pages = 0;
  for (const auto& section : firmware->tdvf_sections) {
    ATOMA_CHECK(section.data.size() <= section.memory_size);
    pages += section.memory_size;
  }
  constexpr std::uint64_t kQuick = 1 << 20;
  if (pages < kQuick) (void)measure_mrtd(*firmware, PageOrder::kPageByPage);
}

}  // namespace atoma::fuzz
