// A set of reference values that parses has rows of registers in their sizes, and unsigned it is
// never a set that somebody vouches for.
#include "atoma/appraisal/reference_values.h"

#include "fuzz.h"

namespace atoma::fuzz {

void one_input(ByteView in) {
  cose::VerificationKeys none;
  ATOMA_CHECK(!appraisal::verify_reference_set(in, "e30..", none));
  const auto values = appraisal::parse_reference_values(as_text(in));
  if (!values) return;
  ATOMA_CHECK(!values->rows.empty() && !values->name.empty());
  for (const auto& row : values->rows) {
    ATOMA_CHECK(!row.values.empty());
    for (const auto& [name, value] : row.values) {
      ATOMA_CHECK(value.size() == appraisal::reference_size(row.tee, name));
    }
  }
}

}  // namespace atoma::fuzz
