// A folder of files, each a part behind a part with its name: what is read of it is judged, and
// nobody but a vendor's root is believed, who signed none of this.
#include "atoma/collateral/sets.h"
#include "fuzz.h"
#include "parts.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  const auto parts = split_parts(in, 32);
  collateral::FileSet set{.name = "set", .files = {}};
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
    set.files.push_back({std::string(as_text(parts[i])), to_bytes(parts[i + 1])});
  }
  static_cast<void>(collateral::parse_sets({&set, 1}));
  std::vector<std::string> unread;
  const auto records = collateral::records_of(set, Time{1767225600}, unread);
  if (!records) return;
  ATOMA_CHECK(records->size() <= set.files.size() + 1);
  for (const auto& record : *records) {
    const auto again = collateral::parse_record(collateral::encode_record(record));
    ATOMA_CHECK(again.has_value() && again->content == record.content);
    const evidence::TrustAnchors nobody{.vendor_roots = false, .sample_roots = {}};
    ATOMA_CHECK(!collateral::verify_record(record, nobody));
  }
}

}  // namespace atoma::fuzz
