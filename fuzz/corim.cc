// A CoRIM that parses has rows of registers in their sizes, each register once; and only the one
// that the fixtures signed verifies.
#include <set>

#include "fixtures.h"
#include "fuzz.h"
#include "test_corim.h"

namespace atoma::fuzz {
namespace {

struct World {
  cose::SigningKey signer{fixed_key(crypto::Curve::kP256, 0x33)};
  Bytes file = appraisal::CorimParts{}.sign(signer);
  cose::VerificationKeys keys;

  World() {
    keys.add(signer.public_key());
    ATOMA_CHECK(appraisal::verify_reference_set(file, "", keys).has_value());
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  if (appraisal::verify_reference_set(in, "", world.keys)) ATOMA_CHECK(equal(in, world.file));
  const auto values = appraisal::parse_corim(in);
  if (!values) return;
  ATOMA_CHECK(!values->rows.empty() && values->rows.size() <= appraisal::kReferenceRowsMax);
  for (const auto& row : values->rows) {
    std::set<std::string> names;
    for (const auto& [name, value] : row.values) {
      ATOMA_CHECK(value.size() == appraisal::reference_size(row.tee, name));
      ATOMA_CHECK(names.insert(name).second);
    }
    ATOMA_CHECK(!row.values.empty());
  }
}

}  // namespace atoma::fuzz
