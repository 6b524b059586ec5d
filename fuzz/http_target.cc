// No decoded target holds what a second reader could take for another path.
#include <algorithm>
#include <set>

#include "fuzz.h"
#include "target.h"

namespace atoma::fuzz {
namespace {

bool has_control(std::string_view text) {
  return std::ranges::any_of(as_bytes(text), [](std::uint8_t c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace

void one_input(ByteView in) {
  const auto target = http::parse_target(as_text(in));
  if (!target) return;
  ATOMA_CHECK(target->path.starts_with('/') && !has_control(target->path));
  std::string joined;
  for (const std::string& segment : target->segments) {
    ATOMA_CHECK(!segment.contains('/') && segment != "." && segment != "..");
    joined += "/" + segment;
  }
  ATOMA_CHECK(joined == target->path);
  std::set<std::string_view> names;
  for (const auto& field : target->query) {
    ATOMA_CHECK(!field.name.empty() && names.insert(field.name).second);
    ATOMA_CHECK(!has_control(field.name) && !has_control(field.value));
  }
}

}  // namespace atoma::fuzz
