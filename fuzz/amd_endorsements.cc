// A good report under hostile endorsements: the key's certificate is the one that was issued, or
// the report is not authentic. The input is a set of files (parts.h); the seed's root is trusted.
#include "atoma/evidence/amd/verify.h"
#include "fixtures.h"
#include "fuzz.h"
#include "parts.h"

namespace atoma::fuzz {
namespace {

using namespace evidence;
using namespace evidence::amd;

constexpr std::size_t kFilesMax = 8;

Endorsements parse_seed() {
  const std::string seed = read_source("fuzz/corpus/amd_endorsements/chain");
  auto parsed = Endorsements::parse(split_parts(as_bytes(seed), kFilesMax));
  ATOMA_CHECK(parsed.has_value() && parsed->complete());
  return *std::move(parsed);
}

struct World : AmdWorld {
  Endorsements seed = parse_seed();
  Bytes report_bytes = report(3);
  Verifier verifier{{true, {crypto::sha256(seed.root()->der())}}};

  World() { ATOMA_CHECK(authentic(seed)); }

  bool authentic(const Endorsements& endorsements) {
    Findings findings(Detail::kAll);
    verifier.forget();
    const auto parsed = parse_report(report_bytes);
    return verifier.verify(*parsed, endorsements, kNow, findings).report.has_value();
  }
};

}  // namespace

void one_input(ByteView in) {
  static World world;
  const auto endorsements = Endorsements::parse(split_parts(in, kFilesMax));
  if (!endorsements || !world.authentic(*endorsements)) return;
  ATOMA_CHECK(equal(endorsements->leaf()->signed_part().tbs, world.seed.leaf()->signed_part().tbs));
  ATOMA_CHECK(equal(endorsements->root()->der(), world.seed.root()->der()));
}

}  // namespace atoma::fuzz
