// No document is authentic unless the enclave's key signed exactly its payload.
#include "atoma/evidence/nitro/verify.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::nitro;

struct World : NitroWorld {
  std::vector<Bytes> signed_documents = documents();
  Verifier verifier{{true, {platform.root_digest()}}};

  World() {
    for (const Bytes& document : signed_documents) ATOMA_CHECK(authentic(document));
  }

  bool authentic(ByteView bytes) {
    const auto document = parse_document(bytes);
    if (!document) return false;
    Findings findings(Detail::kAll);
    const auto result = verifier.verify(*document, {Duration{300}, Duration{60}}, kNow, findings);
    ATOMA_CHECK(result.document.has_value() == (result.authenticity == Authenticity::kYes));
    return result.document.has_value();
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  if (!world.authentic(in)) return;
  const auto payload_of = [](ByteView bytes) { return (*parse_document(bytes))->message.payload; };
  ATOMA_CHECK(std::ranges::any_of(world.signed_documents, [&](const Bytes& document) {
    return equal(payload_of(document), payload_of(in));
  }));
}

}  // namespace atoma::fuzz
