// No token is authentic unless the platform and the realm signed exactly these claims.
#include "atoma/evidence/cca/verify.h"
#include "fixtures.h"
#include "fuzz.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::cca;

struct World : CcaWorld {
  std::vector<Bytes> signed_tokens = tokens();
  PlatformKeys keys = *PlatformKeys::parse(platform.platform_key_jwk());

  World() {
    for (const Bytes& token : signed_tokens) ATOMA_CHECK(authentic(token));
  }

  bool authentic(ByteView bytes) const {
    const auto token = parse_token(bytes);
    if (!token) return false;
    Findings findings(Detail::kAll);
    const auto result = verify(*token, &keys, {}, findings);
    ATOMA_CHECK(result.token.has_value() == (result.authenticity == Authenticity::kYes));
    return result.token.has_value();
  }
};

}  // namespace

void one_input(ByteView in) {
  static const World world;
  static_cast<void>(PlatformKeys::parse(as_text(in)));
  if (!world.authentic(in)) return;
  ATOMA_CHECK(std::ranges::any_of(world.signed_tokens, [&](const Bytes& token) {
    return equal((*parse_token(token))->realm.message.payload,
                 (*parse_token(in))->realm.message.payload);
  }));
}

}  // namespace atoma::fuzz
