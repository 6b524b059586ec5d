// No quote is authentic unless the platform signed exactly its header and body; and a verifier that
// remembers judges as one that does not.
#include "atoma/evidence/intel/verify.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::intel;

struct World : IntelWorld {
  Verifier verifier{anchors()};

  // Fresh of facts, the quotes of the fixture are authentic: else nothing here would be tested.
  World() {
    for (const Bytes& bytes : quotes) {
      const auto quote = parse_quote(bytes);
      ATOMA_CHECK(quote.has_value());
      ATOMA_CHECK(verdict(*quote) == Authenticity::kYes);
    }
  }

  Authenticity verdict(const Quote& quote) {
    Findings findings(Detail::kAll);
    const auto result = verifier.verify(quote, collateral(quote.tee), kNow, findings);
    ATOMA_CHECK(result.quote.has_value() == (result.authenticity == Authenticity::kYes));
    ATOMA_CHECK(!result.quote || result.root == RootKind::kSample);
    return result.authenticity;
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  const auto quote = parse_quote(in);
  if (!quote) return;
  ATOMA_CHECK(equal(quote->signed_range, in.first(quote->signed_range.size())));
  const auto authenticity = world.verdict(*quote);
  if (authenticity != Authenticity::kYes) return;
  ATOMA_CHECK(world.signed_by_platform(quote->signed_range));
  world.verifier.forget();
  ATOMA_CHECK(world.verdict(*quote) == Authenticity::kYes);
}

}  // namespace atoma::fuzz
