#include "cca_case.h"

namespace atoma::conformance {

void load_platform_keys(ByteView cpak, LoadedCase& out) {
  if (cpak.empty()) return;
  auto parsed = evidence::cca::PlatformKeys::parse(as_text(cpak));
  if (parsed) {
    out.platform_keys = *std::move(parsed);
  } else {
    out.unreadable_collateral = parsed.error();
  }
}

}  // namespace atoma::conformance
