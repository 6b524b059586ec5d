// What parses is written canonically, reads again, and is then written the same; a part that is
// left out leaves the rest as it was.
#include "atoma/wire/xml.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto document = wire::XmlDocument::parse(in);
  if (!document) return;
  const std::string once = wire::canonicalize(document->root());
  const auto again = wire::XmlDocument::parse(as_bytes(once));
  // Escapes make it longer than was read.
  if (!again) {
    ATOMA_CHECK(again.error().reason == "xml.too_large");
    return;
  }
  ATOMA_CHECK(wire::canonicalize(again->root()) == once);
  for (const auto* child : document->root().elements()) {
    ATOMA_CHECK(wire::canonicalize(document->root(), child).size() < once.size());
    static_cast<void>(wire::canonicalize(*child));
  }
}

}  // namespace atoma::fuzz
